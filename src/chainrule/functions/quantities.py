"""Every named quantity of a function with its value and adjoint; the factors of its chain."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.differentiate.factors import Factor, Link
from chainrule.differentiate.factors import factors as links_between
from chainrule.differentiate.walk import adjoints
from chainrule.errors import DataProblem
from chainrule.functions.derivatives import number_of
from chainrule.functions.linear_map import Jacobian, held_nodes
from chainrule.functions.staging import Finish, Staged, kept, place_of, positions_of
from chainrule.graph.node import Array, Node
from chainrule.graph.record import Record
from chainrule.notation.numbers import significant
from chainrule.trace.recorder import active_recorder
from chainrule.trace.tracer import Trace, called, output_nodes

__all__ = ["NamedFactor", "NamedFork", "Quantities", "Quantity", "factors", "intermediates"]


class Quantity(Record):
    """A named quantity: its value, how the result moves with it, and where it was computed.

    `adjoint` is None if the result does not depend on it; `line` is None for arguments.
    """

    value: Any
    adjoint: Any
    line: int | None
    text: str


class Quantities(Mapping[str, Quantity]):
    """Named quantities in the order they were computed; printed as a table."""

    def __init__(self, found: Mapping[str, Quantity]) -> None:
        self._found = dict(found)

    def __getitem__(self, name: str) -> Quantity:
        return self._found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def __repr__(self) -> str:
        rows = [("", "value", "adjoint", "line")]
        for name, one in self._found.items():
            adjoint = "no path" if one.adjoint is None else _short(one.adjoint)
            rows.append(
                (name, _short(one.value), adjoint, "" if one.line is None else str(one.line))
            )
        widths = [max(len(row[at]) for row in rows) for at in range(4)]
        lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
        return "\n".join(lines)


def _short(value: Any) -> str:
    """A number, or the few numbers of a small array; the shape and size of a large one."""
    array = np.asarray(value)
    if array.ndim == 0:
        return significant(float(array), 6)
    if array.size > 6:
        norm = float(np.sqrt(np.sum(np.square(array, dtype=float))))
        return f"{' × '.join(map(str, array.shape))} array, norm {significant(norm, 4)}"
    return str([significant(float(one), 4) for one in array.reshape(-1)]).replace("'", "")


@kept
def intermediates(function: Callable[..., Any]) -> Staged:
    """The value and adjoint of every named quantity: arguments, local variables, captured arrays.

    A name that was bound several times is numbered in that order: `h_1`, `h_2`.

    Returns:
        A function of the same arguments; its result is a mapping from names to `Quantity`.

    Raises (when called):
        ShapeError: the function does not return one number.

    >>> import chainrule as cr
    >>> def loss(x):
    ...     h = x**2
    ...     return 3 * h
    >>> found = cr.intermediates(loss)(2.0)
    >>> found["h"].value, found["h"].adjoint, found["x"].adjoint
    (np.float64(4.0), np.float64(3.0), np.float64(12.0))
    """
    return StagedQuantities(function, _checked, name="intermediates")


def _checked(function: Any, arguments: Sequence[Any], settings: Mapping[str, Any]) -> Any:
    found = called(function, arguments, settings)
    number_of(found, "intermediates")
    return found


class StagedQuantities(Staged):
    """Names are known when the trace is over, so the adjoints are taken then."""

    def __call__(self, *arguments: Any, **settings: Any) -> Any:
        _refuse_within_a_trace("intermediates")
        return self.run(arguments, settings)

    def prepared(self, found: Trace, note: Any) -> tuple[Sequence[Node], Finish]:
        nodes = [found.graph[name] for name in found.graph.names]
        known = adjoints(found.outputs[0], nodes)
        slopes = [known.get(node) for node in nodes]
        computed = [*nodes, *[slope for slope in slopes if slope is not None]]

        def finish(values: list[Any]) -> Quantities:
            rest = iter(values[len(nodes) :])
            table = {}
            for name, node, slope, value in zip(
                found.graph.names, nodes, slopes, values, strict=False
            ):
                place = found.places.get(node)
                line, text = (None, "") if place is None else (place.line, place.text)
                table[name] = Quantity(value, None if slope is None else next(rest), line, text)
            return Quantities(table)

        return computed, finish


class NamedFactor(Record):
    """One local Jacobian of the chain, with its numbers: ∂of/∂wrt, all other names held."""

    of: str
    wrt: str
    jacobian: Jacobian

    def __repr__(self) -> str:
        return f"∂{self.of}/∂{self.wrt} = {self.jacobian!r}"


class NamedFork(Record):
    """A link with several paths: the first of `count` of them, and the total."""

    of: str
    wrt: str
    paths: tuple[tuple[NamedFactor, ...], ...]
    count: int
    jacobian: Jacobian

    def __repr__(self) -> str:
        return f"∂{self.of}/∂{self.wrt} = a sum over {self.count} paths, {self.jacobian!r}"


@kept
def factors(function: Callable[..., Any], wrt: int | str = 0) -> Staged:
    """The chain of local Jacobians between named quantities whose product is the derivative.

    Returns:
        A function of the same arguments.  Its result is a tuple of links from the function's
        result down to the argument: a `NamedFactor`, or a `NamedFork` where paths part and meet
        again.  Empty if the result does not depend on the argument.

    >>> import numpy as np
    >>> import chainrule as cr
    >>> def loss(x):
    ...     h = np.sin(x)
    ...     return np.sum(h**2)
    >>> for link in cr.factors(loss)(np.ones(3)):
    ...     print(link)
    ∂loss/∂h = <Jacobian 1 × 3: Dense, 3 numbers>
    ∂h/∂x = <Jacobian 3 × 3: Diagonal, 3 numbers>
    """
    (position,) = positions_of(function, wrt)
    staged = StagedFactors(function, called, frozenset([position]), "factors")
    staged.position = position
    return staged


class StagedFactors(Staged):
    """The links between names, with numbers."""

    position: int | str = 0

    def __call__(self, *arguments: Any, **settings: Any) -> Any:
        _refuse_within_a_trace("factors")
        return self.run(arguments, settings)

    def build(
        self, function: Callable[..., Any], arguments: Sequence[Any], settings: Mapping[str, Any]
    ) -> tuple[Any, Any]:
        at = place_of(function, self.position, arguments, settings)
        wanted = settings[at] if isinstance(at, str) else arguments[at]
        nodes, _ = output_nodes(wanted)
        found = self.call(function, arguments, settings)
        outputs, _ = output_nodes(found)
        if len(nodes) != 1 or len(outputs) != 1:
            raise DataProblem(
                "factors needs one array to differentiate, and one to differentiate by"
            )
        return found, nodes[0]

    def prepared(self, found: Trace, note: Any) -> tuple[Sequence[Node], Finish]:
        output = found.outputs[0]
        result = getattr(self.function, "__name__", "result").replace("<lambda>", "result")
        name_of = lambda node: found.graph.name_of(node) or result  # noqa: E731
        links = links_between(output, note, found.graph.named_nodes)
        maps = [one.map for link in links for one in _flat(link)]
        held = list(dict.fromkeys(node for map_ in maps for node in held_nodes(map_)))

        def finish(values: list[Any]) -> tuple[NamedFactor | NamedFork, ...]:
            numbers = dict(zip(held, map(np.asarray, values), strict=True))
            return tuple(_named(link, name_of, numbers) for link in links)

        return held, finish


def _refuse_within_a_trace(name: str) -> None:
    """Refuse to say what quantities are while their numbers are not known.

    Raises:
        DataProblem: a function is being traced.
    """
    if active_recorder() is not None:
        raise DataProblem(
            f"cr.{name} is for numbers: call it outside of functions that are differentiated"
        )


def _flat(link: Link) -> Iterator[Link]:
    yield link
    if not isinstance(link, Factor):
        for path in link.paths:
            yield from path


def _named(
    link: Link, name_of: Callable[[Node], str], numbers: Mapping[Node, Array]
) -> NamedFactor | NamedFork:
    own = {node: numbers[node] for node in held_nodes(link.map)}
    jacobian = Jacobian(link.map, link.of.dtype, own)
    of, wrt = name_of(link.of), name_of(link.wrt)
    if isinstance(link, Factor):
        return NamedFactor(of, wrt, jacobian)
    paths = tuple(tuple(_factor(one, name_of, numbers) for one in path) for path in link.paths)
    return NamedFork(of, wrt, paths, link.count, jacobian)


def _factor(
    one: Factor, name_of: Callable[[Node], str], numbers: Mapping[Node, Array]
) -> NamedFactor:
    found = _named(one, name_of, numbers)
    assert isinstance(found, NamedFactor)
    return found
