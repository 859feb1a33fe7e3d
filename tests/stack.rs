//! Stacks of small real processes: prepared once, started, found ready, sampled, and never left behind.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot set up its world has failed")]

use std::io::Read as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use shakedown::plan::{Plan, StackId};
use shakedown::stack::{self, Running, StackError};

/// A scenario in a folder of its own.
struct Trial {
    folder: PathBuf,
    plan: Plan,
    _folder: Option<tempfile::TempDir>,
}

impl Trial {
    fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut trial = Trial::in_folder(folder.path(), text);
        trial._folder = Some(folder);
        trial
    }

    fn in_folder(folder: &Path, text: &str) -> Self {
        let path = folder.join("trial.toml");
        std::fs::write(&path, format!("title = \"trial\"\n{text}\n{ROUTE}")).unwrap();
        let plan = Plan::read(&path).unwrap();
        Trial { folder: folder.to_path_buf(), plan, _folder: None }
    }

    fn logs(&self) -> PathBuf {
        self.folder.join("logs")
    }

    async fn start(&self) -> Result<Running, StackError> {
        stack::start(&self.plan, StackId(0), &self.logs(), &|_| ()).await
    }

    async fn prepare(&self) -> Result<Vec<String>, StackError> {
        let said = Mutex::new(Vec::new());
        stack::prepare(&self.plan, &|text: &str| said.lock().unwrap().push(text.to_owned())).await?;
        Ok(said.into_inner().unwrap())
    }
}

const ROUTE: &str = "[[routes]]\nname = \"home\"\nget = \"/\"";

/// A server that says `ready` once it listens, with whatever else the shell does before.
fn server(before: &str) -> String {
    let run = format!("{before} exec python3 -m http.server --bind 127.0.0.1 {{{{port}}}}");
    format!(
        "[stacks.one]\nurl = \"http://127.0.0.1:{{{{port}}}}\"\n\
         [[stacks.one.start]]\nname = \"server\"\nrun = [\"sh\", \"-c\", '''{run}''']"
    )
}

/// A process that is gone or only waits to be buried: `kill -0` would not tell.
fn is_gone(pid: &str) -> bool {
    match std::fs::read_to_string(format!("/proc/{pid}/stat")) {
        Ok(stat) => stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with(['Z', 'X'])),
        Err(_) => true,
    }
}

/// Waits for what has no event to wait for; fails loudly rather than hang.
fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(Instant::now() < deadline, "never happened: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Answers every request with the next of these statuses, the last one for ever.
fn answering(statuses: &'static [u16]) -> (u16, std::sync::Arc<std::sync::atomic::AtomicUsize>) {
    use std::io::Write as _;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = asked.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 1024]);
            let n = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            let status = statuses[n.min(statuses.len() - 1)];
            let _ = write!(stream, "HTTP/1.1 {status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        }
    });
    (port, asked)
}

fn lines(path: &Path) -> usize {
    std::fs::read_to_string(path).map_or(0, |text| text.lines().count())
}

#[tokio::test]
async fn a_stack_starts_answers_is_sampled_and_stops_with_its_grandchildren() {
    let trial = Trial::new(&server("sleep 1000 & echo $! > {{state}}/grandchild;"));
    std::fs::create_dir_all(&trial.plan.state).unwrap();
    let mut running = trial.start().await.unwrap();
    assert!(running.startup.is_some());
    assert_eq!(running.values["port"], running.endpoint.address.port().to_string());
    assert_eq!(Path::new(&running.values["state"]), trial.plan.state);
    let sample = running.sample().unwrap();
    assert!(sample.processes >= 2 && sample.rss_bytes > 0, "{sample:?}");
    assert_eq!((sample.at_s, sample.cpu_s), (0.0, 0.0));
    assert_eq!(running.died(), None);

    let grandchild = std::fs::read_to_string(trial.plan.state.join("grandchild")).unwrap();
    assert!(!is_gone(grandchild.trim()));
    let address = running.endpoint.address;
    running.stop().await;
    assert!(is_gone(grandchild.trim()));
    assert!(std::net::TcpStream::connect(address).is_err());
    let log = std::fs::read_to_string(trial.logs().join("one-server.log")).unwrap();
    assert!(log.contains("GET / "), "{log}");
}

#[tokio::test]
async fn dropping_a_stack_ends_even_what_ignores_the_polite_signal() {
    let trial = Trial::new(&server("trap '' TERM; echo $$ > {{state}}/pid;"));
    std::fs::create_dir_all(&trial.plan.state).unwrap();
    let running = trial.start().await.unwrap();
    let pid = std::fs::read_to_string(trial.plan.state.join("pid")).unwrap();
    assert!(!is_gone(pid.trim()));
    drop(running);
    assert!(is_gone(pid.trim()));
}

