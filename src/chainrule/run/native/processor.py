"""What the emitters need to know of a processor: widths, registers, whether it multiplies and adds.

The numbers shape the code that is generated; one generator serves all processors.  The environment
variable CHAINRULE_PROCESSOR (avx512, avx2, baseline or generic) chooses another kind than the
widest that this machine has: its code is slower, and its sums are rounded in another order.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Set
from functools import cache

from chainrule.errors import DataProblem
from chainrule.graph.record import Record

__all__ = ["AVX2", "AVX512", "BASELINE", "GENERIC", "Processor", "choose", "detect", "widest"]

VARIABLE = "CHAINRULE_PROCESSOR"


class Processor(Record):
    """A kind of processor; `name` and `features` are LLVM's, empty for its plainest of a machine.

    `vector_bytes` is the widest register that pays, `registers` how many of them there are.
    """

    kind: str
    vector_bytes: int
    registers: int
    has_fma: bool
    name: str = ""
    features: str = ""

    @property
    def rounds(self) -> bool:
        """Whether there are instructions that round to whole numbers."""
        return self.kind in ("avx2", "avx512")

    def lanes(self, scalar: str) -> int:
        """How many numbers of a type one register holds.

        >>> AVX512.lanes("float"), AVX2.lanes("double")
        (16, 4)
        """
        return self.vector_bytes // {"float": 4, "double": 8, "i32": 4, "i64": 8}[scalar]


# LLVM's names for the levels of x86-64, not for makers' models: every version of it knows them, and
# the code for a kind is the same wherever it is compiled.
AVX512 = Processor("avx512", 64, 32, True, "x86-64-v4", "-prefer-256-bit")
AVX2 = Processor("avx2", 32, 16, True, "x86-64-v3")
BASELINE = Processor("baseline", 16, 16, False, "x86-64")
GENERIC = Processor("generic", 16, 32, True)

# The widest first: a machine has its own kind and all that follow.
KINDS = {one.kind: one for one in (AVX512, AVX2, BASELINE, GENERIC)}

# What the levels ask for beyond the level before (x86-64 psABI, "Micro-Architecture Levels"), in
# the words of Linux.
V3 = frozenset({"abm", "avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "movbe"})
V4 = V3 | {"avx512bw", "avx512cd", "avx512dq", "avx512f", "avx512vl"}


def detect() -> Processor:
    """The processor that code is made for: the widest kind that this machine has, or the one asked
    for by CHAINRULE_PROCESSOR.

    Raises:
        DataProblem: the variable names no kind, or one that this machine does not have.
    """
    return choose(os.environ.get(VARIABLE, ""), _found())


def choose(asked: str, found: Processor) -> Processor:
    """The kind that is asked for, if anything is, on a machine that has the kind `found`.

    >>> choose("avx2", found=AVX512).vector_bytes
    32

    Raises:
        DataProblem: there is no such kind, or the machine does not have it.
    """
    if not asked:
        return found
    if asked not in KINDS:
        raise DataProblem(f"{VARIABLE} is {asked!r}; expected one of {', '.join(KINDS)}")
    kinds = list(KINDS)
    if kinds.index(asked) < kinds.index(found.kind):
        raise DataProblem(f"{VARIABLE} is {asked!r}, but this machine is of the kind {found.kind}")
    return KINDS[asked]


def widest(features: Set[str]) -> Processor:
    """The widest kind of x86-64 with these features, in Linux's words.

    >>> widest({"sse2", "avx"}).kind
    'baseline'
    """
    if features >= V4:
        return AVX512
    return AVX2 if features >= V3 else BASELINE


@cache
def _found() -> Processor:
    """The widest kind that this machine has."""
    return widest(_features()) if _is_x86() else GENERIC


def _is_x86() -> bool:
    return platform.machine().lower() in ("x86_64", "amd64") and sys.maxsize > 2**32


def _features() -> frozenset[str]:
    """What the processor can do beyond the plainest x86-64, in Linux's words."""
    try:
        with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
            text = file.read(8192)  # the first processor; a machine may have hundreds
    except OSError:
        return _numpys_features()
    flags = next((line for line in text.splitlines() if line.startswith("flags")), "")
    return frozenset(flags.partition(":")[2].split())


def _numpys_features() -> frozenset[str]:
    """What NumPy found, where there is no Linux: the levels whole, or as older NumPys say it."""
    import numpy as np

    shown = np.show_config(mode="dicts") or {}
    simd = shown.get("SIMD Extensions", {})
    names = {*simd.get("baseline", ()), *simd.get("found", ())}
    if names & {"X86_V4", "AVX512_SKX"}:
        return V4
    return V3 if "X86_V3" in names or names >= {"AVX2", "FMA3"} else frozenset()
