//! Room for the descriptors of a scan's connections.

use std::io::stderr;

use rustix::{
    io::fcntl_dupfd_cloexec,
    process::{Resource, getrlimit},
};

/// As many connections and files as room is made for.
const MOST: u64 = 4096;

/// Makes the process's table of descriptors large enough for all of a scan's connections; to be called before the
/// first thread is started.
///
/// Linux doubles that table whenever it is full. Where threads share it, whoever opens a descriptor then sleeps until
/// no processor can be reading the old table any more (`expand_fdtable` in the kernel's `fs/file.c`): on two cores
/// 13 and 22 ms, in which nothing was asked (`perf record -e sched:sched_switch`, November 2026).
pub fn make_room() {
    let allowed = getrlimit(Resource::Nofile).current.unwrap_or(MOST);
    let last = MOST.min(allowed).saturating_sub(1);
    // A descriptor with that number, closed at once. Where there may be none, the table grows as it always does.
    drop(fcntl_dupfd_cloexec(stderr(), last.try_into().unwrap_or(i32::MAX)));
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_table_holds_as_many_as_the_process_may_have() {
        make_room();
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let size = status.lines().find_map(|line| line.strip_prefix("FDSize:")).unwrap();
        let allowed = getrlimit(Resource::Nofile).current.unwrap_or(MOST);
        assert!(size.trim().parse::<u64>().unwrap() >= allowed.min(MOST), "{size}");
    }
}