#[tokio::test]
async fn the_cpu_time_of_a_busy_stack_grows() {
    let trial = Trial::new(&server("sh -c 'while :; do :; done' &"));
    let mut running = trial.start().await.unwrap();
    running.sample();
    eventually("CPU time", || {
        running.sample().is_some_and(|sample| sample.cpu_s > 0.05 && sample.at_s > 0.0)
    });
    running.stop().await;
}

#[tokio::test]
async fn a_process_that_dies_later_is_noticed() {
    let brief = "[[stacks.one.start]]\nname = \"brief\"\n\
                 run = [\"sh\", \"-c\", \"until [ -e {{state}}/end ]; do sleep 0.01; done; exit 7\"]";
    let trial = Trial::new(&format!("{}\n{brief}", server("")));
    let mut running = trial.start().await.unwrap();
    assert_eq!(running.died(), None);
    std::fs::write(trial.plan.state.join("end"), "").unwrap();
    eventually("death", || running.died().is_some());
    assert_eq!(running.died().unwrap(), "`brief` exited with status 7");
    running.stop().await;
}

#[tokio::test]
async fn a_process_that_dies_early_is_an_error_with_its_last_words() {
    let mut trial = Trial::new(
        "[stacks.one]\nurl = \"http://127.0.0.1:{{port}}\"\n\
         start = [{ name = \"app\", run = [\"sh\", \"-c\", \"echo 'bad \\u001b[31mconfig for hunter2-hunter2'; exit 3\"] }]",
    );
    let password = Some("hunter2-hunter2".to_owned().into());
    let user = shakedown::plan::User { name: "ada".into(), password, values: vec!["ada".into()] };
    let population = shakedown::plan::Population { columns: vec!["username".into()], users: vec![user] };
    trial.plan.populations = vec![population];
    let message = trial.start().await.err().unwrap().to_string();
    assert!(message.contains("stack `one` did not start: `app` exited with status 3"), "{message}");
    assert!(message.contains("bad config for [redacted "), "{message}");
    assert!(!message.contains("hunter2"), "{message}");
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let (port, _) = answering(&[200]);
    let trial = Trial::new(&format!(
        "[stacks.one]\nurl = \"http://127.0.0.1:{port}\"\nstart = [{{ run = [\"sleep\", \"1000\"] }}]"
    ));
    let message = trial.start().await.err().unwrap().to_string();
    assert!(message.contains(&format!("something already answers at 127.0.0.1:{port}")), "{message}");

    // The application dies of the port that the helper before it holds.
    let hold = "import socket, sys, time; s = socket.socket(); s.bind((\"127.0.0.1\", int(sys.argv[1]))); s.listen(); open(sys.argv[2], \"w\"); time.sleep(1000)";
    let trial = Trial::new(&format!(
        "[stacks.one]\nurl = \"http://127.0.0.1:{{{{port}}}}\"\n\
         [[stacks.one.start]]\nname = \"holder\"\nrun = [\"python3\", \"-c\", '{hold}', \"{{{{port.app}}}}\", \"{{{{state}}}}/held\"]\n\
         [[stacks.one.start]]\nname = \"app\"\nrun = [\"sh\", \"-c\", \"until [ -e {{{{state}}}}/held ]; do sleep 0.01; done; \
         echo cannot bind 127.0.0.1:{{{{port.app}}}}: Address already in use; exit 1\"]"
    ));
    let message = trial.start().await.err().unwrap().to_string();
    let named =
        message.split("cannot bind 127.0.0.1:").nth(1).and_then(|rest| rest.split(':').next()).unwrap();
    assert!(
        message.contains(&format!("`app` exited with status 1: port {named} is already in use")),
        "{message}"
    );
}

#[tokio::test]
async fn a_missing_program_says_what_to_install() {
    let trial = Trial::new(
        "requires = [{ program = \"no-such-server\", install = \"apt-get install no-such-server\" }]\n\
         [stacks.one]\nurl = \"http://127.0.0.1:{{port}}\"\nstart = [{ run = [\"no-such-server\"] }]",
    );
    let wanted = "`no-such-server` is not installed; install it with: apt-get install no-such-server";
    assert_eq!(trial.prepare().await.unwrap_err().to_string(), wanted);
    assert_eq!(trial.start().await.err().unwrap().to_string(), wanted);
}

