"""A fresh process that solves a lecture, against one that only imports NumPy."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from statistics import median

from benchmarks.figures import Figure

RUNS = 15
HERE = Path(__file__).resolve().parent
EXAMPLE = HERE.parent / "examples" / "000-C.chain"
SOLVE = [sys.executable, "-m", "chainrule.cli.main", "solve", str(EXAMPLE)]
NUMPY = [sys.executable, "-c", "import numpy"]


def measure_startup() -> list[Figure]:
    """Wall time and peak memory, as ratios pair by pair."""
    runner = [sys.executable, str(HERE / "processes.py"), str(RUNS)]
    found = subprocess.run([*runner, *SOLVE, "--", *NUMPY], check=True, capture_output=True)
    pairs = json.loads(found.stdout)
    wall = median(ours[0] / theirs[0] for ours, theirs in pairs)
    memory = median(ours[1] / theirs[1] for ours, theirs in pairs)
    return [
        Figure("solve 000-C, fresh process", median(o[0] for o, _ in pairs) * 1e3, "ms"),
        Figure('python -c "import numpy"', median(t[0] for _, t in pairs) * 1e3, "ms"),
        Figure("solve 000-C / import numpy, wall time", wall, "x", 2.0),
        Figure("solve 000-C, peak memory", median(o[1] for o, _ in pairs) / 1024, "MiB"),
        Figure("import numpy, peak memory", median(t[1] for _, t in pairs) / 1024, "MiB"),
        Figure("solve 000-C / import numpy, peak memory", memory, "x", 1.5),
    ]
