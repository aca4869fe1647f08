//! A server of the real binary in a process of its own, and plain HTTP to it.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// Anything that takes longer than this here has hung.
const PATIENCE: Duration = Duration::from_secs(30);

pub struct Running {
    process: Child,
    pub address: String,
    pub folder: PathBuf,
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

    /// Starts on the data folder `folder/data` and waits for the line with the address.
    pub fn start(folder: &Path, args: &[&str]) -> Running {
        let data = folder.join("data");
        let mut process = gatewatch(folder)
            .args(args)
            .arg("--data")
            .arg(&data)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(process.stdout.take().unwrap());
        let mut said = String::new();
        out.read_line(&mut said).unwrap();
        let address = said
            .trim()
            .rsplit_once("://")
            .expect("no address")
            .1
            .to_owned();
        // Nobody reads on, so the rest goes to a thread, or the process would wait for us.
        std::thread::spawn(move || std::io::copy(&mut out, &mut std::io::sink()));
        Running {
            process,
            address,
            folder: data,
        }
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
        let headers = [("gatewatch-batch", batch)];
        let answer = self.request(
            "POST",
            "/ingest/v1/exchanges",
            &self.token("ingest-token"),
            &headers,
            lines,
        );
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
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if let Some(status) = self.process.try_wait().unwrap() {
                return status;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("it did not end");
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
