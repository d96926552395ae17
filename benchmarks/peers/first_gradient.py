"""A fresh process that imports a library and prints W1's first gradient: wall time."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

from benchmarks.processes import measured

__all__ = ["SCRIPTS", "first_gradients"]

HERE = Path(__file__).resolve().parent / "first"
RUNS = 10
CACHE = "CHAINRULE_CACHE"
NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"  # packages have theirs since they were installed, so do we
EXPECTED = (12.0, -4.0, 6.0, -2.0, 4.0, -4.0, 1.0, -1.0)


class Script(NamedTuple):
    """A program of first/; one that compiles may find its work of earlier runs, or not."""

    name: str
    peer: str
    file: str
    package: str
    keeps_cache: bool = True


OURS = "with_chainrule_compiled.py"
SCRIPTS = (
    Script("NumPy by hand", "numpy", "with_numpy.py", "numpy"),
    Script("chainrule, interpreter", "chainrule", "with_chainrule.py", "numpy"),
    Script("chainrule, compiled", "chainrule", OURS, "llvmlite", keeps_cache=False),
    Script("chainrule, from the cache", "chainrule", OURS, "llvmlite"),
    Script("autograd", "autograd", "with_autograd.py", "autograd"),
    Script("JAX jit", "jax", "with_jax.py", "jax"),
    Script("PyTorch eager", "torch", "with_torch.py", "torch"),
)


def first_gradients(peers: set[str], tell: Callable[[str], None]) -> dict[str, float | str]:
    """Median milliseconds of each, all in turn; or why there are none."""
    with TemporaryDirectory() as cache:
        os.environ[CACHE] = cache
        os.environ.pop(NO_BYTECODE, None)
        chosen = [script for script in SCRIPTS if script.peer in peers]
        wrong = {script: _checked(script) for script in chosen}  # fills the file cache, and ours
        times: dict[Script, list[float]] = {script: [] for script in chosen if not wrong[script]}
        for run in range(RUNS):
            tell(f"first gradient, run {run + 1} of {RUNS}")
            for script in times:
                times[script].append(_milliseconds(script, cache))
    del os.environ[CACHE]
    return {
        script.name: median(times[script]) if script in times else wrong[script]
        for script in chosen
    }


def _milliseconds(script: Script, cache: str) -> float:
    if script.keeps_cache:
        return measured(_command(script))[0] * 1e3
    with TemporaryDirectory() as empty:
        os.environ[CACHE] = empty
        taken = measured(_command(script))[0]
        os.environ[CACHE] = cache
    return taken * 1e3


def _checked(script: Script) -> str:
    """An empty text if the program prints the right gradient."""
    if find_spec(script.package) is None:
        return "not installed"
    done = subprocess.run(_command(script), capture_output=True, text=True)
    if done.returncode:
        return "failed: " + (done.stderr.strip().splitlines() or ["?"])[-1][:80]
    numbers = [float(word) for word in done.stdout.split()]
    close = len(numbers) == len(EXPECTED) and all(
        abs(one - other) < 1e-6 for one, other in zip(numbers, EXPECTED, strict=True)
    )
    return "" if close else f"another gradient: {numbers}"


def _command(script: Script) -> list[str]:
    return [sys.executable, str(HERE / script.file)]
