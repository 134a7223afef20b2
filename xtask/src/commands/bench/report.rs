//! The section of `docs/benchmarks.md` on discovery.

use std::{collections::BTreeMap, fmt::Write};

use miyabi_proxy::Counts;

use super::measure::Cost;

/// Everything that was measured.
#[derive(Debug)]
pub struct Figures {
    /// Runs that each median is of.
    pub runs: usize,
    /// What it was measured on; see [`super::page::machine`].
    pub machine: String,
    /// Milliseconds that every call takes where AWS is far.
    pub delay_ms: u64,
    /// Calls of one service per second where it is short of patience.
    pub patience: usize,
    /// Resources by kind.
    pub kinds: BTreeMap<String, usize>,
    /// Discovery's calls.
    pub calls: Counts,
    /// boto3's calls.
    pub boto3_calls: Counts,
    /// Discovery, AWS far.
    pub far: Cost,
    /// boto3 with 16 threads, AWS far.
    pub far_threads: Cost,
    /// Discovery, AWS near.
    pub here: Cost,
    /// boto3 sequentially, AWS near.
    pub here_sequential: Cost,
    /// Calls of the longest chain in which each waits for the one before.
    pub chain: u64,
    /// Discovery with its budgets lifted, AWS far.
    pub lifted: Cost,
    /// Discovery where it is refused.
    pub refused: Cost,
    /// Its calls there.
    pub refusals: Counts,
    /// Differences from the whole inventory there.
    pub lost: usize,
}

/// A bar and whether it is met.
struct Bar {
    what: String,
    ours: String,
    reference: String,
    limit: String,
    met: bool,
}

/// The section.
pub fn markdown(figures: &Figures) -> String {
    let f = figures;
    let resources: usize = f.kinds.values().sum();
    let mut text = format!(
        "## Discovery beside plain boto3\n\n\
         `cargo xtask bench discovery` on {machine}. Each figure is the median of {runs} runs, the two programs one \
         after the other in turn.\n\n\
         Both read the same emulated account of {resources} resources and find the same, resource by resource \
         and field by field. A proxy that keeps every answer of the emulators stands between, and makes every \
         call take {delay} ms, or none.\n\n\
         | | discovery | boto3 | bar | |\n|---|---|---|---|---|\n",
        machine = f.machine,
        runs = f.runs,
        delay = f.delay_ms,
    );
    for bar in bars(f) {
        let mark = if bar.met { "✓" } else { "✗" };
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {mark} |",
            bar.what, bar.ours, bar.reference, bar.limit
        );
    }
    let _ = writeln!(
        text,
        "\nThe critical path is the longest chain of calls of which each waits for the one before: {} calls. \
         It is counted by a run without budgets in which each call takes some seconds. At {} ms such a run waits \
         for the CPU of its calls too, {:.2} s on the cores that it shares with the proxy: {} of them are S3's, which \
         tells no setting of several buckets at once.\n\n\
         At {} ms boto3 with 16 threads takes {:.1} s of CPU and {:.0} MiB, discovery {:.2} s and {:.0} MiB.\n",
        f.chain,
        f.delay_ms,
        f.lifted.cpu,
        f.calls.calls.get("s3").copied().unwrap_or(0),
        f.delay_ms,
        f.far_threads.cpu,
        f.far_threads.peak_kib / 1024.0,
        f.far.cpu,
        f.far.peak_kib / 1024.0
    );
    text.push_str("### Calls\n\n| service | discovery | boto3 |\n|---|---|---|\n");
    let services: std::collections::BTreeSet<_> =
        f.calls.calls.keys().chain(f.boto3_calls.calls.keys()).collect();
    for service in services {
        let of = |counts: &Counts| counts.calls.get(service).copied().unwrap_or(0);
        let _ = writeln!(text, "| {service} | {} | {} |", of(&f.calls), of(&f.boto3_calls));
    }
    let _ = writeln!(text, "| all | {} | {} |", f.calls.total(), f.boto3_calls.total());
    text.push_str("\n### The account\n\n| kind | resources |\n|---|---|\n");
    for (kind, number) in &f.kinds {
        let _ = writeln!(text, "| {kind} | {number} |");
    }
    text
}

fn bars(f: &Figures) -> Vec<Bar> {
    let path = f.chain as f64 * f.delay_ms as f64 / 1000.0;
    let peak = |cost: &Cost| cost.peak_kib / 1024.0;
    let refused: u64 = f.refusals.refused.values().sum();
    vec![
        ratio(
            format!("wall at {} ms, boto3 with 16 threads", f.delay_ms),
            (f.far.wall, f.far_threads.wall),
            "s",
            ("1/5", 0.2),
        ),
        ratio(
            "CPU at 0 ms, boto3 sequentially".into(),
            (f.here.cpu, f.here_sequential.cpu),
            "s",
            ("1/10", 0.1),
        ),
        ratio(
            "peak memory, boto3 sequentially".into(),
            (peak(&f.here), peak(&f.here_sequential)),
            "MiB",
            ("1/3", 1.0 / 3.0),
        ),
        Bar {
            what: format!("wall at {} ms, budgets lifted, beside the critical path", f.delay_ms),
            ours: format!("{:.2} s", f.lifted.wall),
            reference: format!("path {path:.2} s"),
            limit: format!("≤ 1.5 ×; is {:.2} ×", f.lifted.wall / path),
            met: f.lifted.wall <= 1.5 * path,
        },
        Bar {
            what: format!("refused above {} calls/s per service", f.patience),
            ours: format!(
                "{:.1} s, {refused} of {} calls refused",
                f.refused.wall,
                f.refusals.total()
            ),
            reference: String::new(),
            limit: format!("nothing lost; {} differences", f.lost),
            met: f.lost == 0,
        },
    ]
}

fn ratio(what: String, (ours, theirs): (f64, f64), unit: &str, (name, most): (&str, f64)) -> Bar {
    Bar {
        what,
        ours: format!("{ours:.2} {unit}"),
        reference: format!("{theirs:.2} {unit}"),
        limit: format!("≤ {name}; is 1/{:.1}", theirs / ours),
        met: ours <= theirs * most,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_met_up_to_its_limit_and_missed_above() {
        let fifth = |ours| ratio("wall".into(), (ours, 10.0), "s", ("1/5", 0.2));
        assert!(fifth(2.0).met && !fifth(2.1).met);
        assert_eq!(fifth(1.0).limit, "≤ 1/5; is 1/10.0");
    }
}
