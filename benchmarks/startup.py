"""A fresh process that solves a lecture, against one that only imports NumPy."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from statistics import median
from time import perf_counter

from figures import Figure

RUNS = 15
EXAMPLE = Path(__file__).resolve().parent.parent / "examples" / "000-C.chain"
SOLVE = [sys.executable, "-m", "chainrule.cli.main", "solve", str(EXAMPLE)]
NUMPY = [sys.executable, "-c", "import numpy"]


def measure_startup() -> list[Figure]:
    """Wall time and peak memory, as ratios pair by pair."""
    _process(SOLVE), _process(NUMPY)  # warm the file cache and the compiled modules
    pairs = [(_process(SOLVE), _process(NUMPY)) for _ in range(RUNS)]
    wall = median(ours[0] / theirs[0] for ours, theirs in pairs)
    memory = median(ours[1] / theirs[1] for ours, theirs in pairs)
    return [
        Figure("solve 000-C, fresh process", median(o[0] for o, _ in pairs) * 1e3, "ms"),
        Figure('python -c "import numpy"', median(t[0] for _, t in pairs) * 1e3, "ms"),
        Figure("solve 000-C / import numpy, wall time", wall, "x", 2.0),
        Figure("solve 000-C / import numpy, peak memory", memory, "x", 1.5),
    ]


def _process(command: list[str]) -> tuple[float, int]:
    """Wall seconds and peak memory of one process, from the operating system."""
    start = perf_counter()
    actions = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    pid = os.posix_spawn(command[0], command, os.environ, file_actions=actions)
    _, status, usage = os.wait4(pid, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        raise SystemExit(f"{' '.join(command)} failed")
    return perf_counter() - start, usage.ru_maxrss
