"""`jacobian` and `hessian`: a function's whole linear map, with its structure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.differentiate.compose import multiplied_out
from chainrule.differentiate.jacobian import jacobian as jacobian_map
from chainrule.functions.derivatives import (
    Point,
    grad,
    traced,
)
from chainrule.functions.linear_map import Jacobian, held_nodes
from chainrule.functions.staging import Finish, Staged, Wrt, kept, positions_of
from chainrule.graph.node import Node
from chainrule.graph.record import Record
from chainrule.jacobians.kinds import Dense, Diagonal, Identity, LinearMap, Mask, Zero
from chainrule.trace.tracer import Trace, output_nodes
from chainrule.trace.trees import Structure, unflatten

__all__ = ["hessian", "jacobian"]

SMALL = 1 << 14  # entries of a matrix that machine code multiplies out, whatever it is made of


class Maps(Record):
    """The Jacobian of each output by each variable, and how both are nested."""

    point: Point
    outputs: tuple[Node, ...]
    structure: Structure
    maps: tuple[tuple[LinearMap, ...], ...]

    @classmethod
    def at(
        cls,
        wrt: Sequence[int | str],
        function: Callable[..., Any],
        arguments: Sequence[Any],
        settings: Mapping[str, Any],
    ) -> Maps:
        """The maps of a function at its arguments."""
        point = Point(function, arguments, settings, wrt)
        outputs, structure = output_nodes(point.call())
        rows = [[jacobian_map(output, node) for node in point.variables] for output in outputs]
        return cls(point, outputs, structure, tuple(map(tuple, rows)))

    def packed(self, make: Callable[[LinearMap, Node, Node], Any]) -> Any:
        """What `make` makes of every map: outputs' containers of arguments' containers."""
        rows = [
            self.point.packed(
                {
                    wrt: make(map_, of, wrt)
                    for wrt, map_ in zip(self.point.variables, maps, strict=True)
                }
            )
            for of, maps in zip(self.outputs, self.maps, strict=True)
        ]
        return unflatten(self.structure, rows)


class StagedJacobian(Staged):
    """A Jacobian keeps its structure when it is run, and is multiplied out within other traces."""

    def __init__(self, function: Callable[..., Any], positions: tuple[int | str, ...]) -> None:
        def call(*called: Any) -> Any:
            found = Maps.at(positions, *called)
            return found.packed(lambda map_, of, wrt: traced(multiplied_out(map_, of.dtype)))

        super().__init__(function, call, frozenset(positions), "jacobian")
        self.positions = positions

    def condensed(self) -> Staged:
        return CondensedJacobian(self.function, self.positions)

    def build(
        self, function: Callable[..., Any], arguments: Sequence[Any], settings: Mapping[str, Any]
    ) -> tuple[Any, Any]:
        found = self.maps(function, arguments, settings)
        held = {node: None for maps in found.maps for map_ in maps for node in held_nodes(map_)}
        return [traced(node) for node in (*found.outputs, *held)], (found, list(held))

    def maps(
        self, function: Callable[..., Any], arguments: Sequence[Any], settings: Mapping[str, Any]
    ) -> Maps:
        """The maps of which the numbers are computed."""
        return Maps.at(self.positions, function, arguments, settings)

    def prepared(self, found: Trace, note: Any) -> tuple[Sequence[Node], Finish]:
        maps, held = note
        first = len(maps.outputs)

        def finish(values: list[Any]) -> Any:
            numbers = dict(zip(held, map(np.asarray, values[first:]), strict=True))

            def numeric(map_: LinearMap, of: Node, wrt: Node) -> Jacobian:
                own = {node: numbers[node] for node in held_nodes(map_)}
                return Jacobian(map_, of.dtype, own)

            return maps.packed(numeric)

        return found.outputs, finish


class CondensedJacobian(StagedJacobian):
    """A product of maps that has no fewer numbers than its matrix is multiplied out."""

    def maps(
        self, function: Callable[..., Any], arguments: Sequence[Any], settings: Mapping[str, Any]
    ) -> Maps:
        found = super().maps(function, arguments, settings)
        rows = [
            tuple([_condensed(map_, of.dtype) for map_ in row])
            for of, row in zip(found.outputs, found.maps, strict=True)
        ]
        return Maps(found.point, found.outputs, found.structure, tuple(rows))


def _condensed(map_: LinearMap, dtype: np.dtype[Any]) -> LinearMap:
    rows, columns = map_.matrix_shape
    held = sum(node.size for node in held_nodes(map_))
    is_spread = rows * columns > SMALL and held < rows * columns // 4
    if is_spread or isinstance(map_, Zero | Identity | Diagonal | Mask | Dense):
        return map_
    entries = multiplied_out(map_, dtype)
    return Dense(entries, map_.output_shape, map_.input_shape)


@kept
def jacobian(function: Callable[..., Any], wrt: Wrt = 0) -> Staged:
    """The Jacobian of a function as a structured linear map with its numbers.

    Returns:
        A function of the same arguments.  Its result is a `Jacobian`: `np.asarray(J)` has the shape
        of the output followed by that of the argument; `J @ v`, `J.T`, `J.diagonal()`, `J.nbytes`
        and `J.tocsr()` use the structure.  Containers are kept, outputs outside.

    >>> import numpy as np
    >>> import chainrule as cr
    >>> J = cr.jacobian(lambda x: np.tanh(x) ** 2)(np.linspace(-1, 1, 5))
    >>> J
    <Jacobian 5 × 5: Diagonal, 5 numbers>
    >>> np.asarray(J).shape
    (5, 5)
    """
    return StagedJacobian(function, positions_of(function, wrt))


@kept
def hessian(function: Callable[..., Any], wrt: Wrt = 0) -> Staged:
    """The Hessian of a function that returns one number: the Jacobian of its gradient.

    >>> import numpy as np
    >>> import chainrule as cr
    >>> cr.hessian(lambda x: np.sum(np.exp(x)))(np.zeros(4))
    <Jacobian 4 × 4: Diagonal, 4 numbers>
    """
    return jacobian(grad(function, wrt), wrt)
