"""Elementwise functions compiled by themselves, and called with arrays."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache

import numpy as np

from chainrule.run.native.functions import FUNCTIONS, UNSIGNED
from chainrule.run.native.loader import load
from chainrule.run.native.machine import compile_object
from chainrule.run.native.processor import Processor
from chainrule.run.native.ssa import Module, Value, scalar_of, vector_of

Emit = Callable[..., Value]
SCALARS = {"f4": "float", "f8": "double", "i4": "i32", "i8": "i64", "u4": "i32", "u8": "i64"}
TRUTHS = ("logical", "is", "less", "greater", "equal", "not_equal", "signbit")


def arguments_of(name: str) -> int:
    """How many arguments a function of the table takes."""
    return getattr(getattr(np, name, None), "nin", 3 if name == "where" else 1)


def text_of(emit: Emit, kind: str, count: int, lanes: int, rounds: bool) -> str:
    """A function `entry(y, n, x0, x1 …)` that writes n numbers; truth values as bytes."""
    module = Module(rounds)
    pointers = [("ptr", f"x{at}") for at in range(count)]
    entry = module.function("entry", [("ptr", "y"), ("i64", "n"), *pointers])
    y, n, *inputs = entry.parameters
    type_ = vector_of(SCALARS[kind], lanes)

    def body(i: Value) -> None:
        found = emit(entry, *[entry.load(type_, x, i) for x in inputs])
        is_truth = scalar_of(found.type) == "i1"
        entry.store(entry.cast("zext", found, "i8") if is_truth else found, y, i)

    entry.loop(n, body, max(lanes, 1))
    entry.finish()
    return module.text()


def emitter(name: str, kind: str) -> Emit:
    """The function of the table for numbers of this kind."""
    return UNSIGNED.get(name, FUNCTIONS[name]) if kind.startswith("u") else FUNCTIONS[name]


def rounds(processor: Processor) -> bool:
    """Whether it has instructions that round."""
    return processor.kind in ("avx2", "avx512")


@cache
def compiled(
    emit: Emit, kind: str, count: int, lanes: int, processor: Processor, result: str
) -> Callable[..., np.ndarray]:
    """A function of arrays of one length."""
    code = compile_object(text_of(emit, kind, count, lanes, rounds(processor)), processor)
    loaded = load(code, processor)
    pointers = [ctypes.c_void_p] * count
    entry = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, *pointers)(
        loaded.address("entry")
    )
    step = max(lanes, 1)

    def run(*arrays: np.ndarray) -> np.ndarray:
        assert loaded is not None  # and stays in memory
        size = arrays[0].size
        whole = -(-size // step) * step
        padded = [np.resize(one, whole) for one in arrays]
        y = np.empty(whole, result)
        entry(y.ctypes.data, whole, *[one.ctypes.data for one in padded])
        return y[:size]

    return run


def run(
    name: str, *arrays: np.ndarray, processor: Processor, lanes: int = 16, result: str = ""
) -> np.ndarray:
    """A function of the table, of arrays of one length and type."""
    kind = arrays[0].dtype.str[1:]
    is_truth = name.startswith(TRUTHS)
    found = compiled(
        emitter(name, kind),
        kind,
        len(arrays),
        lanes,
        processor,
        result or ("?" if is_truth else kind),
    )
    return found(*[np.ascontiguousarray(one) for one in arrays])
