"""Peak memory while training W4b, beside what training it must hold; one process a way.

    python -m benchmarks.peers.memory CORES WAY

Memory counts from where the library has trained a tiny net (so its own code and compiler are
loaded) and the data are there.  What compiling leaves behind counts; its passing peak does not.
"""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module
from pathlib import Path

__all__ = ["AVAILABLE", "NET"]

NET = "W4b"
STATUS, RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")
AVAILABLE = STATUS.exists()


def main() -> None:
    cores, name = sys.argv[1:]
    os.sched_setaffinity(0, {int(core) for core in cores.split(",")})
    from benchmarks.peers.ways import way_of
    from benchmarks.peers.workloads import TRAININGS, data_of

    way, training = way_of(NET, name), TRAININGS[NET]
    start = getattr(import_module(f"benchmarks.peers.{way.module}"), way.start)
    start(TRAININGS["W2"]).run(1)
    data = data_of(training)
    before = _kibibytes("VmRSS")
    session = start(training)
    session.run(training.steps)
    RESET.write_text("5")  # the peak so far is forgotten
    session.run(training.steps)
    peak = _kibibytes("VmHWM")
    held = data.X.nbytes + data.Y.nbytes
    megabyte = 1e6
    print(
        json.dumps(
            {
                "grown": (peak - before) * 1024 / megabyte,
                "needed": needed_bytes() / megabyte,
                "data": held / megabyte,
            }
        )
    )


def needed_bytes() -> int:
    """Parameters, Adam's two arrays for each, and every layer's entries of one batch."""
    from benchmarks.peers.updates import slots
    from benchmarks.peers.workloads import TRAININGS, data_of

    training = TRAININGS[NET]
    weights = sum(W.nbytes for W in data_of(training).weights)
    return weights * (1 + slots(training)) + 4 * training.batch * sum(training.sizes)


def _kibibytes(entry: str) -> int:
    for line in STATUS.read_text().splitlines():
        if line.startswith(entry):
            return int(line.split()[1])
    raise SystemExit(f"no {entry} in {STATUS}")


if __name__ == "__main__":
    main()
