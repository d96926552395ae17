"""Sparse matrices: the right numbers, an entry wherever there is a path, and nowhere else."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given as drawn
from hypothesis import settings
from tests.differentiate.test_programs import Program, programs
from tests.ops.cases import CASES
from tests.ops.row import Row

from chainrule.differentiate.jacobian import jacobian
from chainrule.differentiate.maps import matrix
from chainrule.differentiate.walk import gradient
from chainrule.errors import DataProblem
from chainrule.functions.linear_map import held_nodes
from chainrule.graph.node import Array, Node, Shape, constant, variable
from chainrule.jacobians.kinds import (
    Block,
    Dense,
    Diagonal,
    LinearMap,
    Mask,
    Product,
    Section,
    Sum,
    SumOver,
    Transposed,
    Zero,
)
from chainrule.ops.activation import relu, tanh
from chainrule.ops.convolution import conv2d
from chainrule.ops.cumulative import cumsum, recurrence
from chainrule.ops.elementary import exp, sin
from chainrule.ops.indexing import section_of
from chainrule.ops.normalizing import softmax
from chainrule.ops.reduction import sum_
from chainrule.ops.solving import solve
from chainrule.ops.sorting import sort
from chainrule.ops.transposition import transpose
from chainrule.run import sparse as sparse_matrices
from chainrule.run.interpreter import evaluate_all
from chainrule.run.sparse import csr, diagonal

Given = dict[Node, Array]


def numbers_of(map_: LinearMap, given: Given) -> Given:
    """The numbers of the nodes a map holds."""
    held = held_nodes(map_)
    return dict(zip(held, evaluate_all(held, given), strict=True))


def sparse(map_: LinearMap, given: Given | None = None) -> Any:
    """The map's matrix in float64."""
    return csr(map_, numbers_of(map_, given or {}), np.dtype(np.float64))


def pattern(found: Any) -> Array:
    """Where there is an entry."""
    marked = found.copy()
    marked.data[:] = 1
    return np.asarray(marked.toarray()) != 0


def check_map(map_: LinearMap, given: Given) -> None:
    """The sparse matrix holds the entries of the dense one, and its diagonal."""
    found = sparse(map_, given)
    (wanted,) = evaluate_all([matrix(map_)], given)
    assert found.shape == wanted.shape
    assert found.has_canonical_format
    np.testing.assert_allclose(found.toarray(), wanted, rtol=1e-12, atol=1e-13)
    assert np.all(np.abs(wanted[~pattern(found)]) < 1e-14)  # elsewhere lies rounding, at most
    across = diagonal(map_, numbers_of(map_, given), np.dtype(np.float64))
    np.testing.assert_allclose(across, np.diagonal(wanted), rtol=1e-12, atol=1e-13)


SMOOTH = [case for case in CASES if case[0].smooth]


@pytest.mark.parametrize("case", SMOOTH, ids=lambda c: f"{c[0].name} {c[1]}")
def test_every_operation_has_a_sparse_jacobian(case: tuple[Row, tuple[Shape, ...]]) -> None:
    row, shapes = case
    inputs = row.inputs(shapes)
    output = row.build(*inputs)
    given = dict(zip(inputs, row.values(shapes), strict=True))
    for node in inputs:
        check_map(jacobian(output, node), given)
        check_map(Transposed(jacobian(output, node)), given)


@drawn(programs)
@settings(max_examples=60)
@pytest.mark.filterwarnings("ignore::chainrule.errors.BroadcastWarning")
def test_random_programs(program: Program) -> None:
    for node in program.inputs:
        check_map(jacobian(program.output, node), program.given)
        whole = Block(program.output, node)
        if not isinstance(jacobian(program.output, node), Zero):
            check_map(whole, program.given)


def a_section(*entries: int | slice, shape: Shape) -> Section:
    index, part = section_of(entries, shape)
    return Section(index, shape, part)


def test_the_stencil_of_a_laplacian() -> None:
    side = 7
    u = variable((side + 2, side + 2))
    inner = u[1:-1, 1:-1]
    around = u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2]
    map_ = jacobian(4 * inner - around - 0.01 * exp(inner), u)
    padded = Transposed(a_section(slice(1, -1), slice(1, -1), shape=u.shape))
    values = np.random.default_rng(0).normal(size=u.shape)
    found = sparse(Product((map_, padded)), {u: values})
    line = 2 * np.eye(side) - np.eye(side, k=1) - np.eye(side, k=-1)
    wanted = np.kron(line, np.eye(side)) + np.kron(np.eye(side), line)
    np.testing.assert_array_equal(pattern(found), wanted != 0)
    wanted -= np.diag(0.01 * np.exp(values[1:-1, 1:-1]).ravel())
    np.testing.assert_allclose(found.toarray(), wanted, rtol=1e-14)


