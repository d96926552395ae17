"""Programs in which NumPy computes something: machine code up to there, and on from there."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence

import numpy as np

from chainrule.errors import DomainProblem
from chainrule.graph.node import Array
from chainrule.run.native.calling import OUTSIDE, Entry, Memories, address_of, entry_point
from chainrule.run.native.entry import WORKING
from chainrule.run.native.kernels import Fallback
from chainrule.run.native.loader import Loaded
from chainrule.run.native.program import Program, segments_of

__all__ = ["Segments"]

ONE, ZERO = ctypes.c_int64(1), ctypes.c_int64(0)
NOTHING: Mapping[int, Array] = {}


class Segments:
    """One run of all kernels of a program, fallbacks among them, over given arrays.

    Any number of threads may run it at once.
    """

    def __init__(self, program: Program, loaded: Loaded, givens: int) -> None:
        self.program = program
        self.givens = givens
        self._loaded = loaded
        self._memories = Memories(WORKING + program.arena)
        self._parts: list[Fallback | Entry] = [
            kernels[0]
            if isinstance(kernels[0], Fallback)
            else entry_point(loaded, f"main{number}", False)
            for number, kernels in enumerate(segments_of(program))
        ]

    def run(
        self,
        givens: Mapping[int, Array],
        outputs: Sequence[Array],
        inside: Mapping[int, Array] = NOTHING,
    ) -> None:
        """Everything once; arrays by number, those `inside` are copied into the working memory.

        Raises:
            DomainProblem: a computed place lies outside its array.
        """
        program, working = self.program, self._memories.take()
        arrays: dict[int, Array] = dict(program.constants)
        for number, array in zip(program.outputs, outputs, strict=True):
            arrays.setdefault(number, array.reshape(-1))
        arrays |= {number: array.reshape(-1) for number, array in givens.items()}
        arrays |= {number: self._placed(number, working) for number in program.places}
        for number, array in inside.items():
            arrays[number][...] = array.reshape(-1)
        addresses = [  # nobody reads what is not there
            address_of(arrays[number]) if number in arrays else 0 for number in range(self.givens)
        ]
        addresses += [address_of(one) for one in (*outputs, working)]
        table = np.array(addresses, np.uintp).tobytes()
        working[:WORKING] = 0
        for part in self._parts:
            if isinstance(part, Fallback):
                self._fall_back(part, arrays)
            else:
                part(table, ONE, ZERO)
        if working[0]:
            raise DomainProblem(OUTSIDE)
        self._memories.give_back(working)

    def _placed(self, number: int, working: Array) -> Array:
        """A temporary array, where it lies in the working memory."""
        buffer = self.program.buffers[number]
        start = WORKING + self.program.places[number]
        held = working[start : start + buffer.size * buffer.dtype.itemsize]
        return held.view(buffer.dtype)

    def _fall_back(self, part: Fallback, arrays: Mapping[int, Array]) -> None:
        values = [arrays[buffer.number].reshape(shape) for buffer, shape in part.sources]
        with np.errstate(all="ignore"):
            found = part.opaque.evaluate(*values)
        arrays[part.target.number].reshape(part.shape)[...] = found
