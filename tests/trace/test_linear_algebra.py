"""The adapters of NumPy's products and of numpy.linalg: NumPy's own values, shapes and types."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.trace.comparing import opened

from chainrule.errors import ChainruleError, DataProblem, ShapeError
from chainrule.graph.node import Array, Node, variable
from chainrule.run.interpreter import evaluate_all
from chainrule.trace.letters import explicit
from chainrule.trace.products import OUTERS
from chainrule.trace.table import adapter_of

RANDOM = np.random.default_rng(5)


def drawn(*shape: int, dtype: Any = np.float64) -> Array:
    return RANDOM.normal(size=shape).astype(dtype)


def definite(*shape: int) -> Array:
    a = drawn(*shape)
    return a @ np.swapaxes(a, -1, -2) + np.eye(shape[-1])


def agrees(adapter: Any, function: Any, *args: Any, **kwargs: Any) -> None:
    """What the adapter builds has NumPy's values up to rounding, and its shapes and types."""
    given: dict[Node, Array] = {}
    found = adapter(*opened(list(args), given), **kwargs)
    wanted = function(*args, **kwargs)
    if isinstance(wanted, tuple):
        assert type(found) is type(wanted)
    else:
        found, wanted = (found,), (wanted,)
    for node, value, other in zip(found, evaluate_all(found, given), wanted, strict=True):
        assert (node.shape, node.dtype) == (value.shape, value.dtype)
        assert (value.shape, value.dtype) == (np.shape(other), np.asarray(other).dtype)
        rounding = 1e-5 if value.dtype == np.float32 else 1e-12
        np.testing.assert_allclose(value, other, rtol=rounding, atol=rounding)


S, X, Y, M, N, T = drawn(), drawn(3), drawn(3), drawn(2, 3), drawn(3, 4), drawn(4, 2, 3)
SQUARE, SQUARES = drawn(3, 3) + 4 * np.eye(3), drawn(2, 3, 3) + 4 * np.eye(3)

CALLS: list[tuple[Any, ...]] = [
    (np.matmul, M, N),
    (np.matmul, X, N),
    (np.matmul, T, N),
    (np.matmul, drawn(4, 1, 2, 3), drawn(5, 3, 2)),
    (np.linalg.matmul, M, X),
    (np.vecdot, M, X),
    (np.vecdot, M, M),
    (np.dot, X, Y),
    (np.dot, S, M),
    (np.dot, M, S),
    (np.dot, 2.0, M),
    (np.dot, M, X),
    (np.dot, T, N),
    (np.dot, T, X),
    (np.dot, X, drawn(2, 3, 4)),
    (np.dot, T, drawn(5, 3, 4)),
    (np.inner, X, Y),
    (np.inner, S, M),
    (np.inner, M, drawn(5, 3)),
    (np.inner, T, M),
    (np.inner, T, X),
    (np.vdot, M, drawn(3, 2)),
    (np.vdot, X, Y),
    (np.outer, X, M),
    (np.outer, S, X),
    (np.linalg.outer, X, Y),
    (np.tensordot, T, drawn(2, 3, 5)),
    (np.tensordot, X, Y, 0),
    (np.tensordot, T, N, 1),
    (np.tensordot, T, drawn(3, 4, 5), ([0, -1], [1, 0])),
    (np.tensordot, T, N, (2, 0)),
    (np.linalg.tensordot, M, M),
    (np.kron, M, N),
    (np.kron, X, Y),
    (np.kron, M, X),
    (np.kron, S, M),
    (np.kron, S, 2.0),
    (np.cross, X, Y),
    (np.cross, M, X),
    (np.cross, drawn(3, 2), drawn(3, 2), 0, 0),
    (np.cross, drawn(3, 2), drawn(2, 3), 0, 1, 0),
    (np.linalg.cross, M, M),
    (np.linalg.multi_dot, [M, N, drawn(4, 1)]),
    (np.linalg.multi_dot, [X, N, drawn(4)]),
    (np.linalg.multi_dot, [M, N]),
    (np.linalg.multi_dot, [X, Y]),
    (np.linalg.matrix_power, SQUARE, 0),
    (np.linalg.matrix_power, SQUARE, 1),
    (np.linalg.matrix_power, SQUARES, 5),
    (np.linalg.matrix_power, SQUARES, -3),
    (np.einsum, "ij,jk->ik", M, N),
    (np.einsum, "ij,jk", M, N),
    (np.einsum, "kj,ji", drawn(2, 3), N),
    (np.einsum, "ii", SQUARE),
    (np.einsum, "ii->i", SQUARE),
    (np.einsum, "ij->", M),
    (np.einsum, "ba", M),
    (np.einsum, "i , i", X, Y),
    (np.einsum, "...ij,...jk", T, N),
    (np.einsum, "...ij->...ji", T),
    (np.einsum, "i...->...", T),
    (np.einsum, "...,...", T, X),
    (np.einsum, "...i,...i->...", M, X),
    (np.einsum, "a...b,b...->...a", T, drawn(3, 2)),
    (np.einsum, "ij,ij->ij", drawn(1, 3), M),
    (np.einsum, ",i", S, X),
    (np.einsum, "ij,jk,kl->il", M, N, drawn(4, 2)),
    (np.diag, X),
    (np.diag, X, -2),
    (np.diag, N, 1),
    (np.diagflat, M, 1),
    (np.diagonal, M),
    (np.diagonal, T, 1, 2, 0),
    (np.diagonal, M, 7),
    (np.linalg.diagonal, T),
    (np.trace, M),
    (np.trace, T, 1),
    (np.trace, T, 0, -1, 0),
    (np.linalg.trace, T),
    (np.tril, M),
    (np.tril, T, -1),
    (np.tril, X),
    (np.triu, N, 1),
    (np.triu, X, -1),
    (np.linalg.matrix_transpose, T),
    (np.linalg.inv, SQUARES),
    (np.linalg.solve, SQUARE, X),
    (np.linalg.solve, SQUARE, N),
    (np.linalg.solve, SQUARES, X),
    (np.linalg.solve, SQUARES, N),
    (np.linalg.solve, SQUARE, drawn(2, 3, 1)),
    (np.linalg.solve, drawn(2, 1, 3, 3), drawn(4, 3, 2)),
    (np.linalg.solve, drawn(4, 1, 3, 3), drawn(1, 5, 3, 2)),
    (np.linalg.det, SQUARES),
    (np.linalg.slogdet, SQUARES),
    (np.linalg.cholesky, definite(2, 3, 3)),
    (np.linalg.cholesky, SQUARE),
    (np.linalg.eigh, SQUARES),
    (np.linalg.eigh, SQUARE, "u"),
    (np.linalg.eigvalsh, SQUARE),
    (np.linalg.eigvalsh, SQUARE, "U"),
    (np.linalg.qr, N),
    (np.linalg.qr, drawn(4, 2)),
    (np.linalg.qr, drawn(2, 4, 2), "r"),
    (np.linalg.qr, drawn(2, 2, 4), "r"),
    (np.linalg.qr, SQUARE, "complete"),
    (np.linalg.qr, N, "complete"),
    (np.linalg.svd, SQUARE),
    (np.linalg.svd, T, False),
    (np.linalg.svd, N, True, False),
    (np.linalg.svdvals, T),
    (np.linalg.pinv, T),
    (np.linalg.pinv, np.outer(X, Y)),
]


