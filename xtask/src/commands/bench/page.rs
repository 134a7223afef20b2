//! `docs/benchmarks.md`: a section for each command, which writes its own anew and leaves the others as they are.

use std::fs;

use anyhow::Result;

use crate::workspace::Workspace;

const HEAD: &str = "# Benchmarks\n\nEach section is written by the command that it names, on the machine that the command runs on.\n";

/// Writes `section`, which begins with its `## ` heading, into the page.
pub fn write(workspace: &Workspace, section: &str) -> Result<()> {
    println!("\n{section}");
    let file = workspace.root.join("docs/benchmarks.md");
    fs::write(&file, with(&fs::read_to_string(&file)?, section))?;
    println!("✓ {}", file.display());
    Ok(())
}

/// Cores, model and load of this machine, and how what is measured was built.
pub fn machine(profile: &str) -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let read = |file| fs::read_to_string(file).unwrap_or_default();
    let cpu = read("/proc/cpuinfo");
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map(|(_, model)| format!(" ({})", model.trim())).unwrap_or_default();
    let load = read("/proc/loadavg");
    let load = load.split(' ').next().unwrap_or_default();
    format!("{cores} cores{model}, load average {load} at the start, cargo profile `{profile}`")
}

/// The page with `section` in the place of the one of the same heading, else at its end.
fn with(page: &str, section: &str) -> String {
    let heading = |section: &str| section.lines().next().unwrap_or_default().to_owned();
    let parts: Vec<&str> = page.split("\n## ").collect();
    let mut sections: Vec<String> =
        parts.iter().skip(1).map(|part| format!("## {}\n", part.trim_end())).collect();
    let section = format!("{}\n", section.trim_end());
    match sections.iter_mut().find(|one| heading(one) == heading(&section)) {
        Some(old) => *old = section,
        None => sections.push(section),
    }
    format!("{HEAD}\n{}", sections.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_takes_its_own_place_and_leaves_the_others() {
        let first = with("", "## A\n\na\n\n### more\n\nof a\n");
        let both = with(&first, "## B\n\nb\n");
        assert_eq!(both, format!("{HEAD}\n## A\n\na\n\n### more\n\nof a\n\n## B\n\nb\n"));
        let again = with(&both, "## A\n\nanother\n");
        assert_eq!(again, format!("{HEAD}\n## A\n\nanother\n\n## B\n\nb\n"));
        assert_eq!(with(&again, "## A\n\nanother\n"), again);
    }
}
