"""A small program with everything that a loader meets, and how to call it."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from chainrule.run.native.loader import Loaded
from chainrule.run.native.processor import KINDS, Processor, detect
from chainrule.run.native.ssa import Module, Value

ROOT = Path(__file__).parents[3]
COUNT = 16 * 5
PROGRAM = """
@counted = internal global i64 0
@weights = private unnamed_addr constant [4 x float] [float 1.0, float 2.0, float 3.0, float 4.0]
@actions = internal constant [2 x ptr] [ptr @twice, ptr @entry]
declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
declare <4 x float> @llvm.floor.v4f32(<4 x float>)
declare double @llvm.cos.f64(double)

define void @entry(ptr %table, i64 %steps, i64 %thread) {
  %place = getelementptr ptr, ptr %table, i64 1
  %x = load ptr, ptr %table
  %y = load ptr, ptr %place
  %given = load <4 x float>, ptr %x, align 4
  %weights = load <4 x float>, ptr @weights, align 4
  %sum = fadd <4 x float> %given, %weights
  %floor = call <4 x float> @llvm.floor.v4f32(<4 x float> %sum)
  store <4 x float> %floor, ptr %y, align 4
  %action = load volatile ptr, ptr @actions
  call void %action(ptr %y)
  call void @count(ptr @twice, ptr %y)
  %rest = getelementptr float, ptr %y, i64 4
  %size = mul i64 %steps, 4
  call void @llvm.memcpy.p0.p0.i64(ptr %rest, ptr %x, i64 %size, i1 false)
  ret void
}

define void @twice(ptr %y) {
  %was = load <4 x float>, ptr %y, align 4
  %now = fadd <4 x float> %was, %was
  store <4 x float> %now, ptr %y, align 4
  ret void
}

define void @count(ptr %action, ptr %y) noinline {
  %was = load i64, ptr @counted
  %now = add i64 %was, 1
  store i64 %now, ptr @counted
  %number = sitofp i64 %was to double
  %cosine = call double @llvm.cos.f64(double %number)
  %short = fptrunc double %cosine to float
  store float %short, ptr %y, align 4
  call void %action(ptr %y)
  ret void
}
"""


def kinds() -> list[Processor]:
    """The kinds of processor that this machine can be made to be."""
    all_kinds = list(KINDS.values())
    return all_kinds[list(KINDS).index(detect().kind) :]


def run_program(loaded: Loaded, given: np.ndarray, steps: int) -> np.ndarray:
    """PROGRAM of at least four numbers; it writes 4, and copies of the first `steps`."""
    result = np.zeros(4 + steps, np.float32)
    call(loaded, given.ctypes.data, result.ctypes.data, steps=steps)
    return result


def expected(given: np.ndarray, steps: int, calls: int = 0) -> np.ndarray:
    """What PROGRAM writes, when it has been called so many times before."""
    first = 2 * np.floor(given[:4] + np.array([1, 2, 3, 4], np.float32)) * 2
    first[0] = 2 * np.float32(np.cos(float(calls)))
    return np.concatenate([first, given[:steps]])


def call(loaded: Loaded, *addresses: int, steps: int = 1) -> None:
    """The function `entry` with a table of these addresses."""
    entry = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)
    table = (ctypes.c_uint64 * len(addresses))(*addresses)
    entry(loaded.address("entry"))(ctypes.addressof(table), steps, 0)


def squares_and_sum(processor: Processor) -> str:
    """COUNT numbers x and the sum of all: x² + 1, in this processor's vectors."""
    module = Module()
    entry = module.function("entry", [("ptr", "table"), ("i64", "steps"), ("i64", "thread")])
    table = entry.parameters[0]
    x, y, total = (entry.load("ptr", table, Value(str(at), "i64")) for at in range(3))
    vector = f"<{processor.lanes('float')} x float>"
    ones = module.constant([1.0] * processor.lanes("float"), "float")

    def body(i: Value, sums: Value) -> list[Value]:
        part = entry.load(vector, x, i)
        entry.store(entry.fma(part, part, entry.load(vector, ones)), y, i)
        return [entry.add(sums, part)]

    zeros = Value("zeroinitializer", vector)
    (sums,) = entry.loop(COUNT, body, processor.lanes("float"), [zeros])
    start = Value("0.0", "float")
    suffix = f"v{processor.lanes('float')}f32"
    module.declare(f"llvm.vector.reduce.fadd.{suffix}", "float", ["float", vector])
    add = f"@llvm.vector.reduce.fadd.{suffix}"
    whole = entry.new("float", f"call float {add}(float {start.text}, {vector} {sums.text})")
    entry.store(whole, total)
    entry.finish()
    return module.text()


def run_python(program: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
    """A program in a process of its own, at the root of the project."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", program, *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(["src", "."]), **environment},
        timeout=120,
    )
