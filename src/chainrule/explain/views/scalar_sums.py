"""Parts of the scalar view: every entry of a derivative as the sum over its paths."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from operator import mul

from chainrule.explain.batch import Batch, batch_of
from chainrule.explain.explanation import Equal, Sentence, Step
from chainrule.explain.numbers.shown import Shown, Value
from chainrule.explain.scalar.graph import Edge, Entry, Gradient, Route
from chainrule.explain.scalar.numbers import together
from chainrule.explain.scalar.writing import ScalarWriter, in_product
from chainrule.explain.views.layout import laid_out, laid_out_value, size_text
from chainrule.explain.views.parts import result_side, underflow
from chainrule.explain.views.scalar_parts import ScalarParts, number_shown, without_repetitions
from chainrule.explain.writing import joined, partial, sign
from chainrule.graph.node import Constant, Node, Shape
from chainrule.notation.formula import Expression, Formula, Matrix, Number, inline
from chainrule.ops.arithmetic import Multiply, Negate

__all__ = ["ScalarSums"]

MOST_IN_FULL = 40  # entries whose paths are written out; of the others there is the sum
MOST_PATHS_IN_FULL = 200  # of all entries
MOST_WRITTEN = 40  # paths of one entry; of more the first few stand for the others
FEW = 12
MOST_ENTRIES = 64  # of a derivative whose entries are written side by side
LONGEST_SUM = 120  # letters of a sum of products of symbols on one line
LONGEST_PRODUCT = 100  # the same of formulas put in
TIMES, PLUS = sign(" · ", r"\cdot"), sign(" + ", "+")


class ScalarSums:
    """Makes the steps of derivatives; once many entries are written out, the sums stand alone."""

    def __init__(self, parts: ScalarParts) -> None:
        self.parts = parts
        self.writer = parts.writer
        self.numbers = parts.numbers
        self.options = parts.numbers.evaluation.options
        self.batch: Batch | None = None  # of what is being summed
        self.left = MOST_IN_FULL
        self.paths_left = MOST_PATHS_IN_FULL

    def steps(self, one: Gradient, values: Sequence[Value | None]) -> Iterator[Step]:
        """A derivative: its entries, those without a path, and all of them together."""
        if one.of is one.wrt:
            yield Step("remark", remarks=(Sentence("moves_with_itself"),))
        elif _is_local(one):
            code = "scalar:entries" if len(one.entries) > 1 else "scalar:entry"
            yield self._together(one, values, self.parts.once(Sentence(code)))
            return
        else:
            yield from self._entries(one, values)
            yield from self._of_examples(one)
        if len(one.entries) > 1 and None not in values:
            yield self._together(one, values, None)

    def symbol(self, one: Gradient) -> Expression:
        """∂l/∂W0; with d where ∂ is only the direct path of some entry."""
        d = "d" if any(entry.has_direct for entry in one.entries) else "∂"
        return partial(self.writer.name(one.of), self.writer.name(one.wrt), d)

    # entries ---------------------------------------------------------------------------------

    def _entries(self, one: Gradient, values: Sequence[Value | None]) -> Iterator[Step]:
        is_said = False
        self.batch = _summed_examples(one)
        for entry, value in zip(one.entries, values, strict=True):
            if not entry.routes:
                continue
            if self.left and self.paths_left > 0:
                self.left -= 1
                self.paths_left -= len(entry.routes)
                yield self._entry(entry, value)
                continue
            if not is_said:
                yield Step("remark", remarks=(Sentence("scalar:likewise"),))
            is_said = True
            yield self._sum(entry, value, ())
        without = [entry for entry in one.entries if not entry.routes]
        if without:
            yield Step("remark", remarks=(self._zeros(one, without),))

    def _zeros(self, one: Gradient, without: Sequence[Entry]) -> Sentence:
        """Which entries have no path."""
        if len(without) == len(one.entries):
            names = (("of", self.writer.name(one.of).text), ("wrt", self.writer.name(one.wrt).text))
            return Sentence("does_not_depend", names)
        listed = ", ".join(self._total(entry).text for entry in without[:FEW])
        if len(without) <= FEW:
            return Sentence("scalar:zero", (("entries", listed),))
        count = f"{len(without) - FEW:,}"
        return Sentence("scalar:zeros", (("entries", listed), ("count", count)))

    def _total(self, entry: Entry) -> Expression:
        d = "d" if entry.has_direct else "∂"
        return partial(self.writer.name(entry.of), self.writer.name(entry.wrt), d)

    def _entry(self, entry: Entry, value: Value | None) -> Step:
        """An entry and its paths."""
        if len(entry.routes) == 1:
            return self._path(self._total(entry), entry.routes[0], None)
        is_long = len(entry.routes) > MOST_WRITTEN
        written = entry.routes[:FEW] if is_long else entry.routes
        steps = [
            self._path(None, route, self._numbered(at, route))
            for at, route in enumerate(written, 1)
        ]
        return self._sum(entry, value, [step for step in steps if step.sides])

    def _sum(self, entry: Entry, value: Value | None, paths: Sequence[Step]) -> Step:
        """An entry as the sum of its paths, those that are written out below it."""
        count = f"{len(entry.routes):,}"
        is_sum = len(entry.routes) > 1
        remarks = underflow(value)
        if paths and len(paths) < len(entry.routes):
            details = (("shown", str(len(paths))), ("count", count))
            remarks.append(Sentence("first_paths", details))
        terms = [self.numbers.route(route) for route in entry.routes]
        remarks += self.parts.too_few_digits(self._shown_sum(terms), value)
        sides = [*self._added(entry, terms, bool(paths)), *self.parts.result(value)]
        return Step(
            "quantity",
            what=self._total(entry),
            rule=Sentence("sum_over_paths", (("count", count),)) if is_sum else None,
            why=self.parts.once(Sentence("why_paths")) if is_sum else None,
            sides=tuple(without_repetitions(sides)),
            remarks=tuple(remarks),
            steps=tuple(paths),
        )

    def _shown_sum(self, terms: Sequence[Value | None]) -> float | None:
        """What the numbers of the paths add up to as they are shown."""
        shown = [number_shown(self._shown(one)) for one in terms if one is not None]
        known = [one for one in shown if one is not None]
        return sum(known) if len(known) == len(terms) else None

    def _added(
        self, entry: Entry, values: Sequence[Value | None], is_in_full: bool
    ) -> Iterator[Equal]:
        """The paths added up: as symbols, and as numbers."""
        if len(entry.routes) > MOST_WRITTEN:
            return
        symbols = joined([self._symbols(route) for route in entry.routes], PLUS)
        if len(inline(symbols)) <= LONGEST_SUM or (None in values and not is_in_full):
            yield Equal(symbols)
        shown = [self._shown(value) for value in values if value is not None]
        if is_in_full and len(shown) == len(values):
            terms = [in_product(one.formula, at == 0) for at, one in enumerate(shown)]
            yield Equal(joined(terms, PLUS), "substituted", self._exact(shown))

    def _of_examples(self, one: Gradient) -> Iterator[Step]:
        """That the paths of each example add up to what it contributes."""
        batch = self.batch
        if batch is None or all(len(entry.routes) < batch.count for entry in one.entries):
            return
        details = (("count", str(batch.count)), ("symbol", self.symbol(one).text))
        yield Step("remark", remarks=(Sentence("scalar:examples", details),))

    def _numbered(self, at: int, route: Route) -> Sentence:
        """Which path it is, and of which example."""
        rows = frozenset() if self.batch is None else self.batch.rows
        scalars = [self.parts.graph.scalars[edge.of] for edge in route]
        examples = [one.index[0] for one in scalars if one.array in rows]
        number = ("number", str(at))
        if not examples:
            return Sentence("path", (number,))
        return Sentence("scalar:path", (number, ("example", str(examples[0] + 1))))

    # paths -----------------------------------------------------------------------------------

    def _path(self, what: Formula | None, route: Route, rule: Sentence | None) -> Step:
        """The product along a path; of a single edge what it is."""
        value = self.numbers.route(route)
        symbols = self._symbols(route)
        if len(route) == 1:
            sides = self.parts.edge_sides(route[0])
        else:
            lead = [] if what is None else [Equal(symbols)]
            sides = (*lead, *self._along(route), *self.parts.result(value))
        return Step(
            "quantity",
            what=symbols if what is None else what,
            rule=rule,
            sides=tuple(without_repetitions(sides)),
            rests_on=tuple(self.parts.symbol(edge).text for edge in route),
            remarks=tuple(underflow(value)),
        )

    def _along(self, route: Route) -> Iterator[Equal]:
        """A path as a product of the formulas, and of the numbers."""
        written = self._put_in(route)
        if written is not None:
            yield Equal(written)
        values = [self.numbers.edge(edge) for edge in route]
        shown = [self._shown(value) for value in values if value is not None]
        if len(shown) == len(route):
            factors = [in_product(one.formula, at == 0) for at, one in enumerate(shown)]
            yield Equal(joined(factors, TIMES), "substituted", self._exact(shown))

    def _symbols(self, route: Route) -> Formula:
        return joined([self.parts.symbol(edge) for edge in route], TIMES)

    def _put_in(self, route: Route) -> Expression | None:
        """The product of what the edges are; None if it is too long, or says nothing more."""
        if all(edge.formula is None for edge in route):
            return None
        names: dict[Node, Expression] = {}
        factors = []
        for edge in route:
            scalar = self.parts.graph.scalars[edge.of]
            names[scalar.own] = self.writer.name(scalar.symbol)
            if edge.formula is None:
                names[edge.node] = self.parts.symbol(edge)
            factors.append(edge.node if edge.formula is None else edge.formula)
        writer = self.writer.knowing(names)
        product = _product(factors, writer)
        if isinstance(product.operation, Constant):
            return None
        written = writer.formula(product, apart=True)
        is_short = written is not None and len(written.text) <= LONGEST_PRODUCT
        return written if is_short else None

    def _shown(self, value: Value) -> Shown:
        return self.numbers.evaluation.shown(value)

    def _exact(self, shown: Sequence[Shown]) -> bool:
        return self.options.by_hand or all(one.is_exact for one in shown)

    # together --------------------------------------------------------------------------------

    def _together(
        self, one: Gradient, values: Sequence[Value | None], said: Sentence | None
    ) -> Step:
        """The derivative as a whole; of nothing but edges in symbols, too."""
        is_gradient = one.of.shape == ()
        shape = one.wrt.shape if is_gradient else (one.of.size, one.wrt.size)
        size = shape if is_gradient else size_text((one.of.size, one.wrt.size), self.options)
        sides: list[Equal] = []
        if _is_local(one):
            symbols = self._in_symbols(one, shape)
            if not is_gradient:
                symbols = laid_out(symbols, one.of.shape, one.wrt.shape, self.options)
            sides.append(Equal(symbols))
        known = [value for value in values if value is not None]
        remarks = [] if said is None else [said]
        if len(known) == len(values):
            whole = together(known, shape)
            remarks += underflow(whole)
            if not is_gradient:
                whole = laid_out_value(whole, one.of.shape, one.wrt.shape, self.options)
            sides.append(result_side(self._shown(whole)))
        return Step(
            "quantity",
            what=self.symbol(one),
            sides=tuple(without_repetitions(sides)),
            shape=size,
            remarks=tuple(remarks),
        )

    def _in_symbols(self, one: Gradient, shape: Shape) -> Formula:
        entries = [self._edge(entry.routes[0][0]) if entry.routes else Number("0")
                   for entry in one.entries]  # fmt: skip
        if len(entries) == 1:
            return entries[0]
        if len(shape) == 1:
            return Matrix((tuple(entries),), self.numbers.evaluation.source.vectors)
        width = shape[-1]
        rows = [tuple(entries[at : at + width]) for at in range(0, len(entries), width)]
        return Matrix(tuple(rows))

    def _edge(self, edge: Edge) -> Formula:
        written = None
        if edge.formula is not None:
            written = self.parts.writer_of(edge).formula(edge.formula)
        return self.parts.symbol(edge) if written is None else written


def _product(factors: Sequence[Node], writer: ScalarWriter) -> Node:
    """The factors of all of them, so that none stands in parentheses without need."""
    found: list[Node] = []
    is_negative = False
    waiting = list(reversed(factors))
    while waiting:
        here = waiting.pop()
        is_inner = not writer.is_symbol(here)
        if is_inner and isinstance(here.operation, Multiply):
            waiting.extend(reversed(here.inputs))
        elif is_inner and isinstance(here.operation, Negate):
            is_negative = not is_negative
            waiting.append(here.inputs[0])
        else:
            found.append(here)
    product = reduce(mul, found)
    return -product if is_negative else product


def _summed_examples(one: Gradient) -> Batch | None:
    """The examples that a gradient is a sum over; None where each entry belongs to one of them."""
    batch = batch_of(one.of, (one.wrt,)) if one.of.shape == () else None
    return None if batch is None or one.wrt in batch.rows else batch


def _is_local(one: Gradient) -> bool:
    """Whether a derivative is nothing but partial derivatives side by side."""
    if len(one.entries) > MOST_ENTRIES or (one.of.shape == () and one.wrt.ndim > 2):
        return False
    routes = [entry.routes for entry in one.entries if entry.routes]
    return bool(routes) and all(len(found) == 1 and len(found[0]) == 1 for found in routes)
