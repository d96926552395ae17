"""Which mistakes give a student's numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from chainrule.errors import ChainruleError
from chainrule.graph.node import Array, Input, Node, Shape, node_budget, topological
from chainrule.graph.record import Record
from chainrule.marking.mistakes.chance import Claimed
from chainrule.marking.mistakes.codes import RANK, USUAL, largest_chance
from chainrule.marking.mistakes.inputs import Inputs, put_in
from chainrule.marking.mistakes.mutants import Mutants
from chainrule.marking.mistakes.scene import Scene
from chainrule.marking.mistakes.shapes import copies, misshapen
from chainrule.marking.mistakes.slips import slips
from chainrule.marking.mistakes.wrong import Basis, Wrong
from chainrule.marking.report import Mistake
from chainrule.paper.program import Paper

__all__ = ["Catalogue"]

MOST_ASKED = 4096
MOST_KEPT = 256  # targets whose mutants are kept ready
MOST_NODES = 100_000
LARGEST = 4096  # entries of a target whose mutants are built
MOST_NAMED = 8
PEN = frozenset(
    (
        "cells-swapped",
        "copied",
        "digit",
        "digit-doubled",
        "digit-dropped",
        "digits-swapped",
        "factor-of-cells",
        "rounded-early",
        "rounding",
        "wrong-index",
    )
)
"""Slips of the pen: not named where a usual mistake explains all cells."""
SLIP = 1  # where slips stand among mutants, the usual ones of which come first


Key = tuple[Node, frozenset[Node], frozenset[Node]]


class Named(Record):
    """A mistake and what it is sorted by."""

    order: tuple[int, ...]
    mistake: Mistake


class Catalogue:
    """The mistakes in the lines of one problem; what is built for a line is kept for the next."""

    def __init__(self, paper: Paper) -> None:
        self.paper = paper
        self.named = paper.graph.named_nodes
        self.stepped = frozenset(one.new for one in paper.updates)
        self._keys: dict[tuple[Node, frozenset[Node]], Key] = {}
        self._mutants: dict[Key, Mutants | None] = {}

    def names(self, wrong: Wrong) -> tuple[Mistake, ...]:
        """The mistakes that fit, the likeliest first; none if there is none."""
        certain = list(_certain(wrong))
        claimed = _claimed(wrong, wrong.target in self.stepped)
        is_given = isinstance(wrong.target.operation, Input)
        bases = () if is_given else wrong.bases
        found = sorted(self._found(wrong, claimed, bases), key=lambda one: one.order)
        if not found and not claimed.cut:  # the student may cut numbers, for all that is known
            cut = claimed.as_cut()
            found = sorted(self._found(wrong, cut, bases[:1]), key=lambda one: one.order)
        if any(one.mistake.code in USUAL and one.mistake.code not in PEN for one in found):
            found = [one for one in found if one.mistake.code not in PEN]
        once: dict[object, Mistake] = {}
        for one in [*certain, *[one.mistake for one in found]]:
            once.setdefault((one.code, one.details or one.where), one)
        return tuple(once.values())[:MOST_NAMED]

    def _found(self, wrong: Wrong, claimed: Claimed, bases: tuple[Basis, ...]) -> Iterator[Named]:
        shape = np.shape(wrong.values)
        stops = frozenset().union(*[basis.stops for basis in bases])
        mutants = self.mutants(wrong.target, stops) if bases else None
        counts = () if mutants is None else mutants.counts
        references = _references(wrong, bases)
        for at, (right, radii) in enumerate(references):
            yield from self._slipped(wrong, claimed, right, radii, at, counts)
        if mutants is None or not np.isfinite(claimed.values).all():
            return
        is_explained = False
        for at, basis in enumerate(bases):
            reach = references[at][1].reshape(-1)
            for fit in mutants.fitting(claimed, shape, basis, reach):
                one, is_explained = fit.change, True
                mistake = Mistake(one.code, one.where, one.details)
                yield Named((fit.order[0], at, *fit.order[1:]), mistake)
            if shape == wrong.target.shape and not (is_explained and not wrong.misquoted):
                yield from self._put_in(wrong, claimed, mutants, basis, reach, at)

    def _slipped(
        self,
        wrong: Wrong,
        claimed: Claimed,
        right: Array,
        radii: Array,
        at: int,
        counts: tuple[int, ...],
    ) -> Iterator[Named]:
        shape = np.shape(wrong.values)
        found = [(slip, "") for slip in misshapen(claimed, wrong, right, radii)]
        if not found and shape == right.shape:
            found += copies(claimed, wrong, right)
            is_copy = any(one.code in ("misquoted", "miscopied") for one, _ in found)
            base = self.paper.index_base
            same = slips(claimed, wrong.written, shape, right, radii, counts, is_copy, base)
            found += [(slip, "") for slip in same]
        for slip, source in found:
            if slip.chance < largest_chance(slip.code):
                text = wrong.written.cells[0].text if shape == () and wrong.written.cells[0] else ""
                where = source or text or _places(slip.cells, shape, self.paper.index_base)
                yield Named(_order(slip.code, at), Mistake(slip.code, where, slip.details))

    def _put_in(
        self,
        wrong: Wrong,
        claimed: Claimed,
        mutants: Mutants,
        basis: Basis,
        reach: Array,
        at: int,
    ) -> Iterator[Named]:
        inputs = Inputs(mutants, mutants.given(basis), claimed, reach)
        for put in put_in(inputs, self.paper, wrong.misquoted):
            if put.chance < largest_chance(put.code):
                where = mutants.scene.where(put.node)
                base = self.paper.index_base
                if put.index:
                    where += f"[{', '.join(str(one + base) for one in put.index)}]"
                yield Named(_order(put.code, at), Mistake(put.code, where, put.details))

    def mutants(self, target: Node, stops: frozenset[Node]) -> Mutants | None:
        """The mutants of a target between it and the claimed values; None if it is too large."""
        if target.size > LARGEST:
            return None
        asked = target, stops
        if asked not in self._keys:
            if len(self._keys) >= MOST_ASKED:
                self._keys.clear()
            nearest, shapes = _nearest(target, stops)
            alike = {one for one in stops - nearest - {target} if one.shape in shapes}
            self._keys[asked] = target, nearest, frozenset(alike - self.named)
        key = self._keys[asked]
        if key not in self._mutants:
            if len(self._mutants) >= MOST_KEPT:
                self._mutants.pop(next(iter(self._mutants)))
            try:
                with node_budget(MOST_NODES):
                    self._mutants[key] = Mutants(Scene(key[0], key[1], self.paper, key[2]))
            except ChainruleError:  # too large to be taken apart
                self._mutants[key] = None
        return self._mutants[key]


def _nearest(target: Node, stops: frozenset[Node]) -> tuple[frozenset[Node], set[Shape]]:
    """The stops that a target is computed from directly, and the shapes of all it reads."""
    found: dict[Node, None] = {}

    def below(node: Node) -> Iterable[Node]:
        is_end = node is not target and (node in stops or not node.inputs)
        if is_end:
            found[node] = None
        return () if is_end else node.inputs

    topological([target], below)
    return frozenset(found) & stops, {one.shape for one in found}


def _references(wrong: Wrong, bases: tuple[Basis, ...]) -> list[tuple[Array, Array]]:
    """The right values by each basis, and how far rounding reaches there."""
    if not bases:
        expected = np.asarray(wrong.expected, float)
        return [(expected, np.zeros(expected.shape))]
    target = wrong.target
    return [
        (np.asarray(one.value(target), float), np.asarray(one.reach(target), float))
        for one in bases
    ]


def _order(code: str, basis: int) -> tuple[int, ...]:
    tier = 0 if code in USUAL else 1
    return tier, basis, RANK[code], 0


def _places(cells: tuple[int, ...], shape: tuple[int, ...], base: int) -> str:
    """The cells by their indices: [0, 1], [2, 1]."""
    if not shape:
        return ""
    indices = [np.unravel_index(at, shape) for at in cells]
    return ", ".join(f"[{', '.join(str(int(i) + base) for i in index)}]" for index in indices)


def _certain(wrong: Wrong) -> Iterator[Mistake]:
    """What needs no guess: arithmetic that does not come to what stands after it."""
    if wrong.operands is not None and len(wrong.operands.cells) == len(wrong.written.cells):
        for before, after in zip(wrong.operands.cells, wrong.written.cells, strict=True):
            if before is None or after is None:
                continue
            allowed = (before.unit + after.unit) / 2 + before.operands + after.operands
            if abs(before.value - after.value) > allowed + 1e-9 * abs(after.value):
                details = (("right", f"{before.value:.6g}"),)
                yield Mistake("arithmetic", before.text, details)
                return


def _claimed(wrong: Wrong, is_step: bool) -> Claimed:
    values = np.asarray(wrong.values, float).reshape(-1)
    whole = np.array([cell is not None and cell.is_whole for cell in wrong.written.cells])
    verdicts = np.array([one == "wrong" for one in wrong.verdicts])
    return Claimed(
        values,
        np.asarray(wrong.halves, float).reshape(-1),
        _of_size(verdicts, values, True),
        _of_size(whole, values, False),
        np.asarray(wrong.expected, float).reshape(-1),
        "truncated" in wrong.verdicts,
        is_step,
    )


def _of_size(flags: Array, values: Array, other: bool) -> Array:
    return flags if flags.size == values.size else np.full(values.shape, other)
