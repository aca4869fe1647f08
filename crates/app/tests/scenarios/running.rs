//! A server of the real binary in a process of its own, and plain HTTP to it.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

/// Anything that takes longer than this here has hung.
const PATIENCE: Duration = Duration::from_secs(30);

pub struct Running {
    process: Child,
    pub address: String,
    pub folder: PathBuf,
    /// Standard output after the address, as far as it has come.
    said: Arc<Mutex<String>>,
}

pub struct Answer {
    pub status: u16,
    pub body: String,
}

/// The binary with a clean environment, in an empty folder.
pub fn gatewatch(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatewatch"));
    command
        .current_dir(folder)
        .env_clear()
        .env("NO_COLOR", "1")
        .stdin(Stdio::null());
    command
}

impl Running {
    pub fn serve(folder: &Path) -> Running {
        Running::start(folder, &["serve", "--listen", "127.0.0.1:0"])
    }

    /// Starts on the data folder `folder/data` and waits for the line with the address. Standard
    /// error goes to `folder/standard-error`.
    pub fn start(folder: &Path, args: &[&str]) -> Running {
        let data = folder.join("data");
        let errors = folder.join("standard-error");
        let mut options = File::options();
        let errors = options.create(true).append(true).open(errors).unwrap();
        let mut process = gatewatch(folder)
            .args(args)
            .arg("--data")
            .arg(&data)
            .stdout(Stdio::piped())
            .stderr(errors)
            .spawn()
            .unwrap();
        let mut out = BufReader::new(process.stdout.take().unwrap());
        let mut first = String::new();
        out.read_line(&mut first).unwrap();
        let Some((_, address)) = first.trim().rsplit_once("://") else {
            let errors = std::fs::read_to_string(folder.join("standard-error"));
            panic!("no address: {first}{}", errors.unwrap());
        };
        let said = Arc::new(Mutex::new(String::new()));
        let heard = Arc::clone(&said);
        // It must be read on, or the process would wait for us.
        std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                *heard.lock().unwrap() += &(line + "\n");
            }
        });
        Running {
            address: address.to_owned(),
            process,
            folder: data,
            said,
        }
    }

    /// Follows the set-up link, and answers the token of the first owner.
    pub fn owner(&self, name: &str) -> String {
        let code = until("the set-up link", || {
            let said = self.said.lock().unwrap();
            let (_, code) = said.split_once("/setup?code=")?;
            Some(code.split_once('\n')?.0.to_owned())
        });
        let form = format!("code={code}&name={name}");
        let page = self.request("POST", "/setup", "", &[], &form);
        assert_eq!(page.status, 200, "{}", page.body);
        let token = page.body.split_once("<p><code>").unwrap().1;
        token.split_once('<').unwrap().0.to_owned()
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn token(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.join(name))
            .unwrap()
            .trim()
            .to_owned()
    }

    pub fn get(&self, path: &str) -> Value {
        let answer = self.request("GET", path, &self.token("read-token"), &[], "");
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        serde_json::from_str(&answer.body).unwrap()
    }

    /// Sends lines and waits until they are visible.
    pub fn ingest(&self, batch: &str, lines: &str) -> Value {
        self.ingest_as(&self.token("ingest-token"), batch, lines)
    }

    pub fn ingest_as(&self, token: &str, batch: &str, lines: &str) -> Value {
        let headers = [("gatewatch-batch", batch)];
        let answer = self.request("POST", "/ingest/v1/exchanges", token, &headers, lines);
        assert_eq!(answer.status, 200, "{}", answer.body);
        let said: Value = serde_json::from_str(&answer.body).unwrap();
        let positions = said["positions"].as_array().unwrap();
        let wait: Vec<String> = positions
            .iter()
            .map(|it| format!("{}:{}", it[0], it[1]))
            .collect();
        if !wait.is_empty() {
            let progress = self.get(&format!(
                "/api/v1/progress?timeout=20&wait={}",
                wait.join(",")
            ));
            assert_eq!(progress["visible"], true, "{progress}");
        }
        said
    }

    /// Calls by endpoint, as method and template.
    pub fn calls(&self) -> Vec<(String, u64)> {
        let list = self.get("/api/v1/endpoints?sort=template&limit=200");
        let calls = list["items"].as_array().unwrap().iter().map(|it| {
            let name = format!(
                "{} {}",
                it["method"].as_str().unwrap(),
                it["template"].as_str().unwrap()
            );
            (name, it["calls"].as_u64().unwrap())
        });
        let mut calls: Vec<_> = calls.collect();
        calls.sort();
        calls
    }

    pub fn request(
        &self,
        method: &str,
        path: &str,
        token: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        // HTTP/1.0 ends the answer with the connection.
        let mut head = format!(
            "{method} {path} HTTP/1.0\r\nhost: {}\r\nauthorization: Bearer {token}\r\n",
            self.address
        );
        for (name, value) in headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        let _ = write!(head, "content-length: {}\r\n\r\n", body.len());
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").expect("no head");
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer {
            status,
            body: body.to_owned(),
        }
    }

    /// Asks it to end in order, and waits.
    pub fn terminate(mut self) -> ExitStatus {
        let number = rustix::process::Pid::from_child(&self.process);
        rustix::process::kill_process(number, rustix::process::Signal::TERM).unwrap();
        until("its end", || self.process.try_wait().unwrap())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Ok(None) = self.process.try_wait() {
            let _ = self.process.kill();
            let _ = self.process.wait();
        }
    }
}

/// Waits for what is to come.
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        if let Some(seen) = look() {
            return seen;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("waited for {what} in vain");
}

/// So many exchanges with one endpoint.
pub fn lines(method: &str, path: &str, count: usize) -> String {
    let line = |at: usize| {
        format!(
            "{{\"caller\":{{\"ip\":\"203.0.113.{}\"}},\"request\":{{\"method\":\"{method}\",\"url\":\"https://api.example.com{path}/{at}\"}},\"response\":{{\"status\":200}}}}\n",
            at % 250
        )
    };
    (1..=count).map(line).collect()
}
