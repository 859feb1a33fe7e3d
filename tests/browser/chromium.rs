//! Headless Chromium, driven over its DevTools protocol: one browser, one page at a time.

use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;
use tungstenite::{Message, WebSocket};

/// Names under which distributions install it.
const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];
/// A browser that says nothing for so long has hung.
const PATIENCE: Duration = Duration::from_secs(60);

/// Height of a picture in pixels: what one message holds.
const TALLEST: f64 = 6_500.0;

/// How a page is looked at.
#[derive(Clone, Copy)]
pub struct View {
    pub width: u32,
    pub height: u32,
    pub dark: bool,
    pub scripts: bool,
    /// On paper: the width is that of A4.
    pub print: bool,
}

impl View {
    pub const LIGHT: View = View { width: 1280, height: 900, dark: false, scripts: true, print: false };
    pub const DARK: View = View { dark: true, ..View::LIGHT };
    pub const PHONE: View = View { width: 390, height: 844, ..View::LIGHT };
    pub const PRINT: View = View { width: 794, height: 1123, print: true, ..View::LIGHT };
    pub const WITHOUT_SCRIPTS: View = View { scripts: false, ..View::LIGHT };

    /// For the name of a picture.
    pub fn name(self) -> &'static str {
        match self {
            View { dark: true, .. } => "dark",
            View { print: true, .. } => "print",
            View { width: ..600, .. } => "phone",
            _ => "light",
        }
    }
}

/// A browser with one page.
pub struct Browser {
    process: Child,
    socket: WebSocket<TcpStream>,
    session: Option<String>,
    last: u64,
    /// What the page complained about: console errors, exceptions, violations of its policy, dialogs.
    complaints: Vec<String>,
    _profile: TempDir,
}

