"""The sparse Jacobian of a 2-D Laplacian on 100 × 100 points, against dense JAX.

    r(u) = 4u − u_north − u_south − u_west − u_east − h² exp(u),   u = 0 on the border

Each of the 10,000 equations has at most five unknowns: 49,600 entries of 100 million.  JAX, which
has no sparse Jacobian, computes all of them: jacrev or jacfwd, compiled, whichever is faster.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

import chainrule as cr
from benchmarks.figures import Figure, in_turn, seconds

SIDE = 100
RUNS = 9
Residual = Callable[[Any], Any]


def residual_in(numpy: Any) -> Residual:
    """The residual, written with NumPy or with a namespace like it."""
    h = 1 / (SIDE + 1)

    def residual(u: Any) -> Any:
        v = numpy.pad(u, 1)
        inner = v[1:-1, 1:-1]
        neighbours = v[2:, 1:-1] + v[:-2, 1:-1] + v[1:-1, 2:] + v[1:-1, :-2]
        return 4 * inner - neighbours - h**2 * numpy.exp(inner)

    return residual


def measure_laplacian() -> list[Figure]:
    """`cr.jacobian(residual)(u).tocsr()`: the first call, and those that follow."""
    u = np.random.default_rng(0).normal(size=(SIDE, SIDE))
    residual = residual_in(np)

    def sparse() -> Any:
        return cr.jacobian(residual)(u).tocsr()

    first = seconds(sparse)
    found = sparse()
    assert (abs(found - _by_hand(u)) > 1e-12).nnz == 0
    assert np.array_equal(found.indices, _by_hand(u).indices)
    figures = [
        Figure("entries of the Jacobian of a Laplacian, 100 × 100 points", found.nnz, "", 49_600),
        Figure("the first call, SciPy's import in it", first * 1e3, "ms"),
    ]
    dense = _compiled_in_jax(u, figures)
    if dense is None:
        print("JAX is not installed: the Laplacian is not compared with it", file=sys.stderr)
        ours = min(seconds(sparse) for _ in range(RUNS))
        return [*figures, Figure("a later call", ours * 1e3, "ms")]
    _check_against(dense(), found)
    ours, theirs, ratio = in_turn(sparse, dense, RUNS)
    return [
        *figures,
        Figure("a later call", ours * 1e3, "ms"),
        Figure("a later call of dense JAX", theirs * 1e3, "ms"),
        Figure("sparse / dense JAX, later calls", ratio, "x", 0.01),
        Figure("sparse / dense JAX, first calls", first * 1e3 / figures[-1].value, "x"),
    ]


def _by_hand(u: np.ndarray) -> Any:
    """The five-point matrix as textbooks build it: a sum of Kronecker products."""
    from scipy import sparse

    line = sparse.diags_array([-1.0, 2.0, -1.0], offsets=[-1, 0, 1], shape=(SIDE, SIDE))
    one = sparse.eye_array(SIDE)
    nonlinear = sparse.diags_array(np.exp(u).ravel() / (SIDE + 1) ** 2)
    found = (sparse.kron(line, one) + sparse.kron(one, line) - nonlinear).tocsr()
    found.sort_indices()
    return found


def _compiled_in_jax(u: np.ndarray, figures: list[Figure]) -> Callable[[], Any] | None:
    """The faster of JAX's two dense Jacobians, ready to run; its first call is a figure."""
    try:
        import jax
    except ImportError:
        return None
    jax.config.update("jax_enable_x64", True)
    residual = residual_in(jax.numpy)

    def side(jacobian: Any) -> Callable[[], Any]:
        compiled = jax.jit(jacobian(residual))
        return lambda: compiled(u).block_until_ready()

    sides = [side(jax.jacrev), side(jax.jacfwd)]
    firsts = [seconds(each) for each in sides]
    figures.append(Figure("the first call of dense JAX", min(firsts) * 1e3, "ms"))
    return min(sides, key=lambda each: min(seconds(each) for _ in range(2)))


def _check_against(dense: Any, found: Any) -> None:
    size = SIDE * SIDE
    entries = np.asarray(dense).reshape(size, size)
    rows, columns = found.nonzero()
    assert np.allclose(entries[rows, columns], found.data, rtol=1e-12)
    assert np.count_nonzero(entries) == found.nnz
