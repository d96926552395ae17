"""The mutants of one target, laid out as one plan: they share almost everything."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from chainrule.graph.node import Array, Input, Node, topological
from chainrule.graph.record import Record
from chainrule.marking.mistakes import (
    activations,
    factors,
    matrices,
    quantities,
    signs,
    softmax,
)
from chainrule.marking.mistakes.chance import Claimed
from chainrule.marking.mistakes.codes import RANK, USUAL, largest_chance
from chainrule.marking.mistakes.scene import Change, Scene
from chainrule.marking.mistakes.wrong import Basis
from chainrule.run.interpreter import Plan

__all__ = ["Fit", "Mutants"]

FAMILIES = signs, activations, factors, matrices, softmax, quantities
MOST = 300  # mutants of one target
SAMPLES = 8  # of roundings, from which a mutant's own radius is estimated
BEYOND = 1.3  # times the largest deviation of the samples
LOOSE = 4.0  # times about its radius a mutant may be off to be looked at closely
BUDGETS = 0.05, 0.02, 0.01
"""How likely a false name may be: among usual mistakes in the line's own formula; among all others
there; among all."""


class Mutant(Record):
    """A changed target: how usual the mistake is (0, 1, 2), and which output of the plan it is."""

    change: Change
    tier: int
    at: int


class Fit(Record):
    """A mistake that fits, and what it is sorted by."""

    change: Change
    order: tuple[int, ...]


class Mutants:
    """All mutants of a target, computed from given stops.

    `inputs` are the stops and givens that any of them needs; `own`, by their places, those of the
    target itself.
    """

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        nodes: dict[Node, int] = {scene.target: 0}
        found: list[Mutant] = []
        self.counts = tuple(factors.batches(scene))
        changes = sorted(_changes(scene), key=lambda pair: (pair[0], RANK[pair[1].code]))
        for tier, change in changes:
            if len(nodes) > MOST:
                break
            node = scene.mutant(dict(change.new))
            if node is None or node is scene.target:
                continue
            at = nodes.setdefault(node, len(nodes))
            found.append(Mutant(change, tier, at))
        self.mutants = found
        self.by_place: dict[int, list[Mutant]] = {at: [] for at in range(len(nodes))}
        for mutant in found:
            self.by_place[mutant.at].append(mutant)
        self.nodes = list(nodes)
        self.inputs = _inputs(self.nodes, scene.cut)
        own = set(_inputs([scene.target], scene.cut))
        self.own = [at for at, node in enumerate(self.inputs) if node in own]
        self._plan = Plan(self.nodes, self.inputs)
        self._single: dict[int, Plan] = {}

    def given(self, basis: Basis) -> list[Array]:
        """The values of what the mutants are computed from: claimed, or following from claims."""
        return [_given(node, basis) for node in self.inputs]

    def values(self, basis: Basis) -> list[Array]:
        """The values of the target and its mutants."""
        return self._plan(*self.given(basis))

    def fitting(
        self, claimed: Claimed, shape: tuple[int, ...], basis: Basis, reach: Array
    ) -> list[Fit]:
        """The mistakes that give the claimed numbers, and would hardly by chance.

        `reach` is how far roundings move the target itself.
        """
        values = self.values(basis)
        right = values[0].reshape(-1) if values[0].shape == shape else None
        some = [
            at
            for at, one in enumerate(values)
            if at and one.shape == shape and np.isfinite(one).all()
        ]
        if not some:
            return []
        table = np.array([values[at].reshape(-1) for at in some], float)
        rough = _rough(reach, table, right)
        fits = claimed.fits(table, LOOSE * rough).all(axis=-1)
        found: list[Fit] = []
        for at in np.flatnonzero(fits).tolist():
            radii = rough[at]
            if not claimed.fits(table[at], radii).all():  # look closely
                radii = self.radii(some[at], basis)
            if claimed.fits(table[at], radii).all():
                found += self._named(some, at, table, claimed, right, radii)
        return found

    def _named(
        self,
        some: list[int],
        at: int,
        table: Array,
        claimed: Claimed,
        right: Array | None,
        radii: Array,
    ) -> list[Fit]:
        found = []
        if right is not None and not claimed.differs(table[at], right, radii)[claimed.wrong].any():
            return []
        for mutant in self.by_place[some[at]]:
            chance = claimed.chance(table[at], right, radii, discrete=mutant.tier > 0)
            tried = self._tried(mutant.tier, some, table, claimed, right)
            is_sure = chance < largest_chance(mutant.change.code)
            if is_sure and chance * tried < BUDGETS[mutant.tier]:
                depth = self.scene.depth[mutant.change.new[0][0]]
                order = (mutant.tier, RANK[mutant.change.code], depth)
                found.append(Fit(mutant.change, order))
        return found

    def _tried(
        self, tier: int, some: list[int], table: Array, claimed: Claimed, right: Array | None
    ) -> int:
        """How many visibly different mistakes are at least as usual."""
        usual = {one.at for one in self.mutants if one.tier <= tier}
        rows = table[[at in usual for at in some]]
        if right is not None:
            rows = rows[claimed.differs(rows, right, np.zeros(())).any(axis=-1)]
        steps = np.maximum(2 * claimed.halves, 1e-9 * np.maximum(np.abs(claimed.values), 1e-300))
        with np.errstate(all="ignore"):
            places = np.round(rows / steps)
        return max(1, len({row.tobytes() for row in places}))

    def radii(self, at: int, basis: Basis) -> Array:
        """How far roundings of the carried values move an output, from a few samples of them."""
        node = self.nodes[at]
        radii = [_radius(one, basis) for one in self.inputs]
        if not any(np.any(one) for one in radii):
            return np.zeros(node.size)
        if at not in self._single:
            self._single[at] = Plan([node], self.inputs)
        plan = self._single[at]
        middle = self.given(basis)
        base = plan(*middle)[0]
        if not np.isfinite(base).all():
            return np.zeros(node.size)
        largest = np.zeros(base.shape)
        for signs_ in _samples(tuple(one.size for one in self.inputs)):
            moved = [
                one + radius * sign.reshape(np.shape(one))
                for one, radius, sign in zip(middle, radii, signs_, strict=True)
            ]
            largest = np.maximum(largest, np.abs(plan(*moved)[0] - base))
        return BEYOND * largest.reshape(-1)

    def target_at(self, values: Sequence[Array]) -> Array:
        """The target, computed as it should be from other values of the inputs."""
        if 0 not in self._single:
            self._single[0] = Plan([self.nodes[0]], self.inputs)
        return self._single[0](*values)[0]


def _given(node: Node, basis: Basis) -> Array:
    """A value that is put in; of a claim that this basis leaves out, what should stand there."""
    is_carried = node in basis.stops or not node.inputs
    return basis.carried(node) if is_carried else basis.value(node)


def _radius(node: Node, basis: Basis) -> Array:
    is_carried = node in basis.stops or not node.inputs
    return basis.radius(node) if is_carried else basis.reach(node)


def _rough(reach: Array, table: Array, right: Array | None) -> Array:
    """About how far rounding moves each mutant: as far as the target, relative to its size."""
    scale = 0.0 if right is None else float(np.abs(right).max(initial=0.0))
    largest = float(reach.max(initial=0.0))
    share = largest / scale if scale else largest
    return np.maximum(largest if right is None else reach, share * np.abs(table))


_signs: dict[tuple[int, ...], list[list[Array]]] = {}


def _samples(sizes: tuple[int, ...]) -> list[list[Array]]:
    """Random signs for all inputs, the same ones each time."""
    if sizes not in _signs:
        if len(_signs) > 1000:
            _signs.clear()
        random = np.random.default_rng(0)
        _signs[sizes] = [
            [random.choice([-1.0, 1.0], size) for size in sizes] for _ in range(SAMPLES)
        ]
    return _signs[sizes]


def _changes(scene: Scene) -> list[tuple[int, Change]]:
    """Every mistake of the catalogue in the scene, with how usual it is."""
    found = []
    for node in scene.nearest_first:
        further = int(scene.depth[node] > 0)
        for family in FAMILIES:
            for mutator in family.MUTATORS:
                for change in mutator(node, scene):
                    tier = int(change.code not in USUAL) + further
                    found.append((tier, change))
    return found


def _inputs(nodes: list[Node], stops: frozenset[Node]) -> list[Node]:
    """The stops and givens that the nodes are computed from."""
    order = topological(nodes, lambda node: () if node in stops else node.inputs)
    return [node for node in order if node in stops or isinstance(node.operation, Input)]
