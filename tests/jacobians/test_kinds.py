"""The kinds of map are plain data: shapes, the nodes they hold, equality."""

from __future__ import annotations

import pytest

from chainrule.differentiate import walk
from chainrule.differentiate.maps import ADJOINT, APPLY
from chainrule.graph.node import size_of, variable
from chainrule.jacobians import kinds
from chainrule.jacobians.kinds import LinearMap
from chainrule.ops.contraction import Einsum
from chainrule.ops.elementary import exp

S, C = variable((2, 3)), variable((2, 3), "bool")
I = variable((4,), "int64")  # noqa: E741
A, B = variable((2, 3)), variable((3, 4))

MAPS: dict[LinearMap, tuple[tuple[int, ...], tuple[int, ...], int]] = {
    kinds.Zero((2,), (3, 4)): ((2,), (3, 4), 0),
    kinds.Identity((2, 3)): ((2, 3), (2, 3), 0),
    kinds.Reshape((6,), (2, 3)): ((6,), (2, 3), 0),
    kinds.Permute((2, 0, 1), (3, 4, 5)): ((5, 3, 4), (3, 4, 5), 0),
    kinds.Diagonal(S): ((2, 3), (2, 3), 1),
    kinds.Mask(C): ((2, 3), (2, 3), 1),
    kinds.DiagonalMinusOuter(S): ((2, 3), (2, 3), 1),
    kinds.SumOver((0,), (2, 3), (3,)): ((3,), (2, 3), 0),
    kinds.Section((0, (0, 3, 1)), (2, 3), (3,)): ((3,), (2, 3), 0),
    kinds.Select(I, (2, 3)): ((4,), (2, 3), 1),
    kinds.Multilinear(Einsum(("ij", "jk"), "ik"), (A, B), 0): ((2, 4), (2, 3), 1),
    kinds.Dense(variable((2, 3, 4)), (2,), (3, 4)): ((2,), (3, 4), 1),
    kinds.Transposed(kinds.Reshape((6,), (2, 3))): ((2, 3), (6,), 0),
    kinds.Product((kinds.Reshape((6,), (2, 3)), kinds.Diagonal(S))): ((6,), (2, 3), 1),
    kinds.Sum((kinds.Identity((2, 3)), kinds.Diagonal(S))): ((2, 3), (2, 3), 1),
    kinds.Block(exp(S), S): ((2, 3), (2, 3), 2),
}


def test_every_kind_is_here_and_in_both_tables() -> None:
    assert walk.Paths is not None  # the walk adds its own kind to the tables
    every = set(LinearMap.__subclasses__())
    assert {type(map_) for map_ in MAPS} == every
    assert set(APPLY) == set(ADJOINT) == every


@pytest.mark.parametrize("map_", MAPS, ids=lambda map_: type(map_).__name__)
def test_shapes_and_nodes(map_: LinearMap) -> None:
    output, into, held = MAPS[map_]
    assert map_.output_shape == output
    assert map_.input_shape == into
    assert map_.matrix_shape == (size_of(output), size_of(into))
    assert len(map_.nodes) == held
    assert "×" in repr(map_)
    back = kinds.Transposed(map_)
    assert back.matrix_shape == map_.matrix_shape[::-1]


def test_maps_are_compared_by_what_they_hold() -> None:
    assert kinds.Diagonal(S) == kinds.Diagonal(S)
    assert kinds.Diagonal(S) != kinds.Diagonal(A)
    assert kinds.Diagonal(S) != kinds.DiagonalMinusOuter(S)
    with pytest.raises(AttributeError, match="immutable"):
        kinds.Diagonal(S).entries = A  # type: ignore[misc]
