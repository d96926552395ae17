"""A local Jacobian as one matrix expression is the matrix that its adjoint gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from chainrule.differentiate.maps import matrix
from chainrule.graph.node import Node, Shape, variable
from chainrule.jacobians.kinds import (
    Diagonal,
    DiagonalMinusOuter,
    Identity,
    LinearMap,
    Mask,
    Multilinear,
    Product,
    Reshape,
    Sum,
    SumOver,
    Transposed,
    Zero,
)
from chainrule.notation.text import show
from chainrule.ops.contraction import Einsum
from chainrule.rewrite.matrix_form import matrix_form
from chainrule.run.interpreter import evaluate_all

v, w, M = variable((3,)), variable((3,)), variable((2, 3))
DIAGONAL = Diagonal(v)
MAPS: list[LinearMap] = [
    Zero((2,), (3,)),
    Identity((2, 3)),
    Reshape((6,), (2, 3)),
    DIAGONAL,
    Diagonal(M),
    Mask(v > w),
    DiagonalMinusOuter(v),
    DiagonalMinusOuter(M),
    SumOver((0, 1), (2, 3), ()),
    SumOver((0,), (2, 3), (3,)),
    SumOver((1,), (2, 3), (2,)),
    SumOver((1,), (2, 4, 3), (2, 3)),
    Transposed(DiagonalMinusOuter(v)),
    Product((DiagonalMinusOuter(v), Diagonal(w), Mask(v > 0))),
    Sum((DIAGONAL, Identity((3,)))),
]
CONTRACTIONS = [
    *("ij,jk->ik", "ij,j->i", "i,ij->j", "i,i->", "i,j->ij", "ij,kj->ik", "ji,jk->ik", "ij,ij->"),
    *("ij,kl->ik", "i,jk->k", "ij,lk->ik", "lij,ij->l", "ij,lij->l", "lij,ljk->lik"),
    *("lij,jk->lik", "ij,ljk->lik", "ij,j->ij", "i,ij->ij", "ij,jk->ki", "ij,ij->ij"),
]
LENGTHS = dict(zip("ijkl", (2, 3, 4, 2), strict=True))


def agrees(map_: LinearMap, inputs: list[Node]) -> bool:
    """On rows that sum to one, as the weights of a softmax do."""
    random = np.random.default_rng(5)
    drawn = {one: random.uniform(0.1, 1, one.shape) for one in inputs}
    values = {one: value / value.sum(axis=-1, keepdims=True) for one, value in drawn.items()}
    form, entries = evaluate_all([matrix_form(map_), matrix(map_)], values)
    return form.shape == entries.shape and np.allclose(form, entries, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("map_", MAPS, ids=repr)
def test_every_kind_has_its_matrix(map_: LinearMap) -> None:
    assert agrees(map_, [v, w, M])


@pytest.mark.parametrize("position", [0, 1])
@pytest.mark.parametrize("pattern", CONTRACTIONS)
def test_every_contraction_has_its_matrix(pattern: str, position: int) -> None:
    terms, result = pattern.split("->")
    operation = Einsum(tuple(terms.split(",")), result)
    shapes: list[Shape] = [tuple(LENGTHS[one] for one in term) for term in operation.terms]
    operands = tuple(variable(shape) for shape in shapes)
    assert agrees(Multilinear(operation, operands, position), list(operands))


@pytest.mark.parametrize(
    ("pattern", "position", "form"),
    [
        ("ij,jk->ik", 0, "kron(eye(2), Bᵀ)"),
        ("ij,jk->ik", 1, "kron(A, eye(4))"),
        ("ij,j->i", 1, "A"),
        ("i,ij->j", 0, "Bᵀ"),
    ],
)
def test_it_is_written_as_a_lecturer_writes_it(pattern: str, position: int, form: str) -> None:
    terms, result = pattern.split("->")
    operation = Einsum(tuple(terms.split(",")), result)
    a, b = (variable(tuple(LENGTHS[one] for one in term)) for term in operation.terms)
    names: dict[Node, Any] = {a: "A", b: "B"}
    assert show(matrix_form(Multilinear(operation, (a, b), position)), names.get) == form


def test_single_precision_stays() -> None:
    x = variable((3,), np.float32)
    map_ = Sum((Identity((3,)), Diagonal(x), Transposed(SumOver((0,), (3,), ()))))
    assert matrix_form(Sum(map_.terms[:2]), np.dtype(np.float32)).dtype == np.float32
    assert matrix_form(map_.terms[2], np.dtype(np.float32)).dtype == np.float32
