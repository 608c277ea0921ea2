//! The program under test as a real process: started, watched by its log, ended by signal or by force.

use super::wait;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::process::{Child, Command};

/// How long a process may take to say or do what it must.
const LIMIT: Duration = Duration::from_secs(30);

/// A running `scim-operator`; killed when dropped.
pub struct Program {
    child: Child,
    log: PathBuf,
}

/// How a command that ran to its end came out.
#[derive(Debug)]
pub struct Outcome {
    /// The exit code.
    pub code: Option<i32>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scim-operator"));
    // Nothing of the machine the tests run on may change what the program does.
    for name in ["RUST_LOG", "SCIM_OPERATOR_TOKEN", "SCIM_OPERATOR_LOG_FORMAT"] {
        command.env_remove(name);
    }
    command.args(arguments).stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// Runs a command to its end.
pub async fn run(arguments: &[&str]) -> Outcome {
    let done = tokio::time::timeout(LIMIT, command(arguments).output()).await;
    let output = done.expect("the command ends in time").expect("the command starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Outcome { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
}

/// The log of a process, to be read beside it.
#[derive(Clone)]
pub struct Log(PathBuf);

impl Log {
    /// Everything logged so far, a JSON object a line.
    pub fn lines(&self) -> Vec<serde_json::Value> {
        let text = std::fs::read_to_string(&self.0).unwrap_or_default();
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// Waits for a log line with this message and answers it.
    pub async fn logged(&self, message: &str) -> serde_json::Value {
        let said = |line: &serde_json::Value| line["message"].as_str().is_some_and(|m| m.contains(message));
        wait::until(&format!("a log line {message:?}"), LIMIT, async || self.lines().into_iter().find(said)).await
    }
}

impl Program {
    /// Starts a command that stays; its log (JSON lines) goes to a file in `folder`.
    pub fn start(folder: &Path, arguments: &[impl AsRef<OsStr>]) -> Self {
        Self::start_with(folder, arguments, &[])
    }

    /// The same with these variables in its environment.
    pub fn start_with(folder: &Path, arguments: &[impl AsRef<OsStr>], environment: &[(&str, &OsStr)]) -> Self {
        let log = folder.join(format!("log-{}.json", uuid::Uuid::now_v7()));
        let file = std::fs::File::create(&log).expect("a log file");
        let mut command = command(&["--log-format", "json"]);
        command.envs(environment.iter().copied());
        let child = command.args(arguments).stdout(Stdio::null()).stderr(file).spawn().expect("the program starts");
        Self { child, log }
    }

    /// Everything logged so far, a JSON object a line.
    pub fn log(&self) -> Vec<serde_json::Value> {
        self.handle().lines()
    }

    /// The log, to be read beside the process.
    pub fn handle(&self) -> Log {
        Log(self.log.clone())
    }

    /// Waits for a log line with this message and answers it.
    pub async fn logged(&self, message: &str) -> serde_json::Value {
        self.handle().logged(message).await
    }

    /// Asks the process to end (SIGTERM) and waits until it has.
    pub async fn stop(self) -> ExitStatus {
        self.signal("TERM").await;
        self.ended().await
    }

    /// The id of the process.
    pub fn id(&self) -> u32 {
        self.child.id().expect("the process runs")
    }

    /// Sends a signal: `TERM`, `STOP`, `CONT`.
    pub async fn signal(&self, name: &str) {
        let id = self.id().to_string();
        let sent = Command::new("kill").args([&format!("-{name}"), &id]).status().await.expect("kill");
        assert!(sent.success());
    }

    /// Waits until the process has ended by itself.
    pub async fn ended(mut self) -> ExitStatus {
        let ended = tokio::time::timeout(LIMIT, self.child.wait()).await;
        ended.expect("the process ends in time").expect("its status")
    }

    /// Ends the process as a power cut would (SIGKILL).
    pub async fn kill(mut self) {
        self.child.kill().await.expect("the process is killed");
    }

    /// Whether the process has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("its status").is_some()
    }
}
