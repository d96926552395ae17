"""Linear algebra at its corners: singular and empty matrices, equal eigenvalues, triangles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule.differentiate.compose import multiplied_out
from chainrule.differentiate.jacobian import jacobian
from chainrule.differentiate.walk import gradient
from chainrule.errors import DomainProblem, ShapeError
from chainrule.graph.node import Array, Node, Shape, constant, variable
from chainrule.ops.broadcasting import broadcast
from chainrule.ops.determinant import cofactors, det, log_abs_det
from chainrule.ops.diagonals import PlaceDiagonal, diag, diagonal, trace, tril, triu
from chainrule.ops.factorization import cholesky, eigh, eigvalsh, eigvecsh, qr
from chainrule.ops.linear import matmul, outer
from chainrule.ops.making import eye
from chainrule.ops.matrices import matrix_transpose
from chainrule.ops.reduction import sum_
from chainrule.ops.singular import pinv, svd, svdvals
from chainrule.ops.solving import inverse, solve
from chainrule.ops.tensor_products import cross, kron, matrix_power, multi_dot, tensordot
from chainrule.run.interpreter import evaluate, evaluate_all

INF, NAN = np.inf, np.nan
RANDOM = np.random.default_rng(11)


def slope(build: Callable[[Node], Node], at: Any, dtype: str = "float64") -> Array:
    """The gradient of the result's sum."""
    array = np.asarray(at, dtype)
    x = variable(array.shape, dtype)
    return evaluate(gradient(sum_(build(x)), x), {x: array})


def differences(function: Callable[[Array], Any], x: Array, step: float = 1e-4) -> Any:
    """∂function/∂x by central differences."""
    units = np.eye(x.size).reshape(x.size, *x.shape)
    columns = [(function(x + step * e) - function(x - step * e)) / (2 * step) for e in units]
    return np.stack(columns, -1).reshape(*np.shape(columns[0]), *x.shape)


# --- systems ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (inverse, "the matrix is singular .* no inverse"),
        (lambda a: solve(a, a), "the matrix is singular .* no single solution"),
        (lambda a: solve(a, a[0]), "singular"),
        (lambda a: matrix_power(a, -1), "singular"),
        (lambda a: qr(a)[0], "singular"),
        (cholesky, "positive definite"),
    ],
)
@pytest.mark.parametrize("a", [np.zeros((2, 2)), np.stack([np.eye(2), np.zeros((2, 2))])])
def test_what_a_singular_matrix_lacks_is_said(build: Any, message: str, a: Array) -> None:
    with pytest.raises(DomainProblem, match=message):
        slope(lambda x: build(x if x.ndim == 2 else x[1]), a)


def test_a_constant_singular_matrix_is_said_too() -> None:
    with pytest.raises(DomainProblem, match="singular"):
        evaluate(inverse(constant(np.ones((2, 2)))))


def test_cholesky_needs_positive_eigenvalues() -> None:
    for a in ([[1.0, 2.0], [2.0, 1.0]], [[-1.0]], [[0.0]]):
        with pytest.raises(DomainProblem, match="positive definite"):
            slope(cholesky, a)


@pytest.mark.parametrize("lead", [(), (2,)])
@pytest.mark.parametrize("build", [inverse, lambda a: solve(a, a), cholesky, lambda a: eigvecsh(a)])
def test_empty_matrices(build: Any, lead: Shape) -> None:
    a = np.zeros((*lead, 0, 0))
    assert slope(build, a).shape == a.shape


