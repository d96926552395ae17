"""The array namespace of the NumPy interpreter: NumPy's functions, and the few it lacks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.errors import DomainProblem
from chainrule.graph.node import Array, Shape
from chainrule.run.error_function import erf, erfc

__all__ = ["add_windows", "erf", "erfc", "place", "scan", "scatter_add", "take", "windows"]


def __getattr__(name: str) -> Any:
    found = globals()[name] = getattr(np, name)  # kept, so that this is asked once a name
    return found


def scatter_add(rows: Array, positions: Array, size: int) -> Array:
    """Zeros of length `size` along the last axis, with `rows[..., i]` added at `positions[i]`."""
    _check_positions(positions, size)
    result = np.zeros((*rows.shape[:-1], size), rows.dtype)
    np.add.at(np.moveaxis(result, -1, 0), positions, np.moveaxis(rows, -1, 0))
    return result


def take(rows: Array, positions: Array, axis: int) -> Array:
    """`rows[..., positions]` for the last axis."""
    _check_positions(positions, rows.shape[axis])
    return np.take(rows, positions, axis=axis)


def _check_positions(positions: Array, size: int) -> None:
    outside = (positions < 0) | (positions >= size)
    if np.any(outside):
        found = int(np.asarray(positions)[outside].flat[0])
        raise DomainProblem(f"position {found} lies outside an array of {size:,} entries")


def place(value: Array, index: tuple[int | slice, ...], shape: Shape) -> Array:
    """Zeros of `shape` with `value` at `index`."""
    result = np.zeros(shape, value.dtype)
    result[index] = value
    return result


# --- windows of images: convolution, pooling -------------------------------------------------


def windows(images: Array, size: Shape, stride: Shape, dilation: Shape) -> Array:
    """The windows of the last two axes as a read-only view of shape (…, P, Q, h, w).

    `windows[…, p, q, i, j]` is `images[…, p·stride + i·dilation, q·stride + j·dilation]`, axis by
    axis; windows that do not fit are left out.
    """
    spans = [(n - 1) * step + 1 for n, step in zip(size, dilation, strict=True)]
    every = np.lib.stride_tricks.sliding_window_view(images, spans, (-2, -1))
    return every[..., :: stride[0], :: stride[1], :: dilation[0], :: dilation[1]]


def add_windows(parts: Array, to: Shape, stride: Shape, dilation: Shape) -> Array:
    """Zeros with the last two axes `to`, and every window added where `windows` takes it from."""
    *lead, high, wide, rows, columns = parts.shape
    result = np.zeros((*lead, *to), parts.dtype)
    for i, j in np.ndindex(rows, columns):
        top, left = i * dilation[0], j * dilation[1]
        bottom, right = top + high * stride[0], left + wide * stride[1]
        result[..., top : bottom : stride[0], left : right : stride[1]] += parts[..., i, j]
    return result


def recurrence(factors: Array, terms: Array, axis: int) -> Array:
    """y_i = factors_i · y_(i-1) + terms_i along an axis, starting at y_0 = terms_0."""
    steps = np.moveaxis(factors, axis, 0)
    result = np.moveaxis(terms, axis, 0).copy()
    for at in range(1, len(result)):
        result[at] += steps[at] * result[at - 1]
    return np.moveaxis(result, 0, axis)


# --- positions, and entries put in the place of others ----------------------------------------


def wrapped(positions: Array, length: int) -> Array:
    """Positions along an axis of that length, those below 0 counted from its end.

    Raises:
        DomainProblem: one lies outside the axis.
    """
    whole = np.asarray(positions, np.int64)
    outside = (whole < -length) | (whole >= length)
    if np.any(outside):
        found = int(whole[outside].flat[0])
        raise DomainProblem(f"index {found} lies outside an axis of {length:,} entries")
    return np.where(whole < 0, whole + length, whole)


def replaced(x: Array, value: Array, index: tuple[int | slice, ...]) -> Array:
    """A copy of `x` with `value` at `index`."""
    result = np.array(x)
    result[index] = value
    return result


def last_put(positions: Array, size: int) -> Array:
    """Where each of `size` entries comes from when others are put at the positions.

    An entry that stays says its own place, one that is replaced `size` and the number of what is
    put there last.
    """
    _check_positions(positions, size)
    result = np.arange(size)
    np.maximum.at(result, positions.reshape(-1), size + np.arange(positions.size))
    return result


# --- loops -----------------------------------------------------------------------------------


def scan(step: Any, init: Array, xs: Sequence[Array], length: int, backwards: bool) -> Array:
    """Each `carry = step(carry, entries)`, over the entries of `xs` along their first axis.

    Backwards the last entries come first; the result of a step stands at their place.
    """
    result = np.empty((length, *init.shape), init.dtype)
    carry = init
    for at in range(length)[::-1] if backwards else range(length):
        carry = step(carry, [x[at] for x in xs])
        result[at] = carry
    return result


# --- linear algebra, whose failures are said in words -----------------------------------------


def solve(matrix: Array, columns: Array) -> Array:
    """The x with matrix x = columns.

    Raises:
        DomainProblem: the matrix is singular.
    """
    try:
        return np.linalg.solve(matrix, columns)
    except np.linalg.LinAlgError:
        raise DomainProblem(_SINGULAR.format("A x = b has no single solution")) from None


def inverse(matrix: Array) -> Array:
    """The inverse matrix.

    Raises:
        DomainProblem: the matrix is singular.
    """
    try:
        return np.linalg.inv(matrix)
    except np.linalg.LinAlgError:
        raise DomainProblem(_SINGULAR.format("it has no inverse")) from None


_SINGULAR = "the matrix is singular (its columns depend on each other), so {}; A + eps*I may do"


def cholesky(matrix: Array) -> Array:
    """The lower triangular L with L Lᵀ = matrix, whose lower triangle is read.

    Raises:
        DomainProblem: there is none.
    """
    try:
        return np.linalg.cholesky(matrix)
    except np.linalg.LinAlgError:
        raise DomainProblem(
            "cholesky needs a symmetric positive definite matrix; this one has an eigenvalue that "
            "is 0 or negative"
        ) from None


def svd(matrix: Array) -> tuple[Array, Array, Array]:
    """U, s, Vᵀ with matrix = U diag(s) Vᵀ, the smaller side; NaN where an entry is not finite."""
    known = np.asarray(np.isfinite(matrix).all(axis=(-2, -1)))[..., None]
    found = np.where(known[..., None], matrix, 0)
    u, s, vt = _converged(lambda: np.linalg.svd(found, full_matrices=False), "singular values")
    u, vt = [np.where(known[..., None], vectors, np.nan) for vectors in (u, vt)]
    return u, np.where(known, s, np.nan), vt


def eigh(matrix: Array, uplo: Any) -> tuple[Array, Array]:
    """The eigenvalues, smallest first, and the eigenvectors of a symmetric matrix.

    Its lower or upper triangle, "L" or "U", is read; NaN where an entry there is not finite.
    """
    read, known = _finite_triangle(matrix, uplo)
    w, v = _converged(lambda: np.linalg.eigh(read, uplo), "eigenvectors")
    return np.where(known[..., None], w, np.nan), np.where(known[..., None, None], v, np.nan)


def eigvalsh(matrix: Array, uplo: Any) -> Array:
    """The eigenvalues of a symmetric matrix; see `eigh`."""
    read, known = _finite_triangle(matrix, uplo)
    w = _converged(lambda: np.linalg.eigvalsh(read, uplo), "eigenvalues")
    return np.where(known[..., None], w, np.nan)


def _finite_triangle(matrix: Array, uplo: Any) -> tuple[Array, Array]:
    """One triangle, zero where an entry of it is not finite; and where that is not so."""
    triangle = np.tril(matrix) if uplo == "L" else np.triu(matrix)
    known = np.asarray(np.isfinite(triangle).all(axis=(-2, -1)))
    return np.where(known[..., None, None], triangle, 0), known


def _converged(find: Callable[[], Any], what: str) -> Any:
    try:
        return find()
    except np.linalg.LinAlgError:
        raise DomainProblem(f"the {what} were not found: the search does not converge") from None
