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

    /// Whether it is the same one, as far as the system tells. Some processors' names hold rows of blanks, which a summary does
    /// not keep; how much memory a kernel leaves differs by a little from boot to boot.
    pub fn is(&self, other: &Machine) -> bool {
        let same = |a: &str, b: &str| a.split_whitespace().eq(b.split_whitespace());
        let (least, most) =
            (self.memory_bytes.min(other.memory_bytes), self.memory_bytes.max(other.memory_bytes));
        same(&self.os, &other.os)
            && same(&self.cpu, &other.cpu)
            && self.cores == other.cores
            && most - least <= most / 100
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

    #[test]
    fn a_machine_is_itself_after_a_boot_and_in_a_summary() {
        let machine = Machine {
            os: "Linux 6.1.0".into(),
            cpu: "Intel(R) Xeon(R) CPU           X5650  @ 2.67GHz".into(),
            cores: 4,
            memory_bytes: 16_374_548 * 1024,
        };
        let like = |change: fn(&mut Machine)| {
            let mut other = machine.clone();
            change(&mut other);
            (machine.is(&other), other.is(&machine))
        };
        assert_eq!(like(|_| ()), (true, true));
        assert_eq!(like(|other| other.cpu = other.cpu.replace("           ", " ")), (true, true));
        assert_eq!(like(|other| other.memory_bytes -= 8 * 1024), (true, true));
        assert_eq!(like(|other| other.memory_bytes /= 2), (false, false));
        assert_eq!(like(|other| other.cores = 2), (false, false));
        assert_eq!(like(|other| other.os.push('1')), (false, false));
    }
}
