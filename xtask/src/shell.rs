//! Running other programs.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// A command that reads nothing.
pub fn command(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    command.stdin(Stdio::null());
    command
}

/// Cargo, as from a shell. What the cargo that runs this told of its own package must not reach it: build
/// scripts watch those variables, and whole dependency trees would be built anew.
pub fn cargo() -> Command {
    let mut cargo = command("cargo");
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let about_a_package = text.starts_with("CARGO_")
            && ["PKG_", "MANIFEST_", "BIN_", "CRATE_", "PRIMARY_"]
                .iter()
                .any(|kind| text["CARGO_".len()..].starts_with(kind));
        if about_a_package {
            cargo.env_remove(&name);
        }
    }
    cargo
}

fn shown(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|arg| arg.to_string_lossy().into_owned()));
    words.join(" ")
}

/// Runs it quietly and returns what it printed; if it fails, the error holds the end of its output.
pub fn capture(command: &mut Command) -> Result<String> {
    let line = shown(command);
    let output = command.output().with_context(|| format!("cannot run `{line}`"))?;
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(stdout);
    }
    let all = format!("{stdout}{}", String::from_utf8_lossy(&output.stderr));
    let lines: Vec<&str> = all.lines().collect();
    let tail = lines[lines.len().saturating_sub(40)..].join("\n");
    bail!("`{line}` failed ({}):\n{tail}", output.status)
}

/// Runs it with its output shown.
pub fn show(command: &mut Command) -> Result<()> {
    let line = shown(command);
    let status = command.status().with_context(|| format!("cannot run `{line}`"))?;
    if status.success() { Ok(()) } else { bail!("`{line}` failed ({status})") }
}

/// Whether a program can be run at all.
pub fn exists(program: &str) -> bool {
    command(program)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
