"""NumPy's types as LLVM's: in memory a bool is a byte, 0 or 1; in registers one bit.

>>> import numpy as np
>>> llvm_type(np.dtype("f4")), llvm_type(np.dtype(bool)), memory_type(np.dtype(bool))
('float', 'i1', 'i8')
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from chainrule.run.native.functions import cast as converted
from chainrule.run.native.ssa import FLOATS, Function, Value, literal, scalar_of, vector_of

__all__ = ["cast", "constant", "from_memory", "is_float", "llvm_type", "memory_type", "to_memory"]


@cache
def llvm_type(dtype: np.dtype[Any]) -> str:
    """A number's type in registers."""
    if dtype.kind == "f":
        return {4: "float", 8: "double"}[dtype.itemsize]
    return "i1" if dtype.kind == "b" else f"i{8 * dtype.itemsize}"


@cache
def memory_type(dtype: np.dtype[Any]) -> str:
    """Its type in memory."""
    return "i8" if dtype.kind == "b" else llvm_type(dtype)


def is_float(type_: str) -> bool:
    """Whether the lanes are floating-point numbers."""
    return scalar_of(type_) in FLOATS


def constant(value: float | int | bool, dtype: np.dtype[Any], lanes: int = 0) -> Value:
    """A known number, in every lane."""
    return literal(value, vector_of(llvm_type(dtype), lanes))


def from_memory(function: Function, value: Value, dtype: np.dtype[Any]) -> Value:
    """What was loaded, as it is computed with: a bool's byte becomes a bit."""
    if dtype.kind != "b":
        return value
    return function.compare("ne", value, literal(0, value.type))


def to_memory(function: Function, value: Value) -> Value:
    """What is to be stored, as it stands in memory: a bool's bit becomes a byte."""
    return function.cast("zext", value, "i8") if scalar_of(value.type) == "i1" else value


def cast(function: Function, value: Value, before: np.dtype[Any], after: np.dtype[Any]) -> Value:
    """The value as a number of another type, as NumPy's `astype` has it."""
    if before == after:
        return value
    unsigned = before.kind == "u"
    return converted(function, value, llvm_type(after), unsigned, after.kind == "u")