#[tokio::test]
async fn a_gateway_that_answers_502_is_not_ready() {
    let (port, asked) = answering(&[502, 503, 502, 200]);
    let trial = Trial::new(&format!("[stacks.one]\nurl = \"http://127.0.0.1:{port}\""));
    let mut running = trial.start().await.unwrap();
    assert_eq!(asked.load(std::sync::atomic::Ordering::SeqCst), 4);
    assert_eq!(running.startup, None);
    assert_eq!(running.sample(), None);
    assert!(!trial.plan.state.exists());
    running.stop().await;

    let (port, _) = answering(&[502]);
    let trial = Trial::new(&format!(
        "[stacks.one]\nurl = \"http://127.0.0.1:{port}\"\nready = {{ timeout = \"200ms\" }}"
    ));
    let message = trial.start().await.err().unwrap().to_string();
    assert!(message.contains("was not ready after 200 ms: GET / answered 502"), "{message}");
}

#[tokio::test]
async fn a_stack_that_is_not_there_says_so() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let trial = Trial::new(&format!(
        "[stacks.one]\nurl = \"http://127.0.0.1:{port}\"\nready = {{ timeout = \"100ms\" }}"
    ));
    let message = trial.start().await.err().unwrap().to_string();
    assert!(message.contains(&format!("127.0.0.1:{port}")) && message.contains("refused"), "{message}");
}

#[tokio::test]
async fn a_foreign_target_needs_consent() {
    // TEST-NET-1 (RFC 5737): nobody is there.
    let mut trial = Trial::new(
        "authorized = true\n[stacks.one]\nurl = \"http://192.0.2.1\"\nready = { timeout = \"50ms\" }",
    );
    trial.plan.authorized = false;
    let error = trial.start().await.err().unwrap();
    assert!(matches!(error, StackError::NotAuthorized { .. }), "{error}");
    assert!(error.to_string().contains("authorized = true"));
}

#[tokio::test]
async fn a_step_runs_once_for_each_content_of_its_inputs() {
    let trial = Trial::new(
        "[[prepare]]\nname = \"make it\"\n\
         run = [\"sh\", \"-c\", \"echo run >> {{state}}/ran; echo $WHO > {{state}}/made\"]\n\
         env = { WHO = \"{{scenario}}\" }\ninputs = [\"input\"]\ncreates = [\"{{state}}/made\"]\n\
         [stacks.one]\nurl = \"http://127.0.0.1:1\"",
    );
    let state = &trial.plan.state;
    std::fs::create_dir(trial.folder.join("input")).unwrap();
    std::fs::write(trial.folder.join("input/a"), "1").unwrap();

    assert!(trial.prepare().await.unwrap()[0].contains("make it"));
    assert_eq!(trial.prepare().await.unwrap(), [""; 0]);
    assert_eq!(lines(&state.join("ran")), 1);
    assert_eq!(Path::new(std::fs::read_to_string(state.join("made")).unwrap().trim()), trial.folder);

    std::fs::write(trial.folder.join("input/a"), "2").unwrap();
    trial.prepare().await.unwrap();
    assert_eq!(lines(&state.join("ran")), 2);

    std::fs::remove_file(state.join("made")).unwrap();
    trial.prepare().await.unwrap();
    assert_eq!(lines(&state.join("ran")), 3);

    std::fs::remove_dir_all(trial.folder.join("input")).unwrap();
    let message = trial.prepare().await.unwrap_err().to_string();
    assert!(message.contains("its input") && message.contains("input cannot be read"), "{message}");
}

#[tokio::test]
async fn a_step_that_fails_shows_its_log_and_is_not_stamped() {
    let trial = Trial::new(
        "[[prepare]]\nname = \"hard\"\nrun = [\"sh\", \"-c\", \"seq 100; echo no luck; exit $(cat status)\"]\n\
         [stacks.one]\nurl = \"http://127.0.0.1:1\"",
    );
    std::fs::write(trial.folder.join("status"), "4").unwrap();
    for _ in 0..2 {
        let message = trial.prepare().await.unwrap_err().to_string();
        assert!(message.contains("step `hard` failed: exited with status 4"), "{message}");
        assert!(message.contains("\n100\nno luck") && !message.contains("\n80\n"), "{message}");
    }
    std::fs::write(trial.folder.join("status"), "0").unwrap();
    assert!(!trial.prepare().await.unwrap().is_empty());
    assert_eq!(trial.prepare().await.unwrap(), [""; 0]);
}

#[tokio::test]
async fn a_step_that_takes_too_long_or_makes_nothing_fails() {
    let slow = "[[prepare]]\nname = \"slow\"\nrun = [\"sh\", \"-c\", \"echo $$ > {{state}}/pid; sleep 1000\"]\n\
                timeout = \"300ms\"\n[stacks.one]\nurl = \"http://127.0.0.1:1\"";
    let trial = Trial::new(slow);
    let message = trial.prepare().await.unwrap_err().to_string();
    assert!(message.contains("`slow` failed: took longer than 300 ms"), "{message}");
    if let Ok(pid) = std::fs::read_to_string(trial.plan.state.join("pid")) {
        assert!(is_gone(pid.trim()));
    }
    let idle = "[[prepare]]\nname = \"idle\"\nrun = [\"true\"]\ncreates = [\"{{state}}/x\"]\n\
                [stacks.one]\nurl = \"http://127.0.0.1:1\"";
    let message = Trial::new(idle).prepare().await.unwrap_err().to_string();
    assert!(message.contains("did not make"), "{message}");
}