def test_a_solve_without_right_sides() -> None:
    a, b = variable((2, 2)), variable((2, 0))
    x = solve(a, b)
    given = {a: np.eye(2), b: np.zeros((2, 0))}
    value, move = evaluate_all([x, gradient(sum_(x), a)], given)
    assert value.shape == (2, 0)
    assert move.tolist() == [[0, 0], [0, 0]]


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ((2, 2), (3, 2, 1)),
        ((3, 2, 2), (2,)),
        ((3, 2, 2), (2, 2)),
        ((1, 2, 2), (3, 2, 1)),
        ((3, 1, 2, 2), (4, 2, 1)),
    ],
)
def test_stacks_of_systems_are_broadcast(a: Shape, b: Shape) -> None:
    given_a = RANDOM.normal(size=a) + 4 * np.eye(2)
    nodes = variable(a), variable(b)
    given = {nodes[0]: given_a, nodes[1]: RANDOM.normal(size=b)}
    x = solve(*nodes)
    np.testing.assert_allclose(evaluate(x, given), np.linalg.solve(*given.values()), rtol=1e-13)
    for node in nodes:

        def value(entries: Array, node: Node = node) -> Any:
            return evaluate(x, {**given, node: entries})

        found = evaluate(multiplied_out(jacobian(x, node)), given)
        np.testing.assert_allclose(found, differences(value, given[node]), rtol=1e-6, atol=1e-8)


def test_a_matrix_is_factorized_once_for_all_right_sides(monkeypatch: Any) -> None:
    """The whole Jacobian of a solve solves for a table of columns, not for a stack of systems."""
    ranks = []
    inner = np.linalg.solve

    def counted(a: Array, b: Array) -> Any:
        ranks.append((a.ndim, b.ndim))
        return inner(a, b)

    monkeypatch.setattr(np.linalg, "solve", counted)
    a, b = variable((3, 3)), variable((3,))
    given = {a: np.eye(3), b: np.ones(3)}
    evaluate(multiplied_out(jacobian(solve(a, b), b)), given)
    assert set(ranks) == {(2, 2)}


# --- factors ----------------------------------------------------------------------------------


def symmetric(values: Any) -> Array:
    """A matrix with these eigenvalues, in no simple direction."""
    q = np.linalg.qr(RANDOM.normal(size=(len(values), len(values))))[0]
    return q @ np.diag(values) @ q.T


def test_only_the_triangle_that_is_read_moves() -> None:
    a = symmetric([1.0, 2.0, 4.0])
    for build in (cholesky, eigvalsh, eigvecsh):
        assert np.triu(slope(build, a), 1).tolist() == np.zeros((3, 3)).tolist()
    assert np.tril(slope(lambda x: eigvalsh(x, "U"), a), -1).tolist() == np.zeros((3, 3)).tolist()
    below = slope(lambda x: eigvalsh(x) ** 2, a)
    above = slope(lambda x: eigvalsh(x, "U") ** 2, a)
    np.testing.assert_allclose(below, above.T, atol=1e-13)
    np.testing.assert_allclose(below + below.T, 4 * a, atol=1e-12)


@pytest.mark.parametrize(
    "a", [2 * np.eye(3), np.zeros((3, 3)), np.ones((3, 3)), symmetric([1.0, 1.0, 5.0])]
)
def test_sums_of_equal_eigenvalues_have_their_derivatives(a: Array) -> None:
    np.testing.assert_allclose(slope(eigvalsh, a), np.eye(3), atol=1e-13)
    lower = 2 * np.tril(a, -1) + np.diag(np.diag(a))
    np.testing.assert_allclose(slope(lambda x: eigvalsh(x) ** 2, a), 2 * lower, atol=1e-12)
    assert np.isfinite(slope(lambda x: eigvecsh(x)[0, 0], a)).all()
    x = variable((3, 3))
    again = gradient(sum_(gradient(sum_(eigvalsh(x) ** 3), x)), x)
    assert np.isfinite(evaluate(again, {x: a})).all()


def test_a_symmetric_matrix_is_what_its_eigenvectors_make_of_it() -> None:
    a = symmetric([-1.0, 0.5, 3.0])
    x = variable((3, 3))
    w, v = eigh(x)
    rebuilt = matmul(matmul(v, diag(w)), matrix_transpose(v))
    found = evaluate(multiplied_out(jacobian(rebuilt, x)), {x: a})
    wanted = differences(lambda m: np.tril(m) + np.tril(m, -1).T, a, 0.5)
    np.testing.assert_allclose(found, wanted, atol=1e-12)


