"""How far rounded inputs can move what is computed from them: a bound that always holds.

There are two such bounds, and the smaller one counts, entry by entry.  The *interval form* takes
every operation's interval in turn; it is exact for a single rising function, and loses where a
quantity is used twice.  The *mean-value form* is Σ_j sup |∂f_i/∂x_j| · r_j, with the project's own
Jacobians enclosed over the box; for small radii it is the first-order propagation of errors.

Source: R. Moore, R. Kearfott, M. Cloud, Introduction to Interval Analysis, 2009, ch. 6.

>>> from chainrule.graph.node import variable
>>> y = variable(())
>>> enclosure = Enclosure(y * (1 - y), [y])
>>> values, radii = [np.array(0.5)], [np.array(0.05)]
>>> float(enclosure.middle(values)), float(enclosure.reach(values, radii).round(6))
(0.25, 0.005)
>>> float(enclosure.wide(values, radii).round(6))
0.0525
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np

from chainrule.differentiate.compose import multiplied_out
from chainrule.differentiate.jacobian import jacobian
from chainrule.graph.node import Array, Node
from chainrule.jacobians.kinds import Zero
from chainrule.marking.rounding.program import Program

__all__ = ["Enclosure"]

MOST_SLOPES = 200_000  # of a Jacobian that is written out
MOST_FORMS = 64  # choices of inputs that vary, kept at a time
ROOM = 1 + 2.0**-40  # for the rounding of the bound itself
QUIETLY = np.errstate(all="ignore")  # decorates: what has no value is NaN
NOTHING: Mapping[Node, Array] = {}


class Enclosure:
    """What `output` is at `inputs`, any nodes on which it depends, and how far it may move.

    `known` are nodes whose values never change, such as a problem's givens: what depends on
    nothing else is computed once.  The bounds may be asked for at any values.

    Where rounded shares of a softmax are an input, its Jacobian is diag(s) − s sᵀ as written.

    Raises:
        DataProblem: the output depends on an input that is neither among `inputs` nor `known`.
    """

    def __init__(
        self, output: Node, inputs: Sequence[Node], known: Mapping[Node, Array] = NOTHING
    ) -> None:
        self.output = output
        self.inputs = tuple(inputs)
        self.known = known
        self._middle = Program([output], self.inputs, (False,) * len(self.inputs), known)
        self._forms: dict[tuple[bool, ...], _Forms] = {}
        self._slopes: dict[Node, Node | None] = {}

    @QUIETLY
    def middle(self, values: Sequence[Array]) -> Array:
        """The output's value; shapes are the caller's promise."""
        return np.asarray(self._middle.run(values)[0])

    @QUIETLY
    def wide(
        self, values: Sequence[Array], radii: Sequence[Array], middle: Array | None = None
    ) -> Array:
        """The interval form: a bound of |f(x) − f(c)| for all |x − c| ≤ r, entry by entry.

        `values` are c, `radii` r, of the inputs' shapes; `middle` is f(c), where it is at hand.
        The result has the output's shape; it is infinite where nothing bounds the output.
        """
        forms = self._forms_for(radii)
        if not forms.moves:
            return np.zeros(self.output.shape)
        centre = self.middle(values) if middle is None else middle
        return _distance(forms.interval.run(values, radii)[0], centre)

    @QUIETLY
    def reach(
        self, values: Sequence[Array], radii: Sequence[Array], middle: Array | None = None
    ) -> Array:
        """The smaller of the interval form and the mean-value form; see `wide`."""
        forms = self._forms_for(radii)
        if not forms.moves:
            return np.zeros(self.output.shape)
        centre = self.middle(values) if middle is None else middle
        if not forms.has_slopes:
            return _distance(forms.interval.run(values, radii)[0], centre)
        if forms.is_linear:
            found = forms.slopes.run(values, radii)
            return self._first_order(found, forms.slopes.moves, forms.columns, radii, centre)
        ends, *rest = forms.both.run(values, radii)
        interval = _distance(ends, centre)
        steps = len(forms.jumps)
        if any((one[0] != one[-1]).any() for one in rest[:steps]):
            return interval
        moves = forms.both.moves[1 + steps :]
        slopes = self._first_order(rest[steps:], moves, forms.columns, radii, centre)
        return np.minimum(interval, slopes)

    def _first_order(
        self,
        slopes: Sequence[Array],
        moves: Sequence[bool],
        columns: Sequence[int],
        radii: Sequence[Array],
        centre: Array,
    ) -> Array:
        """Σ_j sup |∂f_i/∂x_j| r_j, over the box; infinite where the output has no value."""
        total = np.zeros(self.output.size)
        for slope, is_moving, at in zip(slopes, moves, columns, strict=True):
            sizes = np.maximum(-slope[0], slope[1]) if is_moving else np.abs(slope)
            radius = np.asarray(radii[at]).reshape(-1)
            total += _times(sizes.reshape(len(total), len(radius)), radius)
        bound = total.reshape(self.output.shape)
        return np.where((bound >= 0) & np.isfinite(centre), bound * ROOM, np.inf)

    def _forms_for(self, radii: Sequence[Array]) -> _Forms:
        varying = tuple([bool(np.count_nonzero(radius)) for radius in radii])
        forms = self._forms.get(varying)
        if forms is None:
            if len(self._forms) >= MOST_FORMS:
                self._forms.clear()
            forms = self._forms[varying] = _Forms(self, varying)
        return forms

    def slopes(self, of: Node) -> Node | None:
        """∂output/∂input, all entries, the other inputs held; None where it is 0 throughout."""
        if of not in self._slopes:
            held = frozenset([*self.inputs, *self.known]) - {of}
            is_cut = self.output in held
            map_ = Zero(self.output.shape, of.shape) if is_cut else jacobian(self.output, of, held)
            entries = None if isinstance(map_, Zero) else multiplied_out(map_, self.output.dtype)
            self._slopes[of] = entries
        return self._slopes[of]


class _Forms:
    """Both forms, laid out for one choice of the inputs that vary; the slopes when first used."""

    def __init__(self, enclosure: Enclosure, varying: tuple[bool, ...]) -> None:
        self._enclosure, self._varying = enclosure, varying
        self._moving = [at for at, one in enumerate(varying) if one]
        self.interval = self._program([enclosure.output])
        self.moves = self.interval.moves[0]
        self.jumps = self.interval.jumps
        entries = sum([enclosure.inputs[at].size for at in self._moving])
        size = enclosure.output.size * entries
        self.has_slopes = self.interval.is_continuous and size <= MOST_SLOPES

    @cached_property
    def slopes(self) -> Program:
        """The Jacobians by the inputs `columns`."""
        return self._program([entries for _, entries in self._entries])

    @cached_property
    def columns(self) -> list[int]:
        """The inputs that vary and move the output."""
        return [at for at, _ in self._entries]

    @cached_property
    def is_linear(self) -> bool:
        """Whether the slopes are the same all over the box, and nothing jumps."""
        return not (self.jumps or any(self.slopes.moves))

    @cached_property
    def both(self) -> Program:
        """The output, what may jump below it, and the Jacobians."""
        slopes = [entries for _, entries in self._entries]
        return self._program([self._enclosure.output, *self.jumps, *slopes])

    @cached_property
    def _entries(self) -> list[tuple[int, Node]]:
        found = [(at, self._enclosure.slopes(self._enclosure.inputs[at])) for at in self._moving]
        return [(at, entries) for at, entries in found if entries is not None]

    def _program(self, outputs: list[Node]) -> Program:
        return Program(outputs, self._enclosure.inputs, self._varying, self._enclosure.known)


def _distance(ends: Array, centre: Array) -> Array:
    """How far the ends lie from the centre; infinite where they are not known."""
    low, high = ends if ends.dtype.kind == "f" else ends.astype(float)
    found = np.maximum(high - centre, centre - low)
    return np.where(found >= 0, found * ROOM, np.inf)


def _times(slopes: Array, radius: Array) -> Array:
    """Σ_j |J_ij| r_j; what does not move counts nothing, be its slope infinite."""
    total = slopes @ radius
    if np.isfinite(total).all():
        return np.asarray(total)
    slopes = np.where(np.isnan(slopes), np.inf, slopes)
    return np.asarray(np.where(radius == 0, 0.0, slopes * radius).sum(axis=-1))
