"""Wrong numbers put in: misquoted, misread, with the wrong sign, rounded too early."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from chainrule.graph.node import Array, Node
from chainrule.graph.record import Record
from chainrule.marking.mistakes.chance import Claimed
from chainrule.marking.mistakes.digits import readings
from chainrule.marking.mistakes.mutants import Mutants
from chainrule.paper.program import Paper

__all__ = ["Put", "put_in"]

MOST_ENTRIES = 48
PLACES = 0, 1, 2  # decimals that a number may have been rounded to before it was used
STEP = 1e-3
ROUGHLY = 0.5  # how well a straight line tells which number was put in


class Put(Record):
    """What was put in for which input, and how likely that would fit by chance."""

    code: str
    node: Node
    index: tuple[int, ...]
    chance: float
    details: tuple[tuple[str, str], ...]


class Inputs:
    """A target as a function of the values put in, beside what is claimed of it."""

    def __init__(
        self, mutants: Mutants, values: Sequence[Array], claimed: Claimed, radii: Array
    ) -> None:
        self.mutants = mutants
        self.values = list(values)
        self.claimed = claimed
        self.radii = radii
        self.right = mutants.target_at(self.values).reshape(-1)

    def at(self, place: int, value: Array) -> Array:
        """The target with another value of one input."""
        values = list(self.values)
        values[place] = value
        return self.mutants.target_at(values).reshape(-1)

    def chance(self, values: Array, tried: int, most: int | None = None) -> float | None:
        """The chance that these values would fit; None if they do not.

        Where only one number is put in otherwise, `most` says how many cells tell.
        """
        if not self.claimed.fits(values, self.radii).all():
            return None
        if not self.claimed.differs(values, self.right, self.radii)[self.claimed.wrong].any():
            return None
        return self.claimed.chance(values, self.right, self.radii, True, most) * tried


def put_in(
    inputs: Inputs, paper: Paper, misquoted: Sequence[tuple[Node, Array, str]]
) -> Iterator[Put]:
    """The wrong numbers that, put in, give what is claimed."""
    nodes = inputs.mutants.inputs
    for node, value, place in misquoted:
        if node in nodes:
            values = inputs.at(nodes.index(node), np.asarray(value, float))
            chance = inputs.chance(values, len(misquoted))
            if chance is not None:
                yield Put("misquoted", node, (), chance, (("place", place),))
    yield from _misread(inputs, paper)


def _misread(inputs: Inputs, paper: Paper) -> Iterator[Put]:
    """One entry of what is put in read wrongly, or its sign."""
    texts = {given.node: given.texts for given in paper.givens}
    nodes = inputs.mutants.inputs
    count = sum(nodes[place].size for place in inputs.mutants.own)
    if count > MOST_ENTRIES:
        return
    off = inputs.claimed.values - inputs.right
    for place in inputs.mutants.own:
        node = nodes[place]
        for entry in range(node.size):
            found = _wanted(inputs, place, entry, off)
            if found is None:
                continue
            value = float(inputs.values[place].reshape(-1)[entry])
            text = texts[node][entry] if node in texts else f"{value:.6g}"
            for code, meant, tried in _readings(text, value):
                if abs(meant - found) <= ROUGHLY * abs(value - meant):
                    most = min(2, node.size)  # a number alone is a scale, of which one cell tells
                    values = _with(inputs, place, entry, meant)
                    chance = inputs.chance(values, tried * count, most)
                    if chance is not None:
                        index = tuple(int(one) for one in np.unravel_index(entry, node.shape))
                        details = (("right", text), ("read", f"{meant:.6g}"))
                        yield Put(code, node, index, chance, details)


def _readings(text: str, value: float) -> Iterator[tuple[str, float, int]]:
    if value:
        yield "input-sign", -value, 1
    for tried, places in enumerate(PLACES, 1):
        if round(value, places) != value:
            yield "rounded-early", round(value, places), tried
    for code in ("digit", "digits-swapped"):
        found = readings(code, text)
        for meant, _ in found:
            yield "misread", meant, len(found)


def _wanted(inputs: Inputs, place: int, entry: int, off: Array) -> float | None:
    """The entry with which the target would come nearest to what is claimed."""
    value = float(inputs.values[place].reshape(-1)[entry])
    step = STEP * max(1.0, abs(value))
    moved = (_with(inputs, place, entry, value + step) - inputs.right) / step
    square = float(moved @ moved)
    if not square or not np.isfinite(square):
        return None
    return value + float(off @ moved) / square


def _with(inputs: Inputs, place: int, entry: int, value: float) -> Array:
    changed = np.array(inputs.values[place], float)
    changed.reshape(-1)[entry] = value
    return inputs.at(place, changed)