X, W = variable((4, 3)), variable((3, 2))
PATTERNS = {
    "rows through a matrix": (X @ W, X, np.kron(np.eye(4), np.ones((2, 3)))),
    "the matrix they go through": (X @ W, W, np.kron(np.ones((4, 3)), np.eye(2))),
    "softmax by rows": (softmax(X), X, np.kron(np.eye(4), np.ones((3, 3)))),
    "differences": (X[1:] - X[:-1], X, np.eye(9, 12) + np.eye(9, 12, k=3)),
    "cumulative sums": (cumsum(X, axis=1), X, np.kron(np.eye(4), np.tri(3))),
    "a transpose": (transpose(W), W, np.eye(6)[[0, 2, 4, 1, 3, 5]]),
    "a sum down the columns": (sum_(X, axis=0), X, np.kron(np.ones(4), np.eye(3))),
    "what cancels": (tanh(X) - tanh(X) + 0 * X, X, np.eye(12)),
}


@pytest.mark.parametrize("name", PATTERNS)
def test_patterns_are_exact(name: str) -> None:
    output, wrt, wanted = PATTERNS[name]
    random = np.random.default_rng(1)
    given = {node: random.normal(size=node.shape) for node in (X, W)}
    zeros = {node: np.zeros(node.shape) for node in (X, W)}
    for values in (given, zeros):  # whatever the numbers
        found = sparse(jacobian(output, wrt), values)
        np.testing.assert_array_equal(pattern(found), wanted != 0)
        assert found.nnz == np.count_nonzero(wanted)


def test_what_cancels_in_a_sum_and_in_a_product_stays() -> None:
    a, b = variable((2, 2)), variable((2, 2))
    one, other = [Dense(node, (2,), (2,)) for node in (a, b)]
    given = {a: np.array([[1.0, -1.0], [2.0, 0.0]]), b: np.array([[1.0, 1.0], [1.0, 1.0]])}
    found = sparse(Product((one, other)), given)
    assert found.toarray().tolist() == [[0, 0], [2, 2]]
    assert found.nnz == 4
    opposite = {a: given[a], b: -given[a]}
    assert sparse(Sum((one, other)), opposite).nnz == 4


def test_a_sort_is_a_permutation() -> None:
    x = variable((50,))
    values = np.random.default_rng(2).normal(size=50)
    found = sparse(jacobian(sort(x), x), {x: values})
    assert found.nnz == 50
    np.testing.assert_array_equal(found.indices, np.argsort(values))
    assert (found.data == 1).all()


def test_a_mask_keeps_the_pattern_and_drops_what_is_infinite() -> None:
    x, slopes = variable((4,)), variable((4,))
    map_ = Product((Mask(x > 0), Diagonal(slopes), a_section(slice(None, None, -1), shape=(4,))))
    later = Product((Diagonal(slopes), a_section(slice(None, None, -1), shape=(4,)), Mask(x > 0)))
    for here in (map_, later):
        hidden = -1.0 if here is map_ else 1.0
        given = {x: np.array([-hidden, 1, 1, hidden]), slopes: np.array([1.0, 2, 3, np.inf])}
        found = sparse(here, given)
        assert found.nnz == 4
        assert np.isfinite(found.data[:3]).all()
        assert found.data[3] == 0
    given[x] = np.full(4, -1.0)
    assert sparse(jacobian(relu(x), x), given).nnz == 4


def test_entries_that_happen_to_be_zero_are_stored() -> None:
    kernel, image = variable((1, 1, 2, 2)), variable((1, 1, 4, 4))
    by_image = jacobian(conv2d(image, kernel, padding=1), image)
    given = {kernel: np.zeros(kernel.shape), image: np.ones(image.shape)}
    assert sparse(by_image, given).nnz == 16 * 4
    a, b = variable((4,)), variable((4,))
    given = {a: np.zeros(4), b: np.ones(4)}
    assert sparse(jacobian(recurrence(a, b), b), given).nnz == 10  # known by probing alone


