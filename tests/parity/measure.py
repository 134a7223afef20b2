"""Runs a command and tells what it cost.

    python measure.py [--one-core] OUTPUT COMMAND …

Writes the command's output to the file OUTPUT and prints seconds of wall clock, seconds of CPU (user and
system) and the peak of resident memory in KiB as JSON. With `--one-core` all of the command's threads share
one core.
"""

import json
import os
import sys
import time


def main():
    words = sys.argv[1:]
    if words[0] == "--one-core":
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
        words = words[1:]
    output, command = words[0], words[1:]
    actions = [(os.POSIX_SPAWN_OPEN, 1, output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)]
    begun = time.monotonic()
    child = os.posix_spawnp(command[0], command, os.environ, file_actions=actions)
    _, status, usage = os.wait4(child, 0)
    wall = time.monotonic() - begun
    print(json.dumps({
        "wall": wall,
        "cpu": usage.ru_utime + usage.ru_stime,
        "peak_kib": usage.ru_maxrss,
    }))
    sys.exit(os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()