@pytest.mark.parametrize("shape", [(3, 3), (4, 2), (2, 4), (2, 3, 2), (3, 1), (1, 3)])
def test_a_product_of_q_and_r_is_the_matrix(shape: Shape) -> None:
    a = RANDOM.normal(size=shape)
    x = variable(shape)
    q, r = qr(x)
    product, identity = matmul(q, r), matmul(matrix_transpose(q), q)
    values = evaluate_all(
        [product, multiplied_out(jacobian(product, x)), multiplied_out(jacobian(identity, x))],
        {x: a},
    )
    np.testing.assert_allclose(values[0], a, atol=1e-13)
    np.testing.assert_allclose(values[1].reshape(a.size, a.size), np.eye(a.size), atol=1e-12)
    np.testing.assert_allclose(values[2], 0 * values[2], atol=1e-12)


# --- singular values --------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(3, 3), (4, 2), (2, 4), (2, 3, 2), (2, 2, 3), (3, 1), (1, 3)])
def test_a_matrix_is_what_its_singular_vectors_make_of_it(shape: Shape) -> None:
    a = RANDOM.normal(size=shape)
    x = variable(shape)
    u, s, vt = svd(x)
    diagonal_of = PlaceDiagonal((s.shape[-1], s.shape[-1]))(s)
    product = matmul(matmul(u, diagonal_of), vt)
    value, move = evaluate_all([product, multiplied_out(jacobian(product, x))], {x: a})
    np.testing.assert_allclose(value, a, atol=1e-13)
    np.testing.assert_allclose(move.reshape(a.size, a.size), np.eye(a.size), atol=1e-11)


@pytest.mark.parametrize("a", [np.eye(3), 2 * np.eye(3)[[1, 2, 0]], np.ones((1, 1))])
def test_sums_of_equal_singular_values_have_their_derivative(a: Array) -> None:
    u, _, vt = np.linalg.svd(a)
    np.testing.assert_allclose(slope(svdvals, a), u @ vt, atol=1e-14)
    assert np.isfinite(slope(lambda x: svd(x)[0], a)).all()


def test_no_singular_values() -> None:
    for shape in ((0, 3), (3, 0), (2, 0, 0)):
        x = variable(shape)
        values = evaluate_all([svdvals(x), pinv(x)], {x: np.zeros(shape)})
        assert values[0].size == 0
        assert values[1].shape == (*shape[:-2], shape[-1], shape[-2])


def test_a_pseudoinverse_moves_along_matrices_of_its_rank() -> None:
    a, b = variable((3,)), variable((2,))
    given = {a: RANDOM.normal(size=3), b: RANDOM.normal(size=2)}
    y = pinv(outer(a, b))
    for node in (a, b):

        def value(entries: Array, node: Node = node) -> Any:
            return evaluate(y, {**given, node: entries})

        found = evaluate(multiplied_out(jacobian(y, node)), given)
        np.testing.assert_allclose(found, differences(value, given[node]), rtol=1e-6, atol=1e-7)
    assert slope(pinv, np.zeros((2, 3))).tolist() == np.zeros((2, 3)).tolist()
    assert np.isnan(slope(pinv, [[NAN, 1.0], [1.0, 2.0]])).all()


# --- diagonals and products -------------------------------------------------------------------


def test_triangles_and_diagonals_drop_what_they_drop() -> None:
    a = np.array([[1.0, INF], [NAN, 2.0]])
    x = variable((2, 2))
    lower, upper, both, total = evaluate_all(
        [tril(x, -1), triu(x, 1), diagonal(x), trace(x)], {x: a}
    )
    np.testing.assert_array_equal(lower, [[0, 0], [NAN, 0]])
    np.testing.assert_array_equal(upper, [[0, INF], [0, 0]])
    assert both.tolist() == [1, 2]
    assert total == 3
    y = tril(x) * constant(np.array([[1.0, INF], [1.0, 1.0]]))
    np.testing.assert_array_equal(evaluate(gradient(sum_(y), x), {x: np.eye(2)}), [[1, 0], [1, 1]])


