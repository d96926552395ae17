"""What would put a wrong gradient right: the things that people leave out, turn round or add.

Each correction rearranges or rescales the claimed array; which one helps is for the diagnosis
to find out.  The tables are in the order in which explanations are preferred.

>>> import numpy as np
>>> [found.kind for found in reshaped(np.zeros((3, 2)), (2, 3))]
['transposed', 'wrong_shape', 'flattened_by_columns']
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from math import prod
from typing import Any

import numpy as np

from chainrule.graph.node import Array, Shape
from chainrule.graph.record import Record
from chainrule.run.places import along
from chainrule.run.ratios import written
from chainrule.run.reference import Reference

__all__ = [
    "Correction",
    "of_entries",
    "of_jacobian",
    "of_order",
    "of_terms",
    "permuted",
    "reshaped",
    "summed",
    "transposed",
]

MOST_SHIFTS = 32
MOST_MATCHED = 10_000


class Correction(Record):
    """The claimed array put right by undoing one mistake, and that mistake in a sentence."""

    kind: str
    sentence: str
    array: Array


def _sigmoid(x: Array) -> Array:
    found: Array = 1 / (1 + np.exp(-x))
    return found


# Functions of x that a derivative often has as a factor, by name.
FACTORS: tuple[tuple[str, Callable[[Array], Any]], ...] = (
    ("σ′(x) = σ(x)·(1 − σ(x))", lambda x: _sigmoid(x) * _sigmoid(-x)),
    ("tanh′(x) = 1 − tanh²(x)", lambda x: 1 - np.tanh(x) ** 2),
    ("x·(1 − x)", lambda x: x * (1 - x)),
    ("1 − x²", lambda x: 1 - x**2),
    ("x", lambda x: x),
    ("x²", lambda x: x**2),
    ("1 + x²", lambda x: 1 + x**2),
    ("1 − x", lambda x: 1 - x),
    ("σ(x)", _sigmoid),
    ("exp(x)", np.exp),
    ("cos(x)", np.cos),
    ("sin(x)", np.sin),
    ("cos²(x)", lambda x: np.cos(x) ** 2),
    ("log(x)", np.log),
    ("√x", np.sqrt),
    ("sign(x)", np.sign),
)


def reshaped(claimed: Array, shape: Shape, jacobian: bool = False) -> Iterator[Correction]:
    """Ways to bring an array to another shape."""
    said = f"The gradient has shape {claimed.shape}, but x has {shape}"
    if jacobian:
        said = f"The derivative has shape {claimed.shape}, but outputs and x together have {shape}"
    if claimed.ndim > 1 and claimed.T.shape == shape:
        yield Correction("transposed", f"{said}: it is transposed.", claimed.T)
    if claimed.size == prod(shape):
        what = _reshaping(claimed.shape, shape)
        yield Correction("wrong_shape", f"{said}: {what}.", claimed.reshape(shape))
        if claimed.size > 1 and max(claimed.ndim, len(shape)) > 1:
            sentence = f"{said}: it was flattened column by column, not row by row."
            by_columns = claimed.reshape(shape, order="F")
            yield Correction("flattened_by_columns", sentence, by_columns)
    axes = _spread(claimed.shape, shape)
    if axes and claimed.size > prod(shape):
        over = _over(axes, claimed.ndim)
        total = claimed.sum(axis=axes).reshape(shape)
        yield Correction("missing_sum", f"{said}: the sum over {over} is missing.", total)
        mean = total * (total.size / claimed.size)
        yield Correction("missing_mean", f"{said}: the mean over {over} is missing.", mean)
    if claimed.size < prod(shape) and _broadcasts(claimed.shape, shape):
        repeated = np.broadcast_to(claimed, shape)
        yield Correction("wrong_shape", f"{said}: its entries must be repeated.", repeated)


def _broadcasts(found: Shape, wanted: Shape) -> bool:
    pairs = zip(reversed(found), reversed(wanted), strict=False)
    return len(found) <= len(wanted) and all(size in (1, length) for size, length in pairs)


def _reshaping(found: Shape, wanted: Shape) -> str:
    without = tuple(size for size in found if size != 1)
    if without == tuple(size for size in wanted if size != 1):
        return "there is an axis of length 1 " + (
            "too many" if len(found) > len(wanted) else "missing or elsewhere"
        )
    return "it is flattened" if len(found) < len(wanted) else "the entries are arranged otherwise"


def _spread(found: Shape, wanted: Shape) -> tuple[int, ...]:
    """The axes to sum over, as where `wanted` had been broadcast to `found`, or one axis."""
    extra = len(found) - len(wanted)
    if extra >= 0 and all(
        size in (1, found[extra + at]) for at, size in enumerate(wanted)
    ):  # leading axes, and those of length one
        return tuple(range(extra)) + tuple(
            extra + at for at, size in enumerate(wanted) if size != found[extra + at]
        )
    if extra == 1:
        return next(
            ((at,) for at in range(len(found)) if found[:at] + found[at + 1 :] == wanted), ()
        )
    return ()


def _over(axes: tuple[int, ...], count: int) -> str:
    if axes == (0,):
        return "the batch (axis 0)"
    if len(axes) == count:
        return "all entries"
    return "axis " + " and ".join(map(str, axes))


def of_jacobian(claimed: Array, outputs: Shape, inputs: Shape) -> Iterator[Correction]:
    """Ways to read an array as the Jacobian outputs × inputs."""
    if not outputs:
        return
    shape = outputs + inputs
    rows, columns = prod(outputs), prod(inputs)
    layout = (
        "This is the Jacobian in the other layout, inputs × outputs (denominator layout): "
        "its transpose, outputs × inputs, is right."
    )
    if claimed.shape in ((columns, rows), inputs + outputs):
        turned = claimed.reshape(columns, rows).T.reshape(shape)
        yield Correction("other_layout", layout, turned)
    if claimed.shape == outputs == inputs:
        sentence = "Only the diagonal of the Jacobian is given; all other entries are zero."
        yield Correction("diagonal_only", sentence, np.diag(claimed.reshape(-1)).reshape(shape))


def of_entries(
    claimed: Array, x: Array | None, local_factors: Mapping[str, Array]
) -> Iterator[Correction]:
    """A factor in each entry that was left out, or is too many; or one over each entry."""
    factors = [(name, np.asarray(value)) for name, value in local_factors.items()]
    if x is not None and x.shape == claimed.shape:
        plain = x.astype(np.float64)
        yield Correction(
            "missing_mask",
            "The gradient must be zero where x ≤ 0: the derivative of the ReLU (1 where x > 0, "
            "else 0) is left out.",
            np.where(plain > 0, claimed, 0),
        )
        factors += [(name, function(plain)) for name, function in FACTORS]
    sentence = "Every entry is one over the right one: a fraction is upside down."
    yield Correction("reciprocal", sentence, 1 / claimed)
    for name, factor in factors:
        try:
            factor = np.broadcast_to(factor, claimed.shape)
        except ValueError:
            continue
        sentence = f"In every entry the factor {name} is missing."
        yield Correction("missing_factor", sentence, _times(claimed, factor))
        sentence = f"In every entry there is a factor {name} too many."
        yield Correction("extra_factor", sentence, claimed / factor)


def _times(claimed: Array, factor: Array) -> Array:
    """The product, in which a factor of zero wins over infinity."""
    return np.where(factor == 0, 0.0, claimed * factor)


def transposed(claimed: Array) -> Iterator[Correction]:
    """Rows and columns of a square exchanged."""
    if claimed.ndim > 1 and claimed.shape[-1] == claimed.shape[-2]:
        sentence = "The gradient is transposed: rows and columns are exchanged."
        yield Correction("transposed", sentence, claimed.swapaxes(-1, -2))


def of_order(claimed: Array) -> Iterator[Correction]:
    """Entries in another order: reversed or shifted along an axis."""
    for axis, size in enumerate(claimed.shape):
        if size > 1:
            sentence = f"The {along(axis, claimed.ndim)[0]} are in reversed order."
            yield Correction("reversed", sentence, np.flip(claimed, axis))
    for axis, size in enumerate(claimed.shape):
        many = along(axis, claimed.ndim)[0]
        for shift in range(1, min(size, MOST_SHIFTS)):
            by = min(shift, size - shift)
            sentence = f"The {many} are shifted by {by}: an index is off by {by}."
            yield Correction("shifted", sentence, np.roll(claimed, -shift, axis))


def permuted(claimed: Array, reference: Reference) -> Iterator[Correction]:
    """The right rows, columns or entries in another order."""
    if not reference.usable.all() or claimed.size > MOST_MATCHED:
        return
    for axis, size in enumerate(claimed.shape):
        found = np.moveaxis(claimed, axis, 0).reshape(size, -1)
        right = np.moveaxis(reference.value, axis, 0).reshape(size, -1)
        # Of each right slice, where it is among those claimed.
        order = [int(np.abs(found - row).max(axis=1, initial=0).argmin()) for row in right]
        if sorted(order) == list(range(size)) and size > 2:
            sentence = f"The {along(axis, claimed.ndim)[0]} are right, but in another order."
            yield Correction("permuted", sentence, claimed.take(order, axis))


def summed(shape: Shape, reference: Reference) -> Iterator[Correction]:
    """The right gradient summed, or averaged, over axes where each entry has its own.

    These arrays are what would have been claimed: the sum cannot be undone.
    """
    value = reference.value
    if not reference.usable.all() or value.size < 2:
        return
    axes: list[tuple[int, ...]] = [(axis,) for axis in range(value.ndim)]
    if value.ndim > 1:
        axes.append(tuple(range(value.ndim)))
    for chosen in axes:
        over = _over(chosen, value.ndim)
        for name, total in (
            ("summed", value.sum(axis=chosen, keepdims=True)),
            ("averaged", value.mean(axis=chosen, keepdims=True)),
        ):
            sentence = f"It is {name} over {over}, but each entry of x has its own derivative."
            if total.squeeze(chosen).shape == shape:
                yield Correction("summed_away", sentence, total.squeeze(chosen))
            elif _broadcasts(total.shape, shape):
                yield Correction("summed_away", sentence, np.broadcast_to(total, shape))


def of_terms(
    claimed: Array, x: Array | None, reference: Reference
) -> Iterator[tuple[Correction, float]]:
    """A term too many or too few: a constant, a multiple of x or of its sign; and its factor."""
    terms = [("", np.ones(claimed.shape))]
    if x is not None and x.shape == claimed.shape:
        plain = x.astype(np.float64)
        terms = [("x", plain), ("the sign of x", np.sign(plain)), *terms]
    chosen = reference.usable
    gap = (claimed - reference.value)[chosen]
    for name, term in terms:
        square = float((term[chosen] ** 2).sum())
        factor = float((gap * term[chosen]).sum()) / square if square else 0.0
        if factor == 0:
            continue
        amount = written(abs(factor)) + (f" times {name}" if name else "")
        what = " (of a penalty on x, a weight decay?)" if name else ""
        sentence = (
            f"Every entry is too large by {amount}: a term is too many{what}."
            if factor > 0
            else f"Every entry is too small by {amount}: a term is missing{what}."
        )
        kind = "extra_term" if factor > 0 else "missing_term"
        yield Correction(kind, sentence, claimed - factor * term), factor