def test_a_block_is_walked_forward() -> None:
    x = variable((5, 2))
    y = x
    for _ in range(300):  # as deep as wide: each node has two paths
        y = y + 0.01 * sin(y) * y[:, ::-1]
    whole = Block(y, x)
    found = sparse(whole, {x: np.ones((5, 2))})
    np.testing.assert_array_equal(pattern(found), np.kron(np.eye(5), np.ones((2, 2))) != 0)


def test_rows_cost_as_much_as_there_are() -> None:
    count = 20_000
    x, w = variable((count, 5)), variable((5, 4))
    random = np.random.default_rng(3)
    given = {x: random.normal(size=x.shape), w: random.normal(size=w.shape)}
    maps = {
        jacobian(x @ w, x): 20,
        jacobian(softmax(x), x): 25,
        jacobian(cumsum(tanh(x), axis=1), x): 15,
        jacobian(gradient(sum_(tanh(x @ w) ** 2), x), x): 25,
        jacobian(solve(constant(np.eye(5) + 0.1), x, vectors=True), x): 25,
    }
    for map_, a_row in maps.items():
        numbers = numbers_of(map_, given)
        assert sum(value.size for value in numbers.values()) <= 6 * count * 5
        assert csr(map_, numbers, x.dtype).nnz == a_row * count
        assert diagonal(map_, numbers, x.dtype).shape[0] <= count * 5


def test_a_low_rank_matrix_is_not_multiplied_out_for_its_diagonal() -> None:
    size = 50_000
    a = variable((size,))
    column, row = Dense(a, (size,), ()), Transposed(Dense(a, (size,), ()))
    numbers = {a: np.linspace(0, 1, size)}
    across = diagonal(Product((column, row)), numbers, a.dtype)
    np.testing.assert_allclose(across, numbers[a] ** 2)


def test_precision_is_kept() -> None:
    x, w = variable((4, 3), "float32"), variable((3, 2), "float32")
    map_ = jacobian(cumsum(relu(x @ w) + softmax(x @ w), axis=1), x)
    given = {x: np.ones((4, 3), "float32"), w: np.ones((3, 2), "float32")}
    numbers = numbers_of(map_, given)
    assert csr(map_, numbers, x.dtype).dtype == np.float32
    assert diagonal(map_, numbers, x.dtype).dtype == np.float32
    with pytest.raises(DataProblem, match="float16"):
        csr(map_, numbers, np.dtype(np.float16))


def test_patterns_are_kept_for_the_next_numbers() -> None:
    x = variable((6,))
    map_ = jacobian(sort(sin(x)) + relu(x)[::-1] * x, x)
    for seed in range(4):
        given = {x: np.random.default_rng(seed).normal(size=6)}
        check_map(map_, given)
        check_map(map_, given)
        found = sparse(map_, given)
        found.data[:] = np.nan  # the caller's own
        found.indices[:] = 0
    check_map(map_, given)


def test_large_patterns_are_found_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sparse_matrices, "MOST_KEPT", 3)
    x = variable((4,))
    map_ = jacobian(x[1:] * x[:-1], x)
    check_map(map_, {x: np.arange(4.0)})
    assert "_sparse" not in map_.__dict__


@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0)])
def test_nothing(shape: Shape) -> None:
    x = variable(shape)
    for output in (sin(x), x[:0], sum_(x, axis=0), transpose(x) if x.ndim == 2 else x, cumsum(x)):
        check_map(jacobian(output, x), {x: np.zeros(shape)})
    check_map(SumOver((0,), shape, shape[1:]), {})


def test_without_scipy(monkeypatch: pytest.MonkeyPatch) -> None:
    x = variable((3,))
    map_ = jacobian(x[::-1] * sin(x), x)
    numbers = numbers_of(map_, {x: np.array([1.0, 2.0, 3.0])})
    wanted = diagonal(map_, numbers, x.dtype)
    for name in [name for name in sys.modules if name.partition(".")[0] == "scipy"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "scipy", None)
    with pytest.raises(DataProblem, match=r"pip install chainrule\[sparse\]"):
        csr(map_, numbers, x.dtype)
    np.testing.assert_allclose(diagonal(map_, numbers, x.dtype), wanted)
    monkeypatch.setattr(sparse_matrices, "MOST_DENSE", 8)
    with pytest.raises(DataProblem, match="SciPy"):
        diagonal(map_, numbers, x.dtype)