@pytest.mark.parametrize("offset", [-5, -2, -1, 0, 1, 2, 5])
@pytest.mark.parametrize("shape", [(2, 3), (3, 2), (1, 1), (0, 2), (2, 0), (2, 3, 2)])
def test_diagonals_and_triangles_with_offsets(offset: int, shape: Shape) -> None:
    a = RANDOM.normal(size=shape)
    x = variable(shape)
    found = evaluate_all([diagonal(x, offset), tril(x, offset), triu(x, offset)], {x: a})
    wanted = np.diagonal(a, offset, -2, -1), np.tril(a, offset), np.triu(a, offset)
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(one, other)
    again = slope(lambda m: diagonal(m, offset), a)
    mask = np.tril(np.ones(shape), offset) * np.triu(np.ones(shape), offset)
    np.testing.assert_array_equal(again, mask)


@pytest.mark.parametrize(
    ("build", "shapes", "message"),
    [
        (inverse, ((2, 3),), r"inverse needs a square matrix, and \(2 × 3\) has 2 rows and 3 col"),
        (det, ((3,),), r"det needs a matrix, or a stack of matrices, not \(3\)"),
        (log_abs_det, ((2, 3),), "square"),
        (cholesky, ((2, 3),), "square"),
        (eigvalsh, ((2, 1),), "square"),
        (lambda a: eigvalsh(a, "X"), ((2, 2),), "L or U"),
        (solve, ((2, 3), (2,)), "square"),
        (solve, ((3, 3), (2,)), r"\(3 × 3\) and \(2\) do not fit as A x = b"),
        (solve, ((3, 3), (2, 3)), r"\(3 × 3\) and \(2 × 3\) do not fit"),
        (solve, ((2, 3, 3), (4, 3, 1)), "do not fit"),
        (solve, ((3, 3), ()), "a number do not fit"),
        (cofactors, ((2, 2), (3, 3)), r"\(3 × 3\) is no direction for \(2 × 2\)"),
        (trace, ((2,),), "not \\(2\\)"),
        (lambda a: diagonal(a, 0, 0, 3), ((2, 2),), "axis 3"),
        (lambda a: diagonal(a, 0, 1, -1), ((2, 2),), "named twice"),
        (diag, ((2, 2, 2),), "vector or a matrix"),
        (PlaceDiagonal((2, 2)), ((3,),), r"2 entries; \(3\) does not fit"),
        (cross, ((3,), (2,)), r"three entries, not \(3\) and \(2\)"),
        (lambda a: matrix_power(a, 2), ((2, 3),), "square"),
        (lambda a, b: tensordot(a, b, ((0,), (0,))), ((2, 3), (3, 2)), "differ in length"),
        (lambda a, b: multi_dot((a, b, a)), ((2, 3), (2, 3)), "neighbours"),
    ],
)
def test_shapes_that_do_not_fit_are_named(build: Any, shapes: Any, message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        build(*map(variable, shapes))


def test_a_vector_product_keeps_infinity_where_it_is() -> None:
    a, b = variable((3,)), variable((3,))
    found = evaluate(cross(a, b), {a: np.array([INF, 0, 0]), b: np.array([1.0, 0, 2.0])})
    np.testing.assert_array_equal(found, [0, -INF, NAN])


def test_many_axes() -> None:
    """Letters do not run out, and a batch of tangents adds its own."""
    shape = (1, 2) * 4
    a, b = variable(shape), variable((2, 1) * 4)
    y = kron(a, b)
    given = {a: RANDOM.normal(size=shape), b: RANDOM.normal(size=b.shape)}
    np.testing.assert_allclose(evaluate(y, given), np.kron(*given.values()))
    found = evaluate(multiplied_out(jacobian(sum_(y), a)), given)
    np.testing.assert_allclose(found, np.full(shape, given[b].sum()))
    x = variable((1,) * 6 + (2, 2))
    value = evaluate(inverse(x + broadcast(eye(2), to=x.shape)), {x: np.ones(x.shape)})
    np.testing.assert_allclose(value[(0,) * 6], [[2 / 3, -1 / 3], [-1 / 3, 2 / 3]])