def described(call: tuple[Any, ...]) -> str:
    shown = [list(part.shape) if isinstance(part, np.ndarray) else part for part in call[1:]]
    return f"{call[0].__name__} {shown}"


@pytest.mark.parametrize("call", CALLS, ids=described)
def test_numpy_says_the_same(call: tuple[Any, ...]) -> None:
    function, *args = call
    agrees(adapter_of(function), function, *args)


@pytest.mark.parametrize("call", CALLS, ids=described)
def test_float32_stays_float32(call: tuple[Any, ...]) -> None:
    function, *args = call

    def narrow(part: Any) -> Any:
        if isinstance(part, list):
            return [narrow(one) for one in part]
        return np.float32(part) if isinstance(part, np.ndarray) else part

    found = adapter_of(function)(*opened([narrow(one) for one in args], {}))  # type: ignore[misc]
    for node in found if isinstance(found, tuple) else (found,):
        assert node.dtype == np.float32


@pytest.mark.parametrize(
    ("function", "args", "settings"),
    [
        (np.cross, (drawn(3, 2), drawn(3, 2)), {"axis": 0}),
        (np.linalg.cross, (drawn(3, 2), drawn(3, 2)), {"axis": 0}),
        (np.vecdot, (M, M), {"axis": 0}),
        (np.linalg.vecdot, (M, M), {"axis": 0}),
        (np.tensordot, (M, N), {"axes": 1}),
        (np.einsum, ("ij,jk->ik", M, N), {"optimize": True}),
        (np.linalg.trace, (T,), {"offset": 1}),
        (np.linalg.diagonal, (T,), {"offset": -1}),
        (np.linalg.cholesky, (definite(2, 3, 3),), {"upper": True}),
        (np.linalg.cholesky, (definite(3, 3) + np.tril(np.ones((3, 3)), -1),), {"upper": True}),
        (np.linalg.eigh, (SQUARE,), {"UPLO": "U"}),
    ],
)
def test_settings_by_name(function: Any, args: Any, settings: Any) -> None:
    agrees(adapter_of(function), function, *args, **settings)


@pytest.mark.parametrize(
    "operands", [(M, [0, 1], N, [1, 2], [0, 2]), (M, [0, 1], N, [1, 2]), (T, [..., 0], X, [0])]
)
def test_einsum_takes_lists_of_axes(operands: tuple[Any, ...]) -> None:
    agrees(adapter_of(np.einsum), np.einsum, *operands)


@pytest.mark.parametrize("name", ["matvec", "vecmat"])
def test_products_of_stacks_with_vectors(name: str) -> None:
    function = getattr(np, name, None)
    if function is None:
        pytest.skip("a later NumPy has it")
    for lead in ((), (2,), (4, 1)):
        agrees(adapter_of(function), function, *_stacks(name, lead))


