"""One process, one workload, one way of one peer: prints what it measured as JSON.

python -m benchmarks.peers.one CORES WORKLOAD WAY
"""

from __future__ import annotations

import os
import sys


def main() -> None:
    cores, workload, way = sys.argv[1:]
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {int(core) for core in cores.split(",")})
    from benchmarks.peers.clock import measured  # only now: libraries count the cores

    print(measured(workload, way), flush=True)


if __name__ == "__main__":
    main()
