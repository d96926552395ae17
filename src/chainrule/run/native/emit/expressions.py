"""Expressions at a point of the index space, or at several neighbours at once: one in each lane.

An `Emission` remembers what it has computed: parts that are equal are computed once, and what does
not change in a loop is computed before it (`hoist`).

>>> import numpy as np
>>> from chainrule.run.native.kernels import Buffer
>>> from chainrule.run.native.processor import AVX512
>>> from chainrule.run.native.ssa import Module
>>> single = np.dtype("f4")
>>> x = Load(single, Access(Buffer(0, 64, single), 0, (1,)))
>>> square = Apply(single, "multiply", (x, x))
>>> module = Module()
>>> function = module.function("square", [("ptr", "errors"), ("ptr", "b0"), ("ptr", "b1")])
>>> errors, *buffers = function.parameters
>>> emission = Emission(function, AVX512, dict(enumerate(buffers)), errors)
>>> with emission.strip(Strip(0, 16, 16)):
...     emission.store([Store(Access(Buffer(1, 64, single), 0, (1,)), square)])
>>> function.finish()
>>> module.text().count("load <16 x float>")
1
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np

from chainrule.graph.record import Record
from chainrule.run.native.emit.addresses import Addresses
from chainrule.run.native.emit.dependence import COPIED, REDUCED, Dependence, parts_of
from chainrule.run.native.emit.memory import counted, gathered, load_lanes, mask_of, store_lanes
from chainrule.run.native.emit.types import cast, constant, from_memory, memory_type, to_memory
from chainrule.run.native.functions import FUNCTIONS, UNSIGNED, power_of_number
from chainrule.run.native.functions.lanes import Lanes
from chainrule.run.native.functions.truth import any_lane
from chainrule.run.native.kernels import (
    Access,
    Apply,
    Copied,
    Expression,
    Index,
    Literal,
    Load,
    LoadAt,
    Reduced,
    Store,
)
from chainrule.run.native.processor import Processor
from chainrule.run.native.ssa import Function, Value, lanes_of, literal

__all__ = ["Emission", "Strip"]

WHOLE = np.dtype(np.int64)
Key = tuple[int | str, ...]


class Strip(Record):
    """Neighbours along an axis, one in each lane; lanes from `active` on mean nothing."""

    axis: int
    lanes: int
    active: int


class Emission:
    """Writes expressions into a function.

    `buffers` are the addresses of the kernel's buffers by number, `errors` that of the flag for
    places out of range; `written` are the numbers of the buffers that the kernel stores to.
    """

    def __init__(
        self,
        function: Function,
        processor: Processor,
        buffers: Mapping[int, Value],
        errors: Value,
        written: Iterable[int] = (),
    ) -> None:
        self.function = function
        self.processor = processor
        self.addresses = Addresses(function, buffers)
        self.errors = errors
        self.dependence = Dependence(written)
        self.across: Strip | None = None
        self.reduced: list[Value] = []
        self.copied: Value | None = None
        self._varying = 0
        self._known: list[dict[Key, Value]] = [{}]
        self._stored: list[tuple[int, int, Key, Value]] = []  # scope, buffer, what is there now

    # Where we are.

    @contextmanager
    def strip(self, strip: Strip | None) -> Iterator[None]:
        """Inside, values are of these lanes; of one number without a strip."""
        before = self.across, self._varying
        self.across = strip
        self._varying = 0 if strip is None else 1 << strip.axis | COPIED
        if any(lanes_of(one.type) for one in self.reduced):
            self._varying |= REDUCED
        try:
            yield
        finally:
            self.across, self._varying = before

    @contextmanager
    def at(self, indexes: Mapping[int, Value], copied: Value | None = None) -> Iterator[None]:
        """Inside, we are at these places along these axes; what is found is forgotten after."""
        before = self.copied
        self.copied = before if copied is None else copied
        self._known.append({})
        try:
            with self.addresses.at(indexes):
                yield
        finally:
            self.copied = before
            self._known.pop()

    # Values.

    def value(self, expression: Expression) -> Value:
        """In the lanes of the strip, or one number without."""
        strip = self.across
        number = self.dependence.number(expression)
        key: Key = (number, strip.lanes, strip.active) if strip else (number,)
        found = self._find(key)
        if found is not None:
            return found
        if isinstance(expression, Literal):
            found = constant(expression.value, expression.dtype, strip.lanes if strip else 0)
        elif strip and not self._varies(expression):
            with self.strip(None):
                found = self.value(expression)
            found = self.function.splat(found, strip.lanes)
        else:
            found = self._written(expression)
        self._known[-1][key] = found
        return found

    def hoist(self, expressions: Iterable[Expression], known: int) -> None:
        """Computes now what depends on no more than a mask says, so that loops need not."""
        waiting, seen = list(expressions), set[int]()
        while waiting:
            expression = waiting.pop()
            if id(expression) in seen or isinstance(expression, Literal):
                continue
            seen.add(id(expression))
            if self._is_within(expression, known):
                self.value(expression)
                continue
            if isinstance(expression, Load | LoadAt):
                self.addresses.hoist(expression.access, known)
            if isinstance(expression, LoadAt) and self._is_within(expression.place, known):
                self._place(expression.place, expression.length)
            else:
                waiting += parts_of(expression)

    def forget_changing(self) -> None:
        """After stores: what was loaded has to be loaded again, but for what was stored here."""
        for scope in self._known:
            for key in [key for key in scope if key[0] in self.dependence.changing]:
                del scope[key]
        buffers = [buffer for _, buffer, _, _ in self._stored]
        for depth, buffer, key, value in self._stored:
            if depth == len(self._known) and buffers.count(buffer) == 1:
                self._known[-1][key] = value
        self._stored = []

    def _find(self, key: Key) -> Value | None:
        return next((one[key] for one in reversed(self._known) if key in one), None)

    def _varies(self, expression: Expression) -> bool:
        """Whether the lanes differ."""
        return bool(self.dependence.mask(expression) & self._varying)

    def _is_within(self, expression: Expression, known: int) -> bool:
        return not self.dependence.mask(expression) & ~known

    # The kinds of expressions.

    def _written(self, expression: Expression) -> Value:
        if isinstance(expression, Apply):
            return self._applied(expression)
        if isinstance(expression, Load):
            return self._loaded(expression.access, self.addresses.of(expression.access))
        if isinstance(expression, LoadAt):
            return self._loaded_at(expression)
        if isinstance(expression, Reduced):
            return self.reduced[expression.number]
        if isinstance(expression, Copied):
            assert self.copied is not None
            return self.copied
        assert isinstance(expression, Index)
        return self._index(expression)

    def _applied(self, expression: Apply) -> Value:
        name, arguments = expression.function, expression.arguments
        first, last = arguments[0], arguments[-1]
        if name == "power" and isinstance(last, Literal) and first.dtype.kind == "f":
            return power_of_number(self.function, self.value(first), float(last.value))
        values = [self.value(one) for one in arguments]
        if name == "cast":
            return cast(self.function, values[0], first.dtype, expression.dtype)
        table = UNSIGNED if first.dtype.kind == "u" and name in UNSIGNED else FUNCTIONS
        return table[name](self.function, *values)

    def _index(self, expression: Index) -> Value:
        here = self.addresses.indexes.get(expression.axis, literal(0, "i64"))
        strip = self.across
        if strip is not None and strip.axis == expression.axis:
            first = self.function.splat(here, strip.lanes)
            here = self.function.add(first, counted("i64", strip.lanes))
        return cast(self.function, here, WHOLE, expression.dtype)

    def _loaded(self, access: Access, pointer: Value) -> Value:
        dtype, strip = access.buffer.dtype, self.across
        scalar = memory_type(dtype)
        if strip is None:
            found = self.function.load(scalar, pointer)
        else:
            step = access.strides[strip.axis]
            found = load_lanes(self.function, pointer, scalar, strip.lanes, strip.active, step)
        return from_memory(self.function, found, dtype)

    # Computed places.

    def _loaded_at(self, expression: LoadAt) -> Value:
        access, stride = expression.access, expression.stride
        place, _ = self._place(expression.place, expression.length)
        if lanes_of(place.type):
            return self._gathered(access, place, stride)
        return self._loaded_or_splat(access, self.addresses.after(access, place, stride))

    def _gathered(self, access: Access, places: Value, stride: int) -> Value:
        strip = self.across
        assert strip is not None
        dtype, step = access.buffer.dtype, access.strides[strip.axis]
        offsets = self.addresses.times(places, stride)
        if step:
            offsets = self.function.add(offsets, counted("i64", strip.lanes, step))
        start = self.addresses.of(access)
        found = gathered(self.function, start, memory_type(dtype), offsets, strip.active)
        return from_memory(self.function, found, dtype)

    def _loaded_or_splat(self, access: Access, pointer: Value) -> Value:
        strip = self.across
        if strip is None or access.strides[strip.axis]:
            return self._loaded(access, pointer)
        with self.strip(None):
            found = self._loaded(access, pointer)
        return self.function.splat(found, strip.lanes)

    def _place(self, expression: Expression, length: int) -> tuple[Value, Value]:
        """A computed place, 0 if it is out of range, which is marked; and whether it is not."""
        strip = self.across if self._varies(expression) else None
        shape = (strip.lanes, strip.active) if strip else ()
        keys: list[Key] = [
            (self.dependence.number(expression), *shape, length, part) for part in ("at", "inside")
        ]
        place, is_inside = (self._find(key) for key in keys)
        if place is None or is_inside is None:
            with self.strip(strip):
                place, is_inside = self._checked(expression, length)
            self._known[-1] |= {keys[0]: place, keys[1]: is_inside}
        return place, is_inside

    def _checked(self, expression: Expression, length: int) -> tuple[Value, Value]:
        function, strip = self.function, self.across
        place = cast(function, self.value(expression), expression.dtype, WHOLE)
        inside = function.compare("ult", place, literal(length, place.type))
        outside = function.bits("xor", inside, literal(1, inside.type))
        if strip is not None and strip.active < strip.lanes:
            outside = function.bits("and", outside, mask_of(strip.lanes, strip.active))
        some = any_lane(Lanes(function, outside))
        function.when(some, lambda: function.store(literal(1, "i64"), self.errors))
        return function.select(inside, place, literal(0, place.type)), inside

    # Stores.

    def store(self, stores: Sequence[Store]) -> None:
        """All values are computed, then stored one after the other."""
        values = [self.value(store.value) for store in stores]
        places = [
            None if store.place is None else self._place(store.place, store.length)
            for store in stores
        ]
        for store, value, place in zip(stores, values, places, strict=True):
            if place is None:
                self._put(store, value, self.addresses.of(store.access))
                self._remember(store, value)
            else:
                self._put_at(store, value, *place)

    def _remember(self, store: Store, value: Value) -> None:
        """What a load would find from now on: memory takes long to give back what it just got."""
        strip, access = self.across, store.access
        if not store.adding and (strip is None or access.strides[strip.axis]):
            number = self.dependence.number(Load(access.buffer.dtype, access))
            key: Key = (number, strip.lanes, strip.active) if strip else (number,)
            self._stored.append((len(self._known), access.buffer.number, key, value))

    def _put_at(self, store: Store, value: Value, place: Value, is_inside: Value) -> None:
        def put() -> None:
            self._put(store, value, self.addresses.after(store.access, place, store.stride))

        self.function.when(is_inside, put)

    def _put(self, store: Store, value: Value, pointer: Value) -> None:
        strip = self.across
        if store.adding:
            old = self._loaded(store.access, pointer)
            value = FUNCTIONS["add"](self.function, old, value)
        value = to_memory(self.function, value)
        if strip is None:
            self.function.store(value, pointer)
            return
        step = store.access.strides[strip.axis]
        store_lanes(self.function, value, pointer, strip.active, step)
