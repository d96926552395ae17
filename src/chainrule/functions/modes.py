"""`vjp` and `jvp`: a function's linear map applied to cotangents, and to tangents."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.differentiate.walk import adjoints, tangents
from chainrule.errors import ShapeError
from chainrule.functions.derivatives import Point, seeded, traced
from chainrule.functions.staging import Finish, Staged, kept
from chainrule.graph.node import Node, topological, variable
from chainrule.graph.record import Record
from chainrule.ops.broadcasting import cast
from chainrule.ops.contract import show_shape
from chainrule.ops.making import zeros
from chainrule.run.interpreter import Plan
from chainrule.trace.array import unwrapped
from chainrule.trace.table import as_node
from chainrule.trace.tracer import Trace, output_nodes
from chainrule.trace.trees import Structure, leaves_of, unflatten

__all__ = ["jvp", "vjp"]


def vjp(function: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[[Any], Any]]:
    """A function's value, and the pullback: what sends a cotangent back to each argument.

    The forward values that the pullback needs are computed once and kept.

    Returns:
        The value, and a function of a cotangent of the value's shape (the same containers) that
        returns a tuple with one entry an argument.

    >>> import numpy as np
    >>> import chainrule as cr
    >>> value, pullback = cr.vjp(lambda x, y: x * np.sin(y), 2.0, 0.0)
    >>> value, pullback(1.0)
    (np.float64(0.0), (np.float64(0.0), np.float64(2.0)))
    """
    return _staged_pullback(function, len(primals))(*primals)  # type: ignore[no-any-return]


def jvp(function: Callable[..., Any], primals: Any, tangents: Any) -> Any:
    """A function's value, and how it moves when the arguments move along the tangents.

    Both are tuples (or lists) with one entry an argument; a single argument may stand alone.

    >>> import chainrule as cr
    >>> cr.jvp(lambda x: x**3, (2.0,), (1.0,))
    (np.float64(8.0), np.float64(12.0))
    """
    if not isinstance(primals, list | tuple):
        primals, tangents = (primals,), (tangents,)
    if not isinstance(tangents, list | tuple) or len(primals) != len(tangents):
        raise ShapeError(f"{len(primals)} arguments need as many tangents, in a tuple as well")
    return _staged_pushforward(function, len(primals))(*primals, *tangents)


@kept
def _staged_pushforward(function: Callable[..., Any], count: int) -> Staged:
    def call(function: Any, arguments: Sequence[Any], settings: Mapping[str, Any]) -> Any:
        point = Point(function, arguments[:count], settings, range(count))
        outputs, structure = output_nodes(point.call())
        moved = tangents(outputs, seeded(point, list(arguments[count:])))
        slopes = [moved.get(node, zeros(node.shape, node.dtype)) for node in outputs]
        return tuple(unflatten(structure, map(traced, nodes)) for nodes in (outputs, slopes))

    return Staged(function, call, frozenset(range(2 * count)), "jvp")


@kept
def _staged_pullback(function: Callable[..., Any], count: int) -> Staged:
    return StagedPullback(function, _nested_pullback, frozenset(range(count)), "vjp")


class Pullback(Record):
    """A reverse sweep in two halves: `kept` are the forward values that the second one reads."""

    point: Point
    structure: Structure
    outputs: tuple[Node, ...]
    seeds: tuple[Node, ...]
    found: Mapping[Node, Node]
    kept: tuple[Node, ...]

    def packed(self, sent: Sequence[Any]) -> Any:
        """One entry an argument."""
        found = self.point.packed(dict(zip(self.found, sent, strict=True)))
        return found if len(self.point.arguments) > 1 else (found,)


class StagedPullback(Staged):
    """Runs forward at the call, and backward whenever a cotangent comes."""

    def build(
        self, function: Callable[..., Any], arguments: Sequence[Any], settings: Mapping[str, Any]
    ) -> tuple[Any, Any]:
        sweep = _sweep(function, arguments, settings)
        return [traced(node) for node in (*sweep.outputs, *sweep.kept)], sweep

    def prepared(self, found: Trace, note: Any) -> tuple[Sequence[Node], Finish]:
        backward = Plan(list(note.found.values()), [*note.seeds, *note.kept])
        count = len(note.outputs)

        def finish(values: list[Any]) -> Any:
            def pullback(cotangent: Any) -> Any:
                seeds = _seeds_of(note.structure, note.outputs, cotangent)
                arrays = [np.asarray(s, o.dtype) for s, o in zip(seeds, note.outputs, strict=True)]
                found = backward(*arrays, *values[count:])
                return note.packed([np.array(one)[()] for one in found])

            return unflatten(note.structure, values[:count]), pullback

        return found.outputs, finish


def _nested_pullback(function: Any, arguments: Sequence[Any], settings: Mapping[str, Any]) -> Any:
    """The same within another trace, where the seed is known when the pullback is called."""
    point = Point(function, arguments, settings, range(len(arguments)))
    outputs, structure = output_nodes(point.call())

    def pullback(cotangent: Any) -> Any:
        seeds = [as_node(unwrapped(one)) for one in _seeds_of(structure, outputs, cotangent)]
        sent = _pulled_back(
            point, outputs, [cast(s, o.dtype) for s, o in zip(seeds, outputs, strict=True)]
        )
        found = point.packed({node: traced(share) for node, share in sent.items()})
        return found if len(arguments) > 1 else (found,)

    return unflatten(structure, map(traced, outputs)), pullback


def _sweep(function: Any, arguments: Sequence[Any], settings: Mapping[str, Any]) -> Pullback:
    point = Point(function, arguments, settings, range(len(arguments)))
    outputs, structure = output_nodes(point.call())
    seeds = [variable(node.shape, node.dtype) for node in outputs]
    found = _pulled_back(point, outputs, seeds)
    kept = _met_by(list(found.values()), seeds)
    return Pullback(point, structure, outputs, tuple(seeds), found, tuple(kept))


def _pulled_back(point: Point, outputs: Sequence[Node], seeds: Sequence[Node]) -> dict[Node, Node]:
    """The adjoint of each variable: the sum of what every output's cotangent sends back."""
    found: dict[Node, Node] = {}
    for output, seed in zip(outputs, seeds, strict=True):
        if output.dtype.kind != "f":
            continue
        sent = adjoints(output, point.variables, seed)
        for node in point.variables:
            if node in sent:
                found[node] = found[node] + sent[node] if node in found else sent[node]
    return {node: found.get(node, zeros(node.shape, node.dtype)) for node in point.variables}


def _met_by(outputs: Sequence[Node], seeds: Sequence[Node]) -> list[Node]:
    """The nodes that do not depend on a seed, but that nodes which do read directly."""
    moving = set(seeds)
    met: dict[Node, None] = {}
    for node in topological(outputs):
        if any(lower in moving for lower in node.inputs):
            moving.add(node)
            met.update((lower, None) for lower in node.inputs if lower not in moving)
    met.update((node, None) for node in outputs if node not in moving)
    return list(met)


def _seeds_of(structure: Structure, outputs: Sequence[Node], cotangent: Any) -> list[Any]:
    """The cotangent of each output.

    Raises:
        ShapeError: the containers differ, or a shape.
    """
    seeds = leaves_of(structure, cotangent)
    if seeds is None:
        raise ShapeError("a cotangent has the same containers as the result")
    for output, seed in zip(outputs, seeds, strict=True):
        if np.shape(seed) != output.shape:
            raise ShapeError(
                f"a cotangent has the shape of the result, {show_shape(output.shape)}, "
                f"not {show_shape(np.shape(seed))}"
            )
    return seeds
