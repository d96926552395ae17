"""Runs two commands in turn and prints each run's wall time and peak memory as JSON.

A small process of its own, because a child's peak memory counts from what its parent held when
it was started:  python processes.py RUNS COMMAND... -- COMMAND...
"""

from __future__ import annotations

import json
import os
import sys
from time import perf_counter

Run = tuple[float, int]


def in_turn(one: list[str], other: list[str], runs: int) -> list[tuple[Run, Run]]:
    """Both commands in turn, after one run of each that fills the file cache."""
    measured(one), measured(other)
    return [(measured(one), measured(other)) for _ in range(runs)]


def measured(command: list[str]) -> Run:
    """Wall seconds and peak memory in KiB of one process, from the operating system."""
    start = perf_counter()
    actions = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    pid = os.posix_spawn(command[0], command, os.environ, file_actions=actions)
    _, status, usage = os.wait4(pid, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        raise SystemExit(f"{' '.join(command)} failed")
    return perf_counter() - start, usage.ru_maxrss


if __name__ == "__main__":
    commands = sys.argv[2:]
    split = commands.index("--")
    print(json.dumps(in_turn(commands[:split], commands[split + 1 :], int(sys.argv[1]))))