impl Browser {
    /// Starts it; `None` where it is not installed.
    pub fn start() -> Option<Browser> {
        let profile = tempfile::tempdir().unwrap();
        let mut process = NAMES.iter().find_map(|name| {
            let mut command = Command::new(name);
            // It runs as root in CI, where its sandbox cannot; what it opens are files made here.
            command.args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]);
            command.args(["--no-first-run", "--hide-scrollbars", "--force-color-profile=srgb"]);
            command.args(["--disable-background-networking", "--disable-component-update"]);
            command
                .arg("--remote-debugging-port=0")
                .arg(format!("--user-data-dir={}", profile.path().display()));
            command.arg("about:blank").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
            command.spawn().ok()
        })?;
        let mut said = BufReader::new(process.stderr.take().unwrap()).lines();
        let address = said
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix("DevTools listening on ").map(str::to_owned))
            .expect("chromium says where it listens");
        // A full pipe would stop it.
        std::thread::spawn(move || said.map_while(Result::ok).for_each(drop));
        let host = address.trim_start_matches("ws://").split('/').next().unwrap();
        let stream = TcpStream::connect(host).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let (socket, _) = tungstenite::client(address.as_str(), stream).unwrap();
        let mut browser =
            Browser { process, socket, session: None, last: 0, complaints: Vec::new(), _profile: profile };
        let target = browser.call("Target.createTarget", json!({ "url": "about:blank" }));
        let attached =
            browser.call("Target.attachToTarget", json!({ "targetId": target["targetId"], "flatten": true }));
        browser.session = attached["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page.enable", "Runtime.enable", "Log.enable"] {
            browser.call(domain, json!({}));
        }
        Some(browser)
    }

    /// Opens a file and waits until it is loaded.
    pub fn open(&mut self, file: &Path, view: View) {
        let View { width, height, dark, scripts, print } = view;
        let mobile = width < 600;
        self.call(
            "Emulation.setDeviceMetricsOverride",
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile }),
        );
        let scheme = if dark { "dark" } else { "light" };
        self.call(
            "Emulation.setEmulatedMedia",
            json!({
                "media": if print { "print" } else { "screen" },
                "features": [{ "name": "prefers-color-scheme", "value": scheme }],
            }),
        );
        self.call("Emulation.setScriptExecutionDisabled", json!({ "value": !scripts }));
        self.call("Page.navigate", json!({ "url": format!("file://{}", file.display()) }));
        while self.next_message()["method"] != "Page.loadEventFired" {}
    }

    /// What an expression is worth in the page; a promise is waited for.
    pub fn ask(&mut self, expression: &str) -> Value {
        let answer = self.call(
            "Runtime.evaluate",
            json!({ "expression": expression, "awaitPromise": true, "returnByValue": true }),
        );
        assert!(answer.get("exceptionDetails").is_none(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    /// Presses a key.
    pub fn press(&mut self, key: &str) {
        for kind in ["keyDown", "keyUp"] {
            self.call("Input.dispatchKeyEvent", json!({ "type": kind, "key": key, "code": key }));
        }
    }

    /// Moves the pointer to the middle of an element.
    pub fn point_at(&mut self, element: &str) {
        let place = self.ask(&format!(
            "(() => {{ const e = {element}; e.scrollIntoView({{ block: 'center' }}); \
             const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; }})()"
        ));
        self.call("Input.dispatchMouseEvent", json!({ "type": "mouseMoved", "x": place[0], "y": place[1] }));
    }

    /// A picture of the page, of a very long one its beginning.
    pub fn picture(&mut self, file: &Path) {
        let size = self.call("Page.getLayoutMetrics", json!({}))["cssContentSize"].clone();
        let height = size["height"].as_f64().unwrap().min(TALLEST);
        let clip = json!({ "x": 0, "y": 0, "width": size["width"], "height": height, "scale": 1 });
        let shot = self.call(
            "Page.captureScreenshot",
            json!({ "format": "png", "captureBeyondViewport": true, "clip": clip }),
        );
        std::fs::write(file, STANDARD.decode(shot["data"].as_str().unwrap()).unwrap()).unwrap();
    }

    /// The page printed to a file, with the number of its sheets.
    pub fn paper(&mut self, file: &Path) -> usize {
        let printed = self.call("Page.printToPDF", json!({}));
        let pdf = STANDARD.decode(printed["data"].as_str().unwrap()).unwrap();
        std::fs::write(file, &pdf).unwrap();
        let sheet = b"/Type /Page\n";
        pdf.windows(sheet.len()).filter(|bytes| bytes == sheet).count()
    }

    /// What the page complained about since the last time this was asked.
    pub fn complaints(&mut self) -> Vec<String> {
        // What was said before this answer has arrived with it.
        self.ask("0");
        std::mem::take(&mut self.complaints)
    }

    fn call(&mut self, method: &str, params: Value) -> Value {
        self.last += 1;
        let id = self.last;
        let mut message = json!({ "id": id, "method": method, "params": params });
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        self.socket.send(Message::text(message.to_string())).unwrap();
        loop {
            let answer = self.next_message();
            if answer["id"] == id {
                assert!(answer.get("error").is_none(), "{method}: {answer}");
                return answer["result"].clone();
            }
        }
    }

    /// The next answer or event; complaints among them are kept.
    fn next_message(&mut self) -> Value {
        loop {
            let Message::Text(text) = self.socket.read().unwrap() else { continue };
            let message: Value = serde_json::from_str(&text).unwrap();
            let params = &message["params"];
            match message["method"].as_str() {
                Some("Runtime.exceptionThrown" | "Page.javascriptDialogOpening") => {
                    self.complaints.push(params.to_string());
                }
                Some("Runtime.consoleAPICalled")
                    if params["type"] == "error" || params["type"] == "warning" =>
                {
                    self.complaints.push(params.to_string());
                }
                Some("Log.entryAdded") if params["entry"]["level"] != "info" => {
                    self.complaints.push(params["entry"].to_string());
                }
                _ => {}
            }
            return message;
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.session = None;
        let close = json!({ "id": 0, "method": "Browser.close" });
        // Its children end with it only when it ends in order; one that does not answer any more is ended all the same.
        let orderly = !std::thread::panicking();
        if orderly && self.socket.send(Message::text(close.to_string())).is_ok() {
            while self.socket.read().is_ok() {}
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
