"""Shorter forms of functions entry by entry: the same numbers, to the last bit and sign.

A rule is given the builder and the inputs, all of one shape and of the types that the function
takes, and returns an equal tensor or None.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from chainrule.run.native.tensors import Each, Join, Number, Tensor, View
from chainrule.run.native.views import are_apart
from chainrule.run.native.whole import compared

if TYPE_CHECKING:
    from chainrule.run.native.builder import Builder

__all__ = ["RULES", "value_of"]

Rule = Callable[..., Tensor | None]


def value_of(x: Tensor) -> Any:
    """The number that all entries are, in their own type; None where it is not known."""
    base = x.inputs[0] if isinstance(x.kind, View) else x
    return x.dtype.type(base.kind.value) if isinstance(base.kind, Number) else None


def _inner(x: Tensor, function: str) -> tuple[Tensor, ...] | None:
    """The inputs of a function, if x is one."""
    return x.inputs if isinstance(x.kind, Each) and x.kind.function == function else None


def _is_signed(x: Tensor) -> bool:
    return x.dtype.kind in "fi"


def _multiply(make: Builder, x: Tensor, y: Tensor) -> Tensor | None:
    for one, other in ((x, y), (y, x)):
        factor = value_of(one)
        if factor is None:
            continue
        if factor == 1:
            return other
        if factor == -1 and _is_signed(other):
            return make.each("negative", other)
        turned = _inner(other, "negative")
        if turned and other.dtype.kind == "f":
            return make.each("multiply", turned[0], -factor)
    a, b = _inner(x, "negative"), _inner(y, "negative")
    return make.each("multiply", a[0], b[0]) if a and b else None


def _negative(make: Builder, x: Tensor) -> Tensor | None:
    turned = _inner(x, "negative")
    if turned:
        return turned[0]
    if x.dtype.kind != "f":
        return None
    for function in ("multiply", "divide"):
        for at, one in enumerate(_inner(x, function) or ()):
            factor = value_of(one)
            if factor is not None:
                inputs: list[Any] = list(x.inputs)
                inputs[at] = -factor
                return make.each(function, *inputs)
    return None


def _add(make: Builder, x: Tensor, y: Tensor) -> Tensor | None:
    for one, other in ((x, y), (y, x)):
        term = value_of(one)
        if term is not None and term == 0:
            if one.dtype.kind != "f" or np.signbit(term):
                return other  # -0.0 + 0.0 is 0.0
            if one in (_inner(other, "add") or ()):
                return other  # which is the case already
        turned = _inner(one, "negative")
        if turned:
            return make.each("subtract", other, turned[0])
    return _joined(make, x, y)


def _joined(make: Builder, x: Tensor, y: Tensor) -> Tensor | None:
    """Parts put into zeros, each into zeros of its own, and added: parts put side by side."""
    if not isinstance(x.kind, Join) or not isinstance(y.kind, Join):
        return None
    if not x.kind.apart or not y.kind.apart:
        return None
    one, other = [
        [
            (part.shape, region.offset, region.strides)
            for part, region in zip(a.inputs, regions, strict=True)
        ]
        for a, regions in ((x, x.kind.regions), (y, y.kind.regions))
    ]
    if not all(are_apart(x.shape, here, there) for here in one for there in other):
        return None
    parts = [make.each("add", part, 0) for part in (*x.inputs, *y.inputs)]  # to zeros
    join = Join((*x.kind.regions, *y.kind.regions), apart=True)
    return make.tensor(join, tuple(parts), x.shape, x.dtype)


def _subtract(make: Builder, x: Tensor, y: Tensor) -> Tensor | None:
    term = value_of(y)
    if term is not None and term == 0 and not np.signbit(term):
        return x
    turned = _inner(y, "negative")
    return make.each("add", x, turned[0]) if turned else None


def _divide(make: Builder, x: Tensor, y: Tensor) -> Tensor | None:
    divisor = value_of(y)
    if divisor is None:
        return None
    if divisor == 1:
        return x
    if abs(math.frexp(divisor)[0]) == 0.5:  # a power of two, whose reciprocal is exact
        with np.errstate(all="ignore"):
            factor = 1 / divisor
        if factor and np.isfinite(factor):
            return make.each("multiply", x, factor)
    turned = _inner(x, "negative")
    return make.each("divide", turned[0], -divisor) if turned else None


def _power(make: Builder, x: Tensor, y: Tensor) -> Tensor | None:
    exponent = value_of(y)
    if exponent is None or exponent not in (0, 1, 2):
        return None
    if exponent == 0:
        return make.spread(make.number(1, x.dtype), x.shape)
    return x if exponent == 1 else make.each("multiply", x, x)


def _where(make: Builder, condition: Tensor, x: Tensor, y: Tensor) -> Tensor | None:
    known = value_of(condition)
    if x is y or known is not None:
        return x if x is y or known else y
    turned = _inner(condition, "logical_not")
    if turned and turned[0].dtype.kind == "b":
        return make.each("where", turned[0], y, x)
    a, b = _inner(x, "divide"), _inner(y, "divide")
    if a and b and a[1] is b[1]:  # one division for two
        return make.each("divide", make.each("where", condition, a[0], b[0]), a[1])
    return None


def _not(make: Builder, x: Tensor) -> Tensor | None:
    turned = _inner(x, "logical_not")
    return turned[0] if turned and turned[0].dtype.kind == "b" else None


def _absolute(make: Builder, x: Tensor) -> Tensor | None:
    turned = _inner(x, "negative")
    return make.each("absolute", turned[0]) if turned else None


def _extreme(function: str) -> Rule:
    """The larger or smaller of two whole numbers, where it is known which it is."""
    first = "greater_equal" if function == "maximum" else "less_equal"

    def rule(make: Builder, x: Tensor, y: Tensor) -> Tensor | None:
        a, b = make.known_of.span(x), make.known_of.span(y)
        if x is y:
            return x
        if a is None or b is None:
            return None
        return x if compared(first, a, b) else y if compared(first, b, a) else None

    return rule


def _comparison(function: str) -> Rule:
    """What comparisons of whole numbers come to where their ranges are apart."""

    def rule(make: Builder, x: Tensor, y: Tensor) -> Tensor | None:
        a, b = make.known_of.span(x), make.known_of.span(y)
        found = None if a is None or b is None else compared(function, a, b)
        return None if found is None else make.known(np.broadcast_to(found, x.shape))

    return rule


def _connective(neutral: bool) -> Rule:
    """`and` with what is true, `or` with what is false."""

    def rule(make: Builder, x: Tensor, y: Tensor) -> Tensor | None:
        for one, other in ((x, y), (y, x)):
            known = value_of(one)
            if known is not None and other.dtype.kind == "b" == one.dtype.kind:
                is_neutral = bool(known) == neutral
                return other if is_neutral else one
        return None

    return rule


RULES: dict[str, Rule] = {
    "add": _add,
    "subtract": _subtract,
    "multiply": _multiply,
    "divide": _divide,
    "negative": _negative,
    "positive": lambda make, x: x,
    "absolute": _absolute,
    "fabs": lambda make, x: make.each("absolute", x),
    "square": lambda make, x: make.each("multiply", x, x),
    "reciprocal": lambda make, x: make.each("divide", x.dtype.type(1), x),
    "power": _power,
    "where": _where,
    "logical_not": _not,
    "invert": lambda make, x: make.each("logical_not", x) if x.dtype.kind == "b" else None,
    "logical_and": _connective(True),
    "logical_or": _connective(False),
    "bitwise_and": _connective(True),
    "bitwise_or": _connective(False),
    **{name: _extreme(name) for name in ("maximum", "minimum")},
    **{
        name: _comparison(name)
        for name in ("less", "less_equal", "greater", "greater_equal", "equal", "not_equal")
    },
}
