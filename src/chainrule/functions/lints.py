"""Warnings about gradients that are right and yet unlikely to be meant, with the user's line.

Each lint looks at one step of the user's function and says which numbers it needs; all of them
are looked at once, when a function is first run for a signature.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from chainrule.errors import ChainruleError, GradientWarning
from chainrule.functions.looking import values_at
from chainrule.graph.callers import users_frame
from chainrule.graph.facts import Fact, decide, refutation, word
from chainrule.graph.node import Array, Node, topological
from chainrule.graph.record import Record
from chainrule.jacobians.kinds import Diagonal
from chainrule.ops.activation import Sigmoid, Tanh
from chainrule.ops.arithmetic import Add, Divide, PowerOf
from chainrule.ops.assuming import Assumed, facts_named
from chainrule.ops.broadcasting import literal
from chainrule.ops.choice import Where
from chainrule.ops.contract import Elementwise, edges
from chainrule.ops.elementary import Exp, Log, Sqrt
from chainrule.ops.normalizing import Softmax
from chainrule.ops.norms import Norm
from chainrule.trace.recorder import Place
from chainrule.trace.tracer import Trace

__all__ = ["LINTS", "Lint", "found_in", "warn", "warn_of_missing_path"]

AWAY_FROM_ZERO = (Fact.POSITIVE, Fact.NEGATIVE, Fact.NONZERO)
MOST_STEPS = 100  # of a branch: what many of them share would be looked at again for each
SATURATED = 1e-12  # a slope below this passes nothing on
_shown: dict[
    str | tuple[str, type[Warning], int], int
] = {}  # Python's own record of which warnings were shown


class Lint(Record):
    """Something to look at in a step: which numbers it takes, and what they say.

    `say` returns the warning, or "" if all is well.
    """

    needs: tuple[Node, ...]
    say: Callable[..., str]


def _guarded(traced: Trace) -> frozenset[Node]:
    """The steps that make up branches of `where`: their slopes are judged there."""
    return frozenset(
        inner
        for node in traced.places
        if isinstance(node.operation, Where)
        for branch in node.inputs[1:]
        for inner in _steps_within(branch)
    )


def found_in(
    traced: Trace, values: Sequence[Array], wrt: Sequence[Node]
) -> list[tuple[Place, str]]:
    """What there is to warn of in a traced function at these values of its inputs.

    Steps that do not depend on what is differentiated by, `wrt`, are left alone.
    """
    guarded = _guarded(traced)
    moving = set(wrt)
    for node in topological(list(traced.places)):
        if any(lower in moving for lower in node.inputs):
            moving.add(node)
    looked_at = [
        (place, lint)
        for node, place in traced.places.items()
        if node in moving
        for look in LINTS
        if not (look is _at_zero and node in guarded)
        for lint in look(node)
    ]
    needed = list(dict.fromkeys(node for _, lint in looked_at for node in lint.needs))
    if not needed:
        return []
    try:
        known = values_at(traced, values, needed)
    except (ChainruleError, MemoryError):  # the call itself says what is wrong
        return []
    looked_at = [each for each in looked_at if known.keys() >= set(each[1].needs)]
    with np.errstate(all="ignore"):
        said = [
            (place, lint.say(*[known[node] for node in lint.needs])) for place, lint in looked_at
        ]
    return sorted({one for one in said if one[1]}, key=lambda one: (one[0].path, one[0].line))


def warn(found: Sequence[tuple[Place, str]]) -> None:
    """Warn at the user's own lines."""
    for place, message in found:
        _warn(message, place.code.co_filename, place.line)


def _warn(message: str, path: str, line: int) -> None:
    """Warn at a line of the user's; by default Python shows the same warning once."""
    warnings.warn_explicit(message, GradientWarning, path, line, registry=_shown)


def warn_of_missing_path(names: Sequence[str], function: Callable[..., Any]) -> None:
    """Warn, at the function's definition, of parameters that the result does not depend on."""
    code = getattr(function, "__code__", None)
    frame = users_frame()
    for name in names:
        message = f"the result does not depend on {name}: its gradient is zero everywhere"
        if code is not None:
            path, line = code.co_filename, code.co_firstlineno
        else:
            path, line = (frame.f_code.co_filename, frame.f_lineno) if frame else ("<unknown>", 1)
        _warn(message, path, line)


def _places_of(mask: Array) -> str:
    """Where a condition holds: "at [2]", "at [2] and 3 other entries"; for a number, nothing."""
    where = np.argwhere(mask)
    if mask.ndim == 0:
        return ""
    others = f" and {len(where) - 1} other entries" if len(where) > 1 else ""
    return f" at [{', '.join(map(str, where[0]))}]{others}"


