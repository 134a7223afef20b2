//! The two emulators that stand in for AWS: MiniStack, and moto for what MiniStack lacks.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    hash::{Hash, Hasher},
    net::TcpListener,
    ops::Deref,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::Child,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use miyabi_proxy::Upstreams;
use serde::{Deserialize, Serialize};

use crate::{
    place::{self, ACCOUNT, REGION},
    python::{Environment, Tools},
    shell,
    workspace::Workspace,
};

/// Services that moto serves; every other one is MiniStack's.
pub const ON_MOTO: [&str; 4] = ["EC2", "COST_EXPLORER", "REDSHIFT", "SECURITYHUB"];

/// The same services as requests for them are signed.
const SIGNED_FOR_MOTO: [&str; 4] = ["ec2", "ce", "redshift", "securityhub"];

const PATIENCE: Duration = Duration::from_secs(90);

/// One running emulator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Emulator {
    /// Its process.
    pub pid: u32,
    /// Its port on 127.0.0.1.
    pub port: u16,
    /// What it runs, as its process's command line shows it.
    pub program: PathBuf,
}

impl Emulator {
    /// Where it answers.
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Whether its process is there and is still this emulator.
    fn runs(&self) -> bool {
        fs::read(format!("/proc/{}/cmdline", self.pid)).is_ok_and(|line| {
            String::from_utf8_lossy(&line).contains(&*self.program.to_string_lossy())
        })
    }

    fn stop(&self) {
        if !self.runs() {
            return;
        }
        let group = format!("-{}", self.pid);
        let _ = shell::command("kill").args(["-TERM", "--", &group]).status();
        let begun = Instant::now();
        while self.runs() && begun.elapsed() < Duration::from_secs(5) {
            std::thread::sleep(Duration::from_millis(50));
        }
        if self.runs() {
            let _ = shell::command("kill").args(["-KILL", "--", &group]).status();
        }
    }
}

/// How to start the pair.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Environment variables for MiniStack and the functions it runs, beside the usual ones.
    pub environment: BTreeMap<String, String>,
}

/// Emulators that run as long as this does not go: they are stopped when it is dropped, also because something
/// failed. Whatever starts emulators for itself holds them by it.
#[derive(Debug)]
pub struct Held(Emulators);

impl Held {
    /// Starts a pair on free ports. Logs go to `directory`.
    pub async fn start(workspace: &Workspace, directory: &Path, options: &Options) -> Result<Self> {
        Emulators::start(workspace, directory, options).await.map(Self)
    }
}

impl Deref for Held {
    type Target = Emulators;

    fn deref(&self) -> &Emulators {
        &self.0
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.stop();
    }
}

/// Both emulators, as they run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Emulators {
    /// Everything but what moto serves.
    pub ministack: Emulator,
    /// EC2, Cost Explorer, Security Hub.
    pub moto: Emulator,
    /// What they were started from; a pair of other launchers is not taken up again.
    pub launchers: u64,
}

