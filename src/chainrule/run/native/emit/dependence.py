"""What expressions depend on, which of them are equal, and all that there are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from chainrule.run.native.kernels import (
    Apply,
    Copied,
    Expression,
    Index,
    Literal,
    Load,
    LoadAt,
    Reduced,
    Stage,
)

__all__ = ["AXES", "COPIED", "REDUCED", "Dependence", "axes_in", "everything", "parts_of"]

# A bit for each axis, and one each for sums, copies, and what is stored to meanwhile.
AXES = (1 << 40) - 1
REDUCED, COPIED, CHANGING = 1 << 40, 1 << 41, 1 << 42


class Dependence:
    """For each expression a mask of what it depends on, and a number that equal ones share.

    `written` are the numbers of the buffers that are stored to meanwhile; `changing` collects the
    numbers of the expressions that read them.

    >>> import numpy as np
    >>> known, whole = Dependence(), np.dtype(np.int64)
    >>> twice = [Apply(whole, "negative", (Index(whole, 3),)) for _ in range(2)]
    >>> [known.mask(one) for one in twice], known.number(twice[0]) == known.number(twice[1])
    ([8, 8], True)
    """

    def __init__(self, written: Iterable[int] = ()) -> None:
        self.changing: set[int] = set()
        self._written = frozenset(written)
        self._found: dict[int, tuple[int, int, Expression]] = {}  # kept, so that its id is its own
        self._numbers: dict[Any, int] = {}

    def mask(self, expression: Expression) -> int:
        """A bit for each axis, and for sums, copies and what is stored to meanwhile."""
        return self._known(expression)[1]

    def number(self, expression: Expression) -> int:
        """The same for equal expressions."""
        return self._known(expression)[0]

    def _known(self, expression: Expression) -> tuple[int, int, Expression]:
        found = self._found.get(id(expression))
        if found is None:
            parts = parts_of(expression)
            own = type(expression), expression.dtype, _own(expression)
            key = (*own, *[self.number(one) for one in parts])
            mask = self._own_mask(expression)
            for part in parts:
                mask |= self.mask(part)
            number = self._numbers.setdefault(key, len(self._numbers))
            if mask & CHANGING:
                self.changing.add(number)
            found = self._found[id(expression)] = number, mask, expression
        return found

    def _own_mask(self, expression: Expression) -> int:
        if isinstance(expression, Load | LoadAt):
            access = expression.access
            changing = CHANGING if access.buffer.number in self._written else 0
            return changing | sum(1 << axis for axis, step in enumerate(access.strides) if step)
        if isinstance(expression, Index):
            return 1 << expression.axis
        if isinstance(expression, Reduced):
            return REDUCED
        return COPIED if isinstance(expression, Copied) else 0


def parts_of(expression: Expression) -> tuple[Expression, ...]:
    """The expressions that it is made of."""
    if isinstance(expression, Apply):
        return expression.arguments
    return (expression.place,) if isinstance(expression, LoadAt) else ()


def axes_in(mask: int) -> set[int]:
    """The axes whose bits are set.

    >>> axes_in(0b1101)
    {0, 2, 3}
    """
    return {axis for axis in range((mask & AXES).bit_length()) if mask >> axis & 1}


def everything(stages: Sequence[Stage]) -> list[Expression]:
    """All expressions of some stages, each object once, parts before what is made of them."""
    found: dict[int, Expression] = {}

    def collect(expression: Expression) -> None:
        if id(expression) not in found:
            for part in parts_of(expression):
                collect(part)
            found[id(expression)] = expression

    for stage in stages:
        for root in _roots(stage):
            collect(root)
    return list(found.values())


def _roots(stage: Stage) -> Iterator[Expression]:
    yield from (one.value for one in stage.reductions)
    for store in stage.stores:
        yield store.value
        if store.place is not None:
            yield store.place


def _own(expression: Expression) -> Any:
    """What tells an expression from others of its kind, but for its parts."""
    if isinstance(expression, Apply):
        return expression.function
    if isinstance(expression, LoadAt):
        return (expression.access, expression.stride, expression.length)
    if isinstance(expression, Literal):
        return repr(expression.value)  # 0.0 is not -0.0
    return expression.key()[1:]
