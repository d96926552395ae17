"""Every benchmark, each figure as a ratio taken in one run: `make bench`.

The machines are shared and noisy: sides are timed in turn, and the median of the ratios counts.
"""

from __future__ import annotations

import argparse
import json
import sys

from benchmarks.beside_autograd import measure_beside_autograd
from benchmarks.deep_network import measure_deep_network
from benchmarks.elementwise_jacobian import measure_elementwise_jacobian
from benchmarks.figures import Figure
from benchmarks.laplacian import measure_laplacian
from benchmarks.loops_and_layers import measure_loops_and_layers
from benchmarks.marking import measure_marking
from benchmarks.python_functions import measure_python_functions
from benchmarks.rewrite import measure_rewrite
from benchmarks.startup import measure_startup

GROUPS = {
    "startup": measure_startup,
    "jacobian": measure_elementwise_jacobian,
    "laplacian": measure_laplacian,
    "network": measure_deep_network,
    "functions": measure_python_functions,
    "loops": measure_loops_and_layers,
    "rewrite": measure_rewrite,
    "marking": measure_marking,
    "autograd": measure_beside_autograd,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("groups", nargs="*", help="default: all")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    figures = [figure for name in options.groups or GROUPS for figure in GROUPS[name]()]
    if options.json:
        print(json.dumps([figure._asdict() for figure in figures]))
    else:
        _print(figures)
    return 0


def _print(figures: list[Figure]) -> None:
    for figure in figures:
        goal = "" if figure.goal is None else f"   goal: at most {figure.goal:g}"
        print(f"{figure.name:<66} {figure.value:>9.4g} {figure.unit}{goal}")


if __name__ == "__main__":
    sys.exit(main())
