"""Native code called with NumPy arrays, in under two microseconds.

A native function is `entry(table, steps, thread)`: the table holds the addresses of its inputs, its
outputs and its working memory, in this order.
"""

from __future__ import annotations

import ctypes
import struct
import sys
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy import empty, ndarray

from chainrule.errors import DataProblem, DomainProblem, ShapeError
from chainrule.graph.node import Array
from chainrule.graph.record import Record
from chainrule.run.native.loader import Loaded
from chainrule.run.native.machine import NativeUnavailable

__all__ = [
    "OUTSIDE",
    "Caller",
    "Entry",
    "Memories",
    "Spec",
    "address_of",
    "aligned",
    "entry_point",
    "room_of",
]

OUTSIDE = "a computed index lies outside its array"

ALIGNMENT = 64  # a cache line, and the widest register
FLAG = 8  # bytes of working memory that say whether a computed place was outside its array
ONE, ZERO = ctypes.c_int64(1), ctypes.c_int64(0)

Entry = Callable[[bytes, ctypes.c_int64, ctypes.c_int64], None]

# Where the record of an array holds the address of its numbers: after what every object begins with
# (NumPy C API, PyArrayObject_fields).  Read there, it takes a tenth of the time of
# `array.ctypes.data`; `_check_records` sees that it is so.
POINTER = object.__basicsize__
_pointer_at = ctypes.c_size_t.from_address


class Spec(Record):
    """What an input or output is: its shape and its kind of number."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]


class Caller:
    """A native function as a Python function of arrays, which returns new arrays.

    `working` is how many bytes of working memory it needs, and `is_long` whether a call takes so
    long that other threads should run meanwhile.  If it `may_fail`, the working memory begins with
    a flag that says so.  Any number of threads may call it at once.

    Raises:
        DomainProblem: (when called) a computed place lies outside its array.
        DataProblem: (when called) another number of inputs than stated, or a kind of number that
            cannot be made the stated one without loss.
        ShapeError: (when called) an input has another shape than stated.
        NativeUnavailable: arrays do not lie in memory as NumPy documents it.
    """

    def __init__(
        self,
        loaded: Loaded,
        name: str,
        inputs: Sequence[Spec],
        outputs: Sequence[Spec],
        working: int = 0,
        is_long: bool = False,
        may_fail: bool = False,
    ) -> None:
        _check_records()
        self._loaded = loaded  # the code lives as long as this
        self._entry = entry_point(loaded, name, is_long)
        self._inputs = [(one.shape, np.dtype(one.dtype.type)) for one in inputs]
        self._outputs = [(one.shape, np.dtype(one.dtype.type)) for one in outputs]
        self._table = struct.Struct(f"{len(inputs) + len(outputs) + 1}P").pack
        self._working = working
        self._may_fail = may_fail
        self._idle: list[tuple[int, Array]] = []  # working memory that no call is using

    def __call__(self, *arrays: Any) -> list[Array]:
        """The outputs; an input that only lies differently in memory is copied."""
        results = self.attempt(*arrays)
        if results is None:
            results = self.attempt(*self._converted(arrays))
            assert results is not None
        return results

    def attempt(self, *arrays: Any) -> list[Array] | None:
        """The outputs; None where the inputs are not exactly what is expected.

        This is what a call costs: one flat function, without helpers.
        """
        if len(arrays) != len(self._inputs):
            return None
        addresses = []
        for array, (shape, dtype) in zip(arrays, self._inputs):  # noqa: B905 (equal, and slower)
            if type(array) is not ndarray or array.dtype is not dtype or array.shape != shape:
                return None
            flags = array.flags
            if not (flags.c_contiguous and flags.aligned):
                return None
            addresses.append(_pointer_at(id(array) + POINTER).value)
        results = []
        for shape, dtype in self._outputs:
            result = empty(shape, dtype)
            results.append(result)
            addresses.append(_pointer_at(id(result) + POINTER).value)
        idle = self._idle
        try:
            own = idle.pop()
        except IndexError:  # the first call, or another thread is within one
            own = self._new_memory()
        self._entry(self._table(*addresses, own[0]), ONE, ZERO)
        if self._may_fail and own[1][:FLAG].any():
            raise DomainProblem(OUTSIDE)
        idle.append(own)
        return results

    def _new_memory(self) -> tuple[int, Array]:
        memory = aligned(self._working)
        memory[:FLAG] = 0
        return address_of(memory), memory

    def _converted(self, given: tuple[Any, ...]) -> list[Array]:
        """The inputs as what is expected, each one block of memory."""
        if len(given) != len(self._inputs):
            raise DataProblem(f"{len(self._inputs)} arrays are expected, not {len(given)}")
        rows = zip(given, self._inputs, strict=True)
        return [
            _as_expected(array, shape, dtype, f"Input {number}")
            for number, (array, (shape, dtype)) in enumerate(rows, 1)
        ]


def entry_point(loaded: Loaded, name: str, is_long: bool) -> Entry:
    """A native function; its table is given as bytes, its numbers as `ctypes` values.

    A long one lets other threads of Python run meanwhile.  The code must be kept (`loaded`) for as
    long as it may be called.
    """
    kind = ctypes.CFUNCTYPE(None) if is_long else ctypes.PYFUNCTYPE(None)
    return kind(loaded.address(name))


def room_of(loaded: Loaded) -> int:
    """How many bytes of working memory the function `main` needs."""
    room: int = ctypes.PYFUNCTYPE(ctypes.c_int64)(loaded.address("room"))()
    return room


def aligned(size: int) -> Array:
    """So many bytes, beginning at a cache line."""
    memory = empty(size + ALIGNMENT, np.uint8)
    start = -address_of(memory) % ALIGNMENT
    return memory[start : start + size]


class Memories:
    """Working memory, as many pieces as there are calls at once."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._idle: list[Array] = []

    def take(self) -> Array:
        """A piece that no call is using."""
        try:
            return self._idle.pop()
        except IndexError:  # the first call, or another thread is within one
            return aligned(self._size)

    def give_back(self, memory: Array) -> None:
        """To be used again."""
        self._idle.append(memory)


def address_of(array: Array) -> int:
    """Where the numbers of an array begin."""
    _check_records()
    return _pointer_at(id(array) + POINTER).value


def _as_expected(given: Any, shape: tuple[int, ...], dtype: np.dtype[Any], name: str) -> Array:
    """An input as one block of the expected numbers.

    Python's own numbers and lists take the expected kind; an array only if it loses nothing.
    """
    is_numpys = isinstance(given, np.ndarray | np.generic)
    try:
        found = np.asarray(given, None if is_numpys else dtype)
    except (TypeError, ValueError, OverflowError) as problem:
        raise DataProblem(f"{name} is no array of numbers: {problem}") from None
    if found.shape != shape:
        raise ShapeError(f"{name} has shape {found.shape}; expected {shape}")
    if not np.can_cast(found.dtype, dtype, "safe"):
        raise DataProblem(f"{name} is of {found.dtype}; expected {dtype}")
    return np.require(found, dtype, ["C", "ALIGNED", "ENSUREARRAY"]).view(dtype)


@cache
def _check_records() -> None:
    """See that the address stands where NumPy's documentation says."""
    probe = empty(3)
    probes = (probe, probe[1:], empty((), np.float32))
    is_usual = sys.implementation.name == "cpython" and all(
        _pointer_at(id(one) + POINTER).value == one.__array_interface__["data"][0] for one in probes
    )
    if not is_usual:
        raise NativeUnavailable("Arrays do not lie in memory as NumPy documents it.")
