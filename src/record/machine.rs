//! The machine the load came from, as far as the system tells.

use std::fs;

use super::Machine;

impl Machine {
    /// This machine. What the system does not tell reads `unknown`.
    pub fn here() -> Self {
        let uname = rustix::system::uname();
        let text = |s: &std::ffi::CStr| s.to_string_lossy().into_owned();
        Machine {
            os: format!("{} {}", text(uname.sysname()), text(uname.release())),
            cpu: proc_value("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown".into()),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory_bytes: proc_value("/proc/meminfo", "MemTotal")
                .and_then(|value| value.split_whitespace().next()?.parse::<u64>().ok())
                .map_or(0, |kib| kib * 1024),
        }
    }
}

fn proc_value(file: &str, key: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        (name.trim() == key).then(|| value.trim().to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_this_machine() {
        let machine = Machine::here();
        assert!(machine.os.starts_with("Linux "), "{}", machine.os);
        assert!(machine.cores >= 1 && machine.memory_bytes > 1 << 20);
    }
}