def _at_zero(node: Node) -> Iterator[Lint]:
    """√x, log x and fractional powers where the slope is infinite; a norm of zeros."""
    operation = node.operation
    if isinstance(operation, Sqrt | Log) or (
        isinstance(operation, PowerOf) and 0 < operation.exponent < 1
    ):
        assumed = node.inputs[0].operation
        if isinstance(assumed, Assumed) and not assumed.stated.isdisjoint(AWAY_FROM_ZERO):
            return
        name = {Sqrt: "the root", Log: "the logarithm"}.get(type(operation), "the power")

        def say(x: Array) -> str:
            zero = x == 0
            if not zero.any():
                return ""
            return f"{name} is taken of 0{_places_of(zero)}: its slope there is infinite"

        yield Lint((node.inputs[0],), say)
    if isinstance(operation, Norm):

        def say_norm(y: Array) -> str:
            zero = y == 0
            if not zero.any():
                return ""
            where = _places_of(zero)
            return (
                f"the norm is 0{where}, where it has no slope: 0 is taken, and second derivatives "
                "are not to be relied on"
            )

        yield Lint((node,), say_norm)


def _saturated(node: Node) -> Iterator[Lint]:
    """Activations that pass nothing on."""
    slope = _slope_of(node)
    if slope is None:
        return

    def say(y: Array) -> str:
        dead = slope(y) < SATURATED
        if isinstance(node.operation, Softmax):  # where more than one entry is left to choose from
            rows = dead.all(axis=-1, keepdims=True) & ((y > 0).sum(axis=-1, keepdims=True) > 1)
            dead &= rows
        if not dead.any():
            return ""
        return (
            f"the activation is saturated{_places_of(dead)}: its slope is below {SATURATED:g}, and "
            "nothing is learnt through it"
        )

    yield Lint((node,), say)


def _slope_of(node: Node) -> Callable[[Array], Array] | None:
    """The slope of an activation from its value; None for what is none."""
    operation = node.operation
    if isinstance(operation, Sigmoid | Softmax) or _is_written_sigmoid(node):
        return lambda y: y * (1 - y)
    if isinstance(operation, Tanh):
        return lambda y: 1 - y * y
    return None


def _is_written_sigmoid(node: Node) -> bool:
    """1 / (1 + exp(…)), as it is written in NumPy."""
    if not isinstance(node.operation, Divide) or literal(node.inputs[0]) != 1:
        return False
    below = node.inputs[1]
    if not isinstance(below.operation, Add):
        return False
    parts = below.inputs
    return any(literal(one) == 1 for one in parts) and any(
        isinstance(one.operation, Exp) for one in parts
    )


def _branches(node: Node) -> Iterator[Lint]:
    """Infinite slopes in a branch of `where`: harmless in the one not taken, but not elsewhere."""
    if not isinstance(node.operation, Where):
        return
    condition, taken, other = node.inputs
    for branch, is_first in ((taken, True), (other, False)):
        for entries in _slopes_within(branch):

            def say(chosen: Array, slopes: Array, first: bool = is_first) -> str:
                infinite = ~np.isfinite(slopes)
                used, unused = infinite & (chosen == first), infinite & (chosen != first)
                if used.any():
                    return (
                        f"the branch of where that is taken has an infinite slope{_places_of(used)}"
                    )
                if not unused.any():
                    return ""
                return (
                    "the branch of where that is not taken has an infinite slope"
                    f"{_places_of(unused)}: it counts for nothing here, but gives NaN in other "
                    "libraries"
                )

            yield Lint((condition, entries), say)


def _slopes_within(branch: Node) -> Iterator[Node]:
    """The slopes of the entry-by-entry steps that make up a branch."""
    for node in _steps_within(branch):
        for _, map_ in edges(node):
            if isinstance(map_, Diagonal) and map_.entries.shape == branch.shape:
                yield map_.entries


def _steps_within(branch: Node) -> list[Node]:
    """The entry-by-entry steps that make up a branch, from its last one down.

    As far as another `where`, whose branches are looked at by themselves, and not more than some.
    """
    found: dict[Node, None] = {}
    stack = [branch]
    while stack and len(found) < MOST_STEPS:
        node = stack.pop()
        if node not in found and node.inputs and isinstance(node.operation, Elementwise):
            found[node] = None
            if not isinstance(node.operation, Where):
                stack.extend(lower for lower, _ in edges(node))
    return list(found)


def _assumed(node: Node) -> Iterator[Lint]:
    """What was assumed of a quantity, and is not so."""
    if isinstance(node.operation, Assumed):
        facts = facts_named(node.operation.known)

        def say(x: Array) -> str:
            wrong = [fact for fact in facts if not decide(fact, x)]
            if not wrong:
                return ""
            shown = refutation(wrong[0], x) or "it is not"
            return f"it is assumed to be {word(wrong[0])}, and {shown}"

        yield Lint((node,), say)


LINTS: tuple[Callable[[Node], Iterator[Lint]], ...] = (
    _at_zero,
    _saturated,
    _branches,
    _assumed,
)