def _stacks(name: str, lead: tuple[int, ...]) -> tuple[Array, Array]:
    a, x = drawn(*lead, 3, 3), drawn(2, 3)
    return (a, x) if name == "matvec" else (x, a)


@pytest.mark.parametrize(
    "ufunc", [np.multiply, np.add, np.subtract, np.divide, np.maximum, np.less]
)
@pytest.mark.parametrize("shapes", [((3,), (2,)), ((2, 3), (2,)), ((), (3,)), ((2,), ())])
def test_outer_of_a_ufunc(ufunc: np.ufunc, shapes: Any) -> None:
    agrees(OUTERS[ufunc], ufunc.outer, *[drawn(*shape) for shape in shapes])


def test_einsum_is_spelled_out() -> None:
    assert explicit("...a,...b", [(2, 3), (4,)]) == (["ca", "b"], "cab")
    assert explicit("ki,kj", [(1, 2), (1, 3)]) == (["ki", "kj"], "ij")


@pytest.mark.parametrize(
    ("kind", "message", "function", "args"),
    [
        (ShapeError, r"square matrix, and \(2 × 3\) has 2 rows and 3 columns", np.linalg.inv, (M,)),
        (ShapeError, r"not \(3\)", np.linalg.det, (X,)),
        (ShapeError, r"not \(3\)", np.linalg.slogdet, (X,)),
        (ShapeError, r"not \(3\)", np.linalg.qr, (X,)),
        (ShapeError, "not a number", np.trace, (S,)),
        (ShapeError, "do not fit as A x = b", np.linalg.solve, (SQUARE, M)),
        (ShapeError, "do not fit as A x = b", np.linalg.solve, (SQUARE, S)),
        (ShapeError, r"\(2 × 3\)", np.linalg.solve, (M, X)),
        (ShapeError, r"\(2 × 3\)", np.linalg.cholesky, (M,)),
        (ShapeError, r"\(2 × 3\)", np.linalg.eigh, (M,)),
        (ShapeError, "three entries", np.cross, (drawn(2), drawn(2))),
        (ShapeError, "a number", np.cross, (S, X)),
        (ShapeError, "vector or a matrix", np.diag, (T,)),
        (ShapeError, "axis", np.diagonal, (T, 0, 0, 3)),
        (ShapeError, "named twice", np.diagonal, (T, 0, 1, 1)),
        (ShapeError, "differ in length", np.tensordot, (M, N)),
        (ShapeError, "3 axes", np.tensordot, (M, N, 3)),
        (ShapeError, "do not fit as neighbours", np.linalg.multi_dot, ([M, M, N],)),
        (ShapeError, "array 1 is", np.linalg.multi_dot, ([M, X, N],)),
        (ShapeError, "two arrays or more", np.linalg.multi_dot, ([M],)),
        (ShapeError, "terms for", np.einsum, ("ij,jk", M)),
        (ShapeError, "does not name the axes", np.einsum, ("ijk", M)),
        (ShapeError, "does not name the axes", np.einsum, ("i...jk", M)),
        (ShapeError, "needs the ...", np.einsum, ("...i->i", M)),
        (ShapeError, "'j'", np.einsum, ("ij,jk", M, M)),
        (ShapeError, "do not fit", np.vecdot, (X, drawn(1))),
        (DataProblem, "whole number", np.linalg.matrix_power, (SQUARE, 2.0)),
        (DataProblem, "'L' or 'U'", np.linalg.eigh, (SQUARE, "X")),
        (DataProblem, "have no derivative", np.linalg.qr, (drawn(3, 2), "complete")),
        (DataProblem, "have no derivative", np.linalg.svd, (M,)),
        (DataProblem, "rcond= is not taken", np.linalg.pinv, (M, 1e-3)),
        (DataProblem, "mode", np.linalg.qr, (M, "raw")),
    ],
)
def test_refusals_say_what_was_found(
    kind: type[ChainruleError], message: str, function: Any, args: Any
) -> None:
    with pytest.raises(kind, match=message):
        adapter_of(function)(*opened(list(args), {}))  # type: ignore[misc]


@pytest.mark.parametrize(
    ("function", "args"),
    [(np.matmul, (M, N)), (np.dot, (M, N)), (np.outer, (X, Y)), (np.trace, (M,))],
)
def test_an_array_to_write_to_is_refused(function: Any, args: Any) -> None:
    with pytest.raises(DataProblem, match="out= is not taken"):
        adapter_of(function)(*opened(list(args), {}), out=np.zeros(3))  # type: ignore[misc]


def test_what_was_written_is_what_is_built() -> None:
    a, b = variable((2, 3)), variable((3, 4))
    names = [
        adapter_of(function)(a, b).operation.name  # type: ignore[misc]
        for function in (np.matmul, np.dot, np.kron)
    ]
    assert names == ["matmul", "matmul", "kron"]
