"""Calling a function once on traced arrays: the graph it computes, with names and lines."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np

from chainrule.errors import ChainruleError, DataProblem
from chainrule.graph.named import Graph
from chainrule.graph.node import Array, Node, Shape, fresh, topological, variable
from chainrule.graph.record import Record
from chainrule.ops.naming import Same
from chainrule.trace.array import Traced, unwrapped
from chainrule.trace.captured import Captured, Substitution
from chainrule.trace.generators import is_fresh, shared, state_of
from chainrule.trace.recorder import Place, Recorder, recording, run_traced
from chainrule.trace.remembered import PLAIN, Remembered, contents
from chainrule.trace.table import as_node
from chainrule.trace.trees import Structure, flatten, labels, unflatten

__all__ = ["Argument", "Call", "Placeholder", "Trace", "output_nodes", "trace"]


Call = Callable[[Callable[..., Any], Sequence[Any], Mapping[str, Any]], Any]


class Argument(Record):
    """An argument, or what stands for its arrays: shapes and types, else values as they are."""

    name: str
    structure: Structure
    leaves: tuple[Any, ...]


class Placeholder(Record):
    """An array whose numbers come with the call."""

    shape: Shape
    dtype: np.dtype[Any]


class Trace(Record):
    """What a function computes, as a graph.

    `arguments` are the nodes of the arrays among the arguments, in order; `captured` those of
    arrays the function reads from elsewhere.  `outputs` are nodes, nested as `structure` says.
    `samples` has an example of what a variable within stands for: the first row of a batch.
    """

    graph: Graph
    arguments: tuple[Node, ...]
    captured: tuple[tuple[Captured, Node], ...]
    remembered: tuple[Remembered, ...]
    outputs: tuple[Node, ...]
    structure: Structure
    places: Mapping[Node, Place]
    samples: Mapping[Node, Node]

    @property
    def inputs(self) -> tuple[Node, ...]:
        """All inputs of the graph: those of the arguments, then the captured arrays."""
        return (*self.arguments, *[node for _, node in self.captured])


def called(function: Callable[..., Any], arguments: Sequence[Any], settings: Any) -> Any:
    """The function itself: what is traced if nothing else is asked for."""
    return function(*arguments, **settings)


def trace(
    function: Callable[..., Any],
    arguments: Sequence[Argument],
    settings: Sequence[Argument] = (),
    call: Call = called,
) -> Trace:
    """Run the function once on traced arrays, by `call`, which may also differentiate it.

    Raises:
        DataProblem: it does what cannot be traced, or returns something else than arrays.
        ShapeError: arrays in it do not fit together; with the user's names and line.
    """
    tracing = _Tracing()
    recorder = tracing.recorder
    for argument in (*arguments, *settings):
        tracing.expect(argument)
    try:
        with recording(recorder):
            substitution = Substitution(function, tracing.stand_in)
            positional = [tracing.given(argument, substitution) for argument in arguments]
            named = {argument.name: tracing.given(argument, substitution) for argument in settings}
            with _no_random_numbers(substitution):
                found = run_traced(call, substitution.function, positional, named)
            outputs, structure = output_nodes(found)
    except (TypeError, ValueError) as problem:  # NumPy's own, because of a refusal
        if isinstance(problem.__cause__, ChainruleError):
            raise problem.__cause__ from None
        raise
    finally:
        names = recorder.close()
    substitution.finish()
    del found, positional, named
    remembered = (*substitution.remembered, *_kept(recorder))
    samples = recorder.samples
    rebuilt = _rebuilt([*outputs, *names, *recorder.places, *samples.values()], names)
    return Trace(
        Graph({name: rebuilt[node] for node, name in names.items()}),
        tuple(tracing.inputs),
        tuple(tracing.captured),
        remembered,
        tuple([rebuilt[node] for node in outputs]),
        structure,
        {rebuilt[node]: place for node, place in reversed(recorder.places.items())},
        {row: rebuilt[first] for row, first in samples.items()},
    )


class _Tracing:
    """Inputs as they are made: first of the arguments, then of the captured arrays."""

    def __init__(self) -> None:
        self.recorder = Recorder()
        self.inputs: list[Node] = []
        self.captured: list[tuple[Captured, Node]] = []
        self._leaves: dict[int, list[Any]] = {}

    def expect(self, argument: Argument) -> None:
        """Make inputs of the arrays of an argument."""
        leaves = self._leaves[id(argument)] = []
        names = labels(argument.structure, argument.name)
        for leaf, name in zip(argument.leaves, names, strict=True):
            if isinstance(leaf, Placeholder):
                leaf = self._traced(leaf.shape, leaf.dtype, name)
                self.inputs.append(leaf.node)
            leaves.append(leaf)

    def given(self, argument: Argument, substitution: Substitution) -> Any:
        """An argument with traced arrays in it; what else it holds may itself read arrays."""
        leaves = [
            leaf
            if isinstance(leaf, (Traced, *PLAIN, set, frozenset, slice, np.ndarray))
            else substitution.of(leaf, partial(_itself, leaf), argument.name)
            for leaf in self._leaves[id(argument)]
        ]
        return unflatten(argument.structure, leaves)

    def stand_in(self, found: Captured, array: Array) -> Traced:
        """What the function sees in place of an array that it captures."""
        traced = self._traced(array.shape, array.dtype, found.name)
        self.captured.append((found, traced.node))
        return traced

    def _traced(self, shape: Shape, dtype: np.dtype[Any], name: str) -> Traced:
        node = variable(shape, dtype)
        self.recorder.expect(node, name)
        return Traced(node, self.recorder)


def output_nodes(found: Any) -> tuple[tuple[Node, ...], Structure]:
    """The nodes of what a traced function returned, and how they are nested.

    Raises:
        DataProblem: it returned something else than arrays and numbers.
    """
    leaves, structure = flatten(found)
    nodes = []
    for leaf in leaves:
        if not isinstance(leaf, Traced | np.ndarray | np.generic | int | float):
            raise DataProblem(
                f"a function that is traced returns arrays or numbers, not {_kind(leaf)}"
            )
        nodes.append(as_node(unwrapped(leaf)))
    if not nodes:
        raise DataProblem("the function returns nothing: is there a `return` missing?")
    return tuple(nodes), structure


def _kind(value: Any) -> str:
    return f"an object of type {type(value).__name__}"


def _rebuilt(roots: Sequence[Node], names: Mapping[Node, str]) -> dict[Node, Node]:
    """Each node anew: what bears a name stays distinct, all else is shared where it is equal."""
    new: dict[Node, Node] = {}
    for node in topological(roots):
        inputs = tuple([new[lower] for lower in node.inputs])
        if not inputs and node.distinct:
            new[node] = node
        elif node in names:
            new[node] = fresh(node.operation, *inputs)
        elif type(node.operation) is Same:  # but not what is assumed of a quantity
            new[node] = inputs[0]
        else:
            new[node] = node.operation(*inputs)
    return new


def _itself(value: Any) -> Any:
    return value


def _kept(recorder: Recorder) -> list[Remembered]:
    """Arrays that the function reached in a way that is not followed, and that live on."""
    if not recorder.kept():
        return []
    gc.collect()  # those of the function itself are gone now
    return [Remembered(partial(_now, one), contents(one())) for one in recorder.kept()]


def _now(array: Callable[[], Any]) -> Any:
    return contents(array())


@contextmanager
def _no_random_numbers(substitution: Substitution) -> Iterator[None]:
    """Refuse a function that draws random numbers: it would draw the same ones at every call.

    Raises:
        DataProblem: a generator was used.
    """
    before = shared()
    known = [(generator, state_of(generator)) for generator in before]
    yield
    known += substitution.generators
    loaded = [one for one in shared() if one not in before]  # by the function
    if any(state_of(one) != state for one, state in known) or not all(map(is_fresh, loaded)):
        raise DataProblem(
            "the function draws random numbers: it is traced once, and would use the same ones at "
            "every call. Hand them to it as an argument, or use "
            "cr.numpy.dropout(x, rate=0.5, key=key)"
        )
