"""What the figures were taken on: processor, system, versions, date."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import chainrule
from benchmarks.peers.by_c import COMPILER

__all__ = ["described", "usable_cores", "versions"]

PACKAGES = (
    "chainrule",
    "numpy",
    "llvmlite",
    "jax",
    "jaxlib",
    "torch",
    "autograd",
    "scikit-learn",
    "numba",
)


def described(cores: list[int]) -> dict[str, str]:
    """Processor, cores, system, Python and date."""
    return {
        "processor": _processor(),
        "cores used": ", ".join(map(str, cores)),
        "system": f"{platform.system()} {platform.machine()}",
        "Python": platform.python_version(),
        "C compiler": _first_line([COMPILER, "--version"]),
        "date": date.today().isoformat(),
    }


def versions() -> dict[str, str]:
    """Each peer's version, where it is installed."""
    return {package: _version(package) for package in PACKAGES}


def usable_cores() -> list[int]:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def _version(package: str) -> str:
    if package == "chainrule":
        return chainrule.__version__
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _processor() -> str:
    """Its name, and the widest vectors that it says it has."""
    cpuinfo = Path("/proc/cpuinfo")
    if not cpuinfo.exists():
        return platform.processor() or platform.machine()
    entries = dict(
        [part.strip() for part in line.split(":", 1)]
        for line in cpuinfo.read_text().splitlines()
        if ":" in line
    )
    flags = entries.get("flags", "").split()
    widest = next((name for name in ("avx512f", "avx2") if name in flags), "no AVX2")
    family = f"family {entries.get('cpu family', '?')} model {entries.get('model', '?')}"
    return f"{entries.get('model name', platform.machine())} ({family}, {widest})"


def _first_line(command: list[str]) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True).stdout.splitlines()[0]
    except (OSError, IndexError):
        return "none"
