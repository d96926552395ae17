"""Kernels written, compiled and called on arrays between guards."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from chainrule.run.native.kernels import Nest, Product, buffers_of
from chainrule.run.native.machine import compile_object, load_with_llvm
from chainrule.run.native.processor import AVX2, AVX512, BASELINE, Processor, detect
from chainrule.run.native.ssa import Module

Array = np.ndarray[Any, Any]
Emit = Callable[[Module, str, Any, Processor], int]

KERNEL = ctypes.CFUNCTYPE(
    None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64
)  # see `emit`
GUARD = 64  # bytes before and after each array
PATTERN = 0xA5

PROCESSORS = [one for one in (AVX512, AVX2, BASELINE) if one.vector_bytes <= detect().vector_bytes]
on_every_processor = pytest.mark.parametrize("processor", PROCESSORS, ids=lambda one: one.kind)


class Compiled:
    """A kernel as machine code; called with its buffers by number."""

    def __init__(self, emit: Emit, kernel: Nest | Product, processor: Processor) -> None:
        module = Module(rounds=processor.kind != "baseline")
        self.units = emit(module, "kernel", kernel, processor)
        self.text = module.text()
        self.numbers = sorted(buffer.number for buffer in buffers_of(kernel))
        self._engine = load_with_llvm(compile_object(self.text, processor), processor)
        self._function = KERNEL(self._engine.get_function_address("kernel"))

    def __call__(
        self, buffers: Mapping[int, Array], splits: Sequence[int] = ()
    ) -> tuple[dict[int, Array], bool]:
        """The buffers afterwards, and whether a place was out of range; the given ones stay.

        `splits` are the units between which the work is split into several calls.
        """
        guarded = {number: Guarded(array) for number, array in buffers.items()}
        failed = False
        addresses = [guarded[number].array.ctypes.data for number in self.numbers]
        stops = [*sorted(splits), self.units]
        for low, high in zip([0, *stops], stops, strict=False):
            failed |= self.do(addresses, low, high)
        for number, one in guarded.items():
            assert one.is_whole(), f"buffer {number}: written outside of it"
        return {number: one.array for number, one in guarded.items()}, failed

    def do(self, addresses: Sequence[int], low: int, high: int) -> bool:
        """Some units on buffers at these addresses; whether a place was out of range."""
        errors, table = np.zeros(1, np.int64), np.array(addresses, np.uintp)
        self._function(errors.ctypes.data, table.ctypes.data, low, high)
        return bool(errors[0])


class Guarded:
    """A copy of an array, and bytes around it that nobody may write."""

    def __init__(self, array: Array) -> None:
        size = array.nbytes
        self._memory = np.full(size + 2 * GUARD, PATTERN, np.uint8)
        self._inside = slice(GUARD, GUARD + size)
        self.array = self._memory[self._inside].view(array.dtype).reshape(array.shape)
        self.array[...] = array

    def is_whole(self) -> bool:
        before, after = self._memory[:GUARD], self._memory[self._inside.stop :]
        return bool((before == PATTERN).all() and (after == PATTERN).all())