impl Emulators {
    /// Starts a pair that outlives this process.
    async fn start(workspace: &Workspace, directory: &Path, options: &Options) -> Result<Self> {
        let python = Environment::install(workspace, Tools::Emulators)?;
        fs::create_dir_all(directory)?;
        let sources = Tools::Emulators.sources(workspace);

        let moto_port = free_port()?;
        let moto_program = sources.join("moto_server.py");
        let moto = spawn(
            shell::command(python.bin("python"))
                .arg(&moto_program)
                .args(["-H", "127.0.0.1", "-p", &moto_port.to_string()])
                .env("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
                // Certificates are issued at once and not in the midst of what is being tested.
                .env("MOTO_ACM_VALIDATION_WAIT", "0"),
            &directory.join("moto.log"),
        )?;
        let moto = Emulator { pid: moto.id(), port: moto_port, program: moto_program };

        let port = free_port()?;
        let program = sources.join("ministack_server.py");
        let endpoint = format!("http://127.0.0.1:{port}");
        let mut command = shell::command(python.bin("python"));
        command
            .arg(&program)
            .env("BIND_HOST", "127.0.0.1")
            .env("GATEWAY_PORT", port.to_string())
            .env("IOT_MTLS_ENABLED", "0")
            .env("LOG_LEVEL", "WARNING")
            .env("AWS_ENDPOINT_URL", &endpoint)
            .env("AWS_ACCESS_KEY_ID", ACCOUNT)
            .env("AWS_SECRET_ACCESS_KEY", "emulated")
            .env_remove("AWS_SESSION_TOKEN")
            .env_remove("AWS_PROFILE")
            .env("AWS_DEFAULT_REGION", REGION);
        for service in ON_MOTO {
            command.env(format!("AWS_ENDPOINT_URL_{service}"), moto.endpoint());
        }
        command.envs(&options.environment);
        let ministack = spawn(&mut command, &directory.join("ministack.log"))?;
        let ministack = Emulator { pid: ministack.id(), port, program };

        let pair = Self { ministack, moto, launchers: launchers(workspace)? };
        if let Err(error) = pair.wait().await {
            pair.stop();
            return Err(error.context(format!("its log is in {}", directory.display())));
        }
        Ok(pair)
    }

    /// The pair that `directory` remembers, emptied; or a new one, remembered there.
    pub async fn attach_or_start(workspace: &Workspace, directory: &Path) -> Result<Self> {
        if let Some(pair) = Self::running(directory) {
            if pair.launchers == launchers(workspace)? && pair.reset().await.is_ok() {
                return Ok(pair);
            }
            pair.stop();
        }
        let pair = Self::start(workspace, directory, &Options::default()).await?;
        fs::write(memory(directory), serde_json::to_vec_pretty(&pair)?)?;
        Ok(pair)
    }

    /// The pair that `directory` remembers, if both still run.
    pub fn running(directory: &Path) -> Option<Self> {
        let pair: Self = serde_json::from_slice(&fs::read(memory(directory)).ok()?).ok()?;
        if pair.ministack.runs() && pair.moto.runs() {
            return Some(pair);
        }
        pair.stop();
        None
    }

    /// Stops the pair that `directory` remembers; says whether there was one.
    pub fn stop_remembered(directory: &Path) -> Result<bool> {
        let Some(pair) = Self::running(directory) else { return Ok(false) };
        pair.stop();
        fs::remove_file(memory(directory))?;
        Ok(true)
    }

    /// Stops both, with every process they started.
    fn stop(&self) {
        self.ministack.stop();
        self.moto.stop();
    }

    /// Forgets everything in both.
    pub async fn reset(&self) -> Result<()> {
        let http = http();
        for url in [
            format!("{}/_ministack/reset", self.ministack.endpoint()),
            format!("{}/moto-api/reset", self.moto.endpoint()),
        ] {
            http.post(&url).timeout(Duration::from_secs(20)).send().await?.error_for_status()?;
        }
        self.settle().await
    }

    /// Shortens waits and retry pauses of state machines to a fiftieth.
    async fn settle(&self) -> Result<()> {
        http()
            .post(format!("{}/_ministack/config", self.ministack.endpoint()))
            .json(&serde_json::json!({ "stepfunctions._SFN_WAIT_SCALE": 0.02 }))
            .send()
            .await?
            .error_for_status()?;
        Ok(())
    }

    async fn wait(&self) -> Result<()> {
        let http = http();
        for (emulator, path) in
            [(&self.ministack, "/_ministack/health"), (&self.moto, "/moto-api/")]
        {
            let url = format!("{}{path}", emulator.endpoint());
            let begun = Instant::now();
            loop {
                let answer = http.get(&url).timeout(Duration::from_secs(2)).send().await;
                if answer.is_ok_and(|answer| answer.status().is_success()) {
                    break;
                }
                if !emulator.runs() {
                    bail!("{} stopped right after it was started", emulator.program.display());
                }
                if begun.elapsed() > PATIENCE {
                    bail!("{url} does not answer");
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        self.settle().await
    }

    /// Environment variables that point any AWS client at the pair.
    pub fn variables(&self) -> BTreeMap<String, String> {
        let mut variables: BTreeMap<String, String> = [
            ("AWS_ENDPOINT_URL", self.ministack.endpoint().as_str()),
            ("AWS_ACCESS_KEY_ID", ACCOUNT),
            ("AWS_SECRET_ACCESS_KEY", "emulated"),
            ("AWS_REGION", REGION),
            ("AWS_DEFAULT_REGION", REGION),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        for service in ON_MOTO {
            variables.insert(format!("AWS_ENDPOINT_URL_{service}"), self.moto.endpoint());
        }
        variables
    }

    /// The pair as a proxy's upstreams.
    pub fn upstreams(&self) -> Upstreams {
        let moto = SIGNED_FOR_MOTO.map(|service| (service.to_owned(), self.moto.endpoint()));
        Upstreams { rest: self.ministack.endpoint(), services: moto.into(), ..Upstreams::default() }
    }

    /// The SDK configuration for MiniStack.
    pub fn sdk_config(&self) -> aws_config::SdkConfig {
        place::emulated(&self.ministack.endpoint(), REGION)
    }

    /// The SDK configuration for moto.
    pub fn moto_config(&self) -> aws_config::SdkConfig {
        place::emulated(&self.moto.endpoint(), REGION)
    }
}

/// A client for the emulators' own addresses.
pub fn http() -> reqwest::Client {
    // reqwest wants a TLS provider even for plain HTTP; a second installation is refused and harmless.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}

fn memory(directory: &Path) -> PathBuf {
    directory.join("emulators.json")
}

/// A fingerprint of the launchers and of what is installed for them.
fn launchers(workspace: &Workspace) -> Result<u64> {
    let sources = Tools::Emulators.sources(workspace);
    let mut hasher = std::hash::DefaultHasher::new();
    for file in ["requirements.txt", "moto_server.py", "ministack_server.py", "gaps.py"] {
        fs::read(sources.join(file))?.hash(&mut hasher);
    }
    Ok(hasher.finish())
}

fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("no free port")?;
    Ok(listener.local_addr()?.port())
}

/// Starts it in a process group of its own, so that it outlives this command and can be stopped whole.
fn spawn(command: &mut std::process::Command, log: &Path) -> Result<Child> {
    let log = File::create(log)?;
    command.stdout(log.try_clone()?).stderr(log).process_group(0);
    command.spawn().with_context(|| format!("cannot start {}", command.get_program().display()))
}
