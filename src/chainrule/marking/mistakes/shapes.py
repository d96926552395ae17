"""Claims with too few or too many numbers, or with the numbers of another line."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from chainrule.graph.node import Array, Input
from chainrule.marking.mistakes.chance import SLACK, Claimed
from chainrule.marking.mistakes.slips import Slip
from chainrule.marking.mistakes.wrong import Wrong

__all__ = ["copies", "misshapen"]

NOTHING = np.zeros(())
FEWEST = 2  # numbers that must agree before the shape of the rest is spoken of


def misshapen(claimed: Claimed, wrong: Wrong, right: Array, radii: Array) -> Iterator[Slip]:
    """Right numbers, but some missing, too many, or in another shape."""
    shape = np.shape(wrong.values)
    if shape == right.shape:
        there = np.isfinite(claimed.values)
        fits = claimed.fits(right.reshape(-1), radii.reshape(-1))
        if not there.all() and there.any() and fits[there].all():
            yield Slip("missing-cells", tuple(np.flatnonzero(~there).tolist()), 0.0)
        return
    values = claimed.values.reshape(shape)
    for code, found, wanted in _views(values, right):
        if found.shape == wanted.shape and found.size >= FEWEST and _agree(claimed, found, wanted):
            yield Slip(code, (), 0.0)
            return


def _views(values: Array, right: Array) -> Iterator[tuple[str, Array, Array]]:
    """What is claimed beside what it may be instead of the whole."""
    if values.size == right.size:
        yield "shape", values.reshape(-1), right.reshape(-1)
        return
    if right.ndim == 2 and values.size < right.size:
        rows = right.reshape(-1)[: values.size]
        is_cut = values.size % right.shape[1] == 0
        yield "missing-cells", values.reshape(-1), rows if is_cut else right[:0].reshape(-1)
        for axis in (0, 1):
            yield "summed", values.reshape(-1), right.sum(axis=axis)
    if values.size > right.size:
        yield "shape", values.reshape(-1)[: right.size], right.reshape(-1)


def _agree(claimed: Claimed, found: Array, wanted: Array) -> bool:
    halves = claimed.halves[: found.size]
    return bool((np.abs(found - wanted) <= halves + 1e-9 * np.abs(found)).all())


def copies(claimed: Claimed, wrong: Wrong, right: Array) -> Iterator[tuple[Slip, str]]:
    """Numbers of an earlier line that stands for something else; or of the same, miscopied."""
    flat = right.reshape(-1)
    if flat.size != claimed.values.size:
        return
    bad = np.abs(claimed.values - flat) > claimed.halves
    cells = tuple(np.flatnonzero(bad).tolist())
    alike = [one for one in wrong.earlier if np.shape(one.values) == np.shape(wrong.values)]
    if isinstance(wrong.target.operation, Input) and bad.sum() <= (~bad).sum():
        yield Slip("misquoted", cells, 0.0), ""
    for one in alike:
        values = np.asarray(one.values, float).reshape(-1)
        if one.node is wrong.target:
            is_copy = bad.sum() <= (~bad).sum() and claimed.agree(values, flat, NOTHING)[bad].all()
            if is_copy:
                yield Slip("miscopied", cells, 0.0, (("line", str(one.line)),)), ""
        elif (np.abs(values - claimed.values) <= claimed.halves).all():
            each = claimed.chances(values, np.zeros(()))
            chance = float(np.prod(each[bad])) * len(alike)
            yield Slip("copied", cells, chance, (("line", str(one.line)),)), one.text
    if len(cells) == 1:
        yield from _copied_number(claimed, wrong, flat, cells[0])


def _copied_number(
    claimed: Claimed, wrong: Wrong, flat: Array, at: int
) -> Iterator[tuple[Slip, str]]:
    """One number that stands in an earlier line."""
    others = [one for one in wrong.earlier if one.node is not wrong.target and np.size(one.values)]
    if not others:
        return
    numbers = np.concatenate([np.reshape(one.values, -1) for one in others])
    largest = 2 * max(abs(claimed.values[at]), abs(flat[at]))
    tried = len(np.unique(numbers[np.abs(numbers) <= largest]))
    chance = float(claimed.chances(claimed.values, np.zeros(()), max(2, tried))[at])
    for one in reversed(others):
        values = np.asarray(one.values, float)
        same = np.argwhere(np.abs(values - claimed.values[at]) <= SLACK * abs(claimed.values[at]))
        if len(same):
            index = "".join(f"[{', '.join(str(i) for i in row)}]" for row in same[:1] if len(row))
            yield Slip("copied", (at,), chance, (("line", str(one.line)),)), f"{one.text}{index}"
            return