#[tokio::test]
async fn two_runs_do_not_prepare_at_once() {
    let text = "[[prepare]]\nname = \"alone\"\n\
                run = [\"sh\", \"-c\", \"mkdir {{state}}/alone && echo run >> {{state}}/ran && sleep 0.2 && rmdir {{state}}/alone\"]\n\
                [stacks.one]\nurl = \"http://127.0.0.1:1\"";
    let trial = Trial::new(text);
    let (first, second) = tokio::join!(trial.prepare(), trial.prepare());
    first.unwrap();
    second.unwrap();
    assert_eq!(lines(&trial.plan.state.join("ran")), 1);
}

#[tokio::test]
async fn files_are_rendered_with_the_ports_of_this_start() {
    let text = "[stacks.one]\nurl = \"http://127.0.0.1:{{port}}\"\nvars = { greeting = \"hello\" }\n\
                files = [{ from = \"page.txt\", to = \"web/{{stack}}.txt\" }]\n\
                start = [{ name = \"web\", run = [\"python3\", \"-m\", \"http.server\", \"--bind\", \"127.0.0.1\", \"{{port}}\"] }]";
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("page.txt"), "{{vars.greeting}} {{port}} {{port.other}}\n{ kept }\n")
        .unwrap();
    let trial = Trial::in_folder(folder.path(), text);
    let running = trial.start().await.unwrap();
    let text = std::fs::read_to_string(trial.plan.state.join("web/one.txt")).unwrap();
    let (port, other) = (&running.values["port"], &running.values["port.other"]);
    assert_eq!(text, format!("hello {port} {other}\n{{ kept }}\n"));
    running.stop().await;

    std::fs::write(trial.folder.join("page.txt"), "fine\n{{prot}}\n").unwrap();
    let message = trial.start().await.err().unwrap().to_string();
    assert!(message.contains("page.txt: line 2:") && message.contains("unknown value `prot`"), "{message}");
}

#[tokio::test]
async fn a_panic_ends_the_stack_on_its_way_out() {
    let trial = Trial::new(&server("sleep 1000 & echo $! $$ > {{state}}/pids;"));
    std::fs::create_dir_all(&trial.plan.state).unwrap();
    let running = trial.start().await.unwrap();
    let pids = std::fs::read_to_string(trial.plan.state.join("pids")).unwrap();
    assert_eq!(pids.split_whitespace().filter(|pid| !is_gone(pid)).count(), 2);
    let failed = tokio::spawn(async move {
        let _held = running;
        panic!("a defect of our own, on purpose");
    });
    assert!(failed.await.unwrap_err().is_panic());
    assert!(pids.split_whitespace().all(is_gone), "{pids}");
}

#[tokio::test]
async fn a_killed_shakedown_leaves_nothing_behind() {
    ended_from_outside("a_killed_shakedown_leaves_nothing_behind", "KILL").await;
}

/// An abort (a panic while unwinding, a failed allocation) runs no destructor.
#[tokio::test]
async fn an_aborted_shakedown_leaves_nothing_behind() {
    ended_from_outside("an_aborted_shakedown_leaves_nothing_behind", "ABRT").await;
}

/// Runs twice: as the test, and as the `shakedown` that the test ends by a signal that leaves it no word.
async fn ended_from_outside(test: &str, signal: &str) {
    const FOLDER: &str = "STACK_TEST_VICTIM";
    let text = server("echo $$ > {{scenario}}/pid.new; mv {{scenario}}/pid.new {{scenario}}/pid;");
    if let Some(folder) = std::env::var_os(FOLDER) {
        let _running = Trial::in_folder(Path::new(&folder), &text).start().await.unwrap();
        std::fs::write(Path::new(&folder).join("up"), "").unwrap();
        std::future::pending::<()>().await;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test])
        .env(FOLDER, folder.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    eventually("the victim's stack", || folder.path().join("up").exists());
    let pid = std::fs::read_to_string(folder.path().join("pid")).unwrap();
    assert!(!is_gone(pid.trim()));
    let sent = Command::new("kill").args([&format!("-{signal}"), &victim.id().to_string()]).status();
    assert!(sent.unwrap().success());
    assert_eq!(victim.wait().unwrap().code(), None, "ended by the signal");
    eventually("the end of the stack", || is_gone(pid.trim()));
}
