"""Tensors as straight-line code: every array in registers, without loops and without memory.

An array is spread over registers by a partition.  Entry by entry, what stands side by side stays
so; where entries move or meet, the partition is taken by which the results are there first, or
with the fewest instructions.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.run.native.emit.layouts import Partition, along, places_of, standing, whole
from chainrule.run.native.emit.placing import joined, picked, scattered
from chainrule.run.native.emit.reductions import merge, place_type
from chainrule.run.native.emit.spots import Gatherer, Spot, known, spots_of
from chainrule.run.native.emit.timing import Timed
from chainrule.run.native.emit.types import cast, llvm_type
from chainrule.run.native.functions import FUNCTIONS, UNSIGNED, power_of_number
from chainrule.run.native.lengths import length_of
from chainrule.run.native.processor import Processor
from chainrule.run.native.ssa import SIZES, Value, lanes_of, literal, vector_of
from chainrule.run.native.tensors import (
    Counting,
    Each,
    Filled,
    Join,
    Number,
    Pick,
    Reduce,
    Scatter,
    Tensor,
    View,
)
from chainrule.run.native.tiny import is_product

__all__ = ["Straight"]

Spots = Sequence[Spot]
Write = Callable[[Sequence[Value]], Value]

PER_INSTRUCTION = 0.6  # cycles; more than it takes, as what is in pieces has to be joined later


class Straight:
    """Writes tensors into a function; `spots` are where the entries of one stand, row by row.

    `tensors` are all that will be written, inputs first.  `extent` is the length of the axes that
    lie along registers, 0 if that is open; `inverts` says that a division by a known number may be
    a multiplication.
    """

    def __init__(
        self,
        function: Timed,
        processor: Processor,
        tensors: Sequence[Tensor],
        outputs: Sequence[Tensor],
        extent: int = 0,
        inverts: bool = False,
    ) -> None:
        self.function = function
        self.gatherer = Gatherer(function)
        self.written: dict[Tensor, Spots] = {}
        self.failures: list[Value] = []  # i1: a computed place lies outside
        self._processor = processor
        self._tensors = tensors
        self._waiting = _parts_of_sums(tensors, outputs)
        self._extent = extent
        self._inverts = inverts

    def spots(self, tensor: Tensor) -> Spots:
        """Where the entries stand; what has not been written is written now."""
        found = self.written.get(tensor)
        if found is None:
            found = self.written[tensor] = self._new(tensor)
        return found

    def write(self) -> None:
        """Everything, without deep recursion."""
        for tensor in self._tensors:
            if tensor not in self._waiting:
                self.spots(tensor)

    def _new(self, tensor: Tensor) -> Spots:
        kind = tensor.kind
        if isinstance(kind, Number):
            return [known(kind.value)]
        if isinstance(kind, Filled):
            return [known(one) for one in kind.values.reshape(-1).tolist()]
        if isinstance(kind, Counting):
            return [known(at) for at in range(tensor.size)]
        if isinstance(kind, View):
            own = self.spots(tensor.inputs[0])
            return [own[at] for at in places_of(tensor.shape, kind.offset, kind.strides)]
        if isinstance(kind, Each):
            return self._each(tensor, kind.function)
        if isinstance(kind, Reduce):
            return self._reduced(tensor, kind.function)
        if isinstance(kind, Join):
            return joined(self, tensor, kind)
        if isinstance(kind, Pick):
            return picked(self, tensor, kind)
        assert isinstance(kind, Scatter), kind
        return scattered(self, tensor, kind)

    # Entry by entry.

    def _each(self, tensor: Tensor, name: str) -> Spots:
        first, last = tensor.inputs[0], tensor.inputs[-1]
        if name == "add":
            for one, other in ((last, first), (first, last)):
                if one in self._waiting and one not in self.written:
                    return self._product(one, self.spots(other))
        columns = [self.spots(one) for one in tensor.inputs]
        dtypes = [one.dtype for one in tensor.inputs]
        write = self._writer(name, tensor, columns[-1])
        return self.entrywise(columns, dtypes, write, tensor.shape, length_of(name))

    def _writer(self, name: str, tensor: Tensor, last: Spots) -> Write:
        function, inputs = self.function, tensor.inputs
        if name == "cast":
            return lambda values: cast(function, values[0], inputs[0].dtype, tensor.dtype)
        number = last[0].number if len(set(last)) == 1 and last[0].register is None else None
        if number is not None and tensor.dtype.kind == "f":
            if name == "power":
                return lambda values: power_of_number(function, values[0], float(number))
            if name == "divide" and self._inverts and _has_inverse(number, tensor.dtype):
                return lambda values: function.mul(values[0], literal(1 / number, values[0].type))
        is_unsigned = inputs[0].dtype.kind == "u" and name in UNSIGNED
        emit = (UNSIGNED if is_unsigned else FUNCTIONS)[name]
        return lambda values: emit(function, *values)

    def entrywise(
        self,
        columns: Sequence[Spots],
        dtypes: Sequence[np.dtype[Any]],
        write: Write,
        shape: tuple[int, ...],
        length: int = 1,
    ) -> Spots:
        """What `write` makes of entries side by side; of equal rows of the columns but once."""
        rows = list(zip(*columns, strict=True))
        unique = list(dict.fromkeys(rows))
        sides = [[row[at] for row in unique] for at in range(len(columns))]
        types = [llvm_type(one) for one in dtypes]
        own = shape if len(unique) == len(rows) else (len(unique),)
        results: dict[tuple[Spot, ...], Spot] = {}
        for part in self._best(sides, types, own, length):
            values = [
                self.gatherer.gathered([side[at] for at in part], type_)
                for side, type_ in zip(sides, types, strict=True)
            ]
            made = spots_of(write(values))
            results.update((unique[at], spot) for at, spot in zip(part, made, strict=False))
        return [results[row] for row in rows]

    # Partitions.

    def _best(
        self, sides: Sequence[Spots], types: Sequence[str], shape: tuple[int, ...], length: int
    ) -> Partition:
        """The partition by which the results are there first, or with the fewest instructions."""
        count = len(sides[0])
        if count == 1:
            return ((0,),)
        widest = min([self._processor.vector_bytes // max(SIZES[one], 4) for one in types])
        options = [along(axis, shape, widest) for axis, n in enumerate(shape) if n == self._extent]
        if not options:
            options = [whole(count, widest), *[standing(side, widest) for side in sides[:4]]]
            if not self._extent:
                options += [along(axis, shape, widest) for axis, n in enumerate(shape) if n > 1]
        best, least = options[0], math.inf
        distinct = dict.fromkeys(options)
        for option in distinct if len(distinct) > 1 else ():
            price = self._price(option, sides, types, length, least)
            if price < least:
                best, least = option, price
        return best

    def _price(
        self,
        partition: Partition,
        sides: Sequence[Spots],
        types: Sequence[str],
        length: int,
        limit: float,
    ) -> float:
        """Cycles; from the limit on it does not matter how many."""
        last, count = 0.0, length * len(partition)
        for side, type_ in zip(sides, types, strict=True):
            for part in partition:
                ready, more = self.gatherer.price([side[at] for at in part], type_)
                last, count = max(last, ready), count + more
            if last + PER_INSTRUCTION * count >= limit:
                return limit
        return last + PER_INSTRUCTION * count

    # Along axes.

    def _reduced(self, tensor: Tensor, name: str) -> Spots:
        if is_product(tensor):
            return self._product(tensor)
        own = self.spots(tensor.inputs[0])
        slices = [[own[at] for at in row] for row in _slices(tensor)]
        if name.startswith("arg"):
            return self._first_place(tensor, slices, name)
        return self.merged(name, slices, tensor.inputs[0].dtype, tensor.shape)

    def merged(
        self, name: str, slices: Sequence[Spots], dtype: np.dtype[Any], shape: tuple[int, ...]
    ) -> Spots:
        """The slices' entries joined: "sum", "max" and the others."""
        function = self.function

        def write(values: Sequence[Value]) -> Value:
            found: Value = _tree(values, lambda a, b: merge(function, name, dtype, (a,), (b,))[0])
            return found

        return self.entrywise(slices, [dtype] * len(slices), write, shape, len(slices))

    def _first_place(self, tensor: Tensor, slices: Sequence[Spots], name: str) -> Spots:
        dtype, function = tensor.inputs[0].dtype, self.function
        whole_type = place_type(len(slices))

        def write(values: Sequence[Value]) -> Value:
            places = vector_of(whole_type, lanes_of(values[0].type))
            pairs = [(value, literal(at, places)) for at, value in enumerate(values)]
            best: Value = _tree(pairs, lambda a, b: merge(function, name, dtype, a, b))[1]
            return function.cast("sext", best, "i64") if whole_type == "i32" else best

        return self.entrywise(slices, [dtype] * len(slices), write, tensor.shape, 4 * len(slices))

    def _product(self, tensor: Tensor, start: Spots | None = None) -> Spots:
        """Sums of products, which are not written one by one; added to `start`, if there is one."""
        (source,) = tensor.inputs
        left, right = (self.spots(one) for one in source.inputs)
        slices = _slices(tensor)
        columns: list[Spots] = []
        for row in slices:
            columns += [[left[at] for at in row], [right[at] for at in row]]
        if start is not None:
            columns.append(start)

        def write(values: Sequence[Value]) -> Value:
            pairs = list(zip(values[0 : 2 * len(slices) : 2], values[1::2], strict=False))
            return self._dot(pairs, values[-1] if start is not None else None)

        dtypes = [source.dtype] * len(columns)
        return self.entrywise(columns, dtypes, write, tensor.shape, len(slices))

    def _dot(self, pairs: Sequence[tuple[Value, Value]], start: Value | None) -> Value:
        """The sum of products: chains of two, the last of three if they are odd, then a tree."""
        function, sums = self.function, []
        chains = max(len(pairs) // 2, 1)
        for chain in range(chains):
            stop = len(pairs) if chain == chains - 1 else 2 * chain + 2
            total = None if chain else start
            for a, b in pairs[2 * chain : stop]:
                product = function.mul(a, b)
                total = product if total is None else function.add(product, total)
            sums.append(total)
        found: Value = _tree(sums, function.add)
        return found


def _parts_of_sums(tensors: Sequence[Tensor], outputs: Sequence[Tensor]) -> frozenset[Tensor]:
    """What is better written with the sum that alone reads it: products, sums of them."""
    uses = Counter([*outputs, *[one for tensor in tensors for one in tensor.inputs]])
    found: list[Tensor] = []
    for tensor in tensors:
        if is_product(tensor):
            found += tensor.inputs
        elif isinstance(tensor.kind, Each) and tensor.kind.function == "add":
            found += [one for one in tensor.inputs if is_product(one)]
    return frozenset(one for one in found if uses[one] == 1)


def _has_inverse(number: float, dtype: np.dtype[Any]) -> bool:
    """Whether 1 / number is an ordinary number, so that its product differs in the last place."""
    limits = np.finfo(dtype)
    return bool(limits.tiny <= abs(number) and abs(number) * limits.tiny <= 1)


def _slices(tensor: Tensor) -> list[list[int]]:
    """The input's entries by number: each slice has one for each result, to be joined."""
    (source,), kind = tensor.inputs, tensor.kind
    assert isinstance(kind, Reduce)
    kept = [axis for axis in range(len(source.shape)) if axis not in kind.axes]
    numbers = np.arange(source.size).reshape(source.shape).transpose([*kept, *kind.axes])
    slices: list[list[int]] = numbers.reshape(tensor.size, -1).T.tolist()
    return slices


def _tree(values: Sequence[Any], join: Callable[[Any, Any], Any]) -> Any:
    """All joined, neighbours first."""
    while len(values) > 1:
        pairs = zip(values[0::2], values[1::2], strict=False)
        values = [*[join(a, b) for a, b in pairs], *values[len(values) & ~1 :]]
    return values[0]
