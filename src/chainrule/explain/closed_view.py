"""The closed view of a program as plain data: facts, closed forms, how they came about, numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from chainrule.differentiate.jacobian import derivative, jacobian
from chainrule.explain.closed_origin import Origin, origin_of
from chainrule.explain.closed_writing import ClosedWriter, affine_text, without_cast
from chainrule.explain.derivation import Verified
from chainrule.explain.entries import matrix_entries, unfold
from chainrule.explain.instances import Instances
from chainrule.explain.numbers.evaluation import Evaluation
from chainrule.explain.numbers.shown import Shown, Value
from chainrule.explain.options import USUAL, Options
from chainrule.explain.solution import explainable_at
from chainrule.explain.source import Explainable, has_named_sizes, is_readable
from chainrule.explain.verified import verified
from chainrule.explain.views.layout import is_reordered, laid_out_value
from chainrule.explain.writing import Writer
from chainrule.graph.facts import word
from chainrule.graph.node import Array, Node, Shape, fresh, node_budget, topological
from chainrule.graph.record import Record
from chainrule.notation.formula import Expression
from chainrule.ops.assuming import Assumed
from chainrule.ops.making import zeros
from chainrule.ops.naming import Same
from chainrule.ops.shaping import stack
from chainrule.ops.transposition import transpose
from chainrule.paper.knowledge import facts_of_givens, knowledge_of
from chainrule.paper.program import Asked, Paper
from chainrule.rewrite.affine import affine
from chainrule.rewrite.closed import (
    Definition,
    as_written,
    closed_form,
    closed_jacobian,
    simplest,
)
from chainrule.rewrite.derivation import (
    Derived,
    Step,
    derived,
    needed_facts,
    reader,
)
from chainrule.rewrite.knowledge import Knowledge
from chainrule.run.gradient_check import EFFORT

__all__ = ["AffineLine", "ClosedLine", "ClosedView", "FactUsed", "closed_views"]

MOST_ENTRIES = 16  # of what is written out entry by entry
MOST_NODES = 60_000  # of all closed forms of a program together


class FactUsed(Record):
    """A fact that the closed forms rely on, and who says so."""

    name: str
    fact: str
    where: str


class ClosedLine(Record):
    """One derivative: `wrt` is what it is by; `is_asked` is False of a shared adjoint.

    `value` is None without numbers; `difference` is how far it is from the product of the local
    Jacobians, relative to the largest entry, None where there is nothing to compare.
    """

    wrt: str
    is_asked: bool
    derived: Derived
    latex: str
    written: Written
    value: Array | None
    difference: float | None
    verified: Verified | None


class Written(Record):
    """A line in both notations: its name and what that stands for, where the line starts, the
    expression after each step, the result, the result with numbers put in.

    `origin` says where a local Jacobian comes from.  `is_by_rows` is True where the numbers of
    `value` stand in another order than the formula's: arrays flattened column by column.
    """

    name: Expression
    symbol: Expression
    start: Expression
    steps: tuple[Expression, ...]
    result: Expression
    substituted: tuple[Expression, bool] | None
    value: Value | None
    origin: Origin | None = None
    is_by_rows: bool = False


class AffineLine(Record):
    """of = text, affine in wrt (linear without a constant part)."""

    wrt: str
    is_linear: bool
    text: str
    latex: str


class ClosedView(Record):
    """The derivatives of one quantity, those that were `asked` for."""

    asked: tuple[Asked, ...]
    of: str
    is_gradient: bool
    facts: tuple[FactUsed, ...]
    lines: tuple[ClosedLine, ...]
    affine: tuple[AffineLine, ...]


def closed_views(
    paper: Paper, asked: Sequence[Asked], options: Options = USUAL
) -> list[ClosedView]:
    """The closed forms of what is asked for; gradients of one number share their adjoints.

    Raises:
        TooLarge: together they are more than anybody reads.
    """
    groups: dict[tuple[Node, object], list[Asked]] = {}
    for one in dict.fromkeys(asked):
        groups.setdefault((one.of, one.names), []).append(one)
    check = _Check(paper, EFFORT // max(1, len(asked)))
    with node_budget(MOST_NODES):
        return [_Viewer(paper, group, check, options).view() for group in groups.values()]


class _Check:
    """Derivatives against differences: at the given numbers, without them at random ones."""

    def __init__(self, paper: Paper, effort: int) -> None:
        self.paper = paper
        self.instances = Instances(paper)
        self.effort = effort

    def __call__(self, asked: Asked) -> Verified | None:
        return verified(self.paper, asked, self.effort, self.instances)

    def at_random(self, asked: Asked) -> float | None:
        """How far a closed form is from the product of the local Jacobians, at random numbers."""
        found = self.instances.evaluated(asked, _both_ways)
        return None if found is None else _difference(*found)


def _both_ways(paper: Paper, asked: Asked) -> tuple[Node, Node]:
    """A derivative in closed form, and as the product of the local Jacobians comes."""
    graph = explainable_at(paper, asked).graph
    knowledge = knowledge_of(paper, [asked.wrt])
    if asked.of.shape == ():
        form = closed_form(asked.of, [asked.wrt], graph, knowledge).gradients[0]
    else:
        form = closed_jacobian(asked.of, asked.wrt, graph, knowledge)
    return form.expression, derivative(asked.of, asked.wrt)


class _Viewer:
    """The view of one quantity's derivatives."""

    def __init__(
        self, paper: Paper, asked: Sequence[Asked], check: _Check, options: Options
    ) -> None:
        self.options = options
        self.source: Explainable = explainable_at(paper, asked[0])
        self.of = asked[0].of
        self.wrt = tuple(dict.fromkeys(one.wrt for one in asked))
        self.asked = {one.wrt: one for one in asked}
        self.check = check
        below = frozenset(topological([self.of]))
        stated = (*paper.declarations, *facts_of_givens(paper, self.wrt))
        self.stated = [one for one in stated if one.node in below]
        self.read = reader(self.of, self.source.graph, Knowledge(self.stated))
        self.assumed = [node for node in below if isinstance(node.operation, Assumed)]

    def view(self) -> ClosedView:
        knowledge = Knowledge(self.stated)
        definitions = self._definitions(knowledge)
        lines = self._lines([self._laid_out(one, knowledge) for one in definitions])
        return ClosedView(
            asked=tuple(self.asked.values()),
            of=self.source.name(self.of),
            is_gradient=self.of.shape == (),
            facts=tuple(self._facts(definitions)),
            lines=lines,
            affine=tuple(self._affine(definitions, knowledge)),
        )

    def _definitions(self, knowledge: Knowledge) -> tuple[Definition, ...]:
        graph = self.source.graph
        if self.of.shape == ():
            return closed_form(self.of, self.wrt, graph, knowledge).definitions
        return tuple([closed_jacobian(self.of, wrt, graph, knowledge) for wrt in self.wrt])

    @property
    def _is_transposed(self) -> bool:
        return self.of.shape != () and self.options.layout == "denominator"

    def _laid_out(self, one: Definition, knowledge: Knowledge) -> Definition:
        """In denominator layout a Jacobian's transpose, simplified as such."""
        if not self._is_transposed:
            return one
        start = transpose(one.pulled_back)
        (expression,), rules = simplest([start], knowledge, as_written(self.source.graph))
        if expression is one.expression:
            return one  # symmetric
        symbol = fresh(Same(), expression)
        return Definition(one.name, symbol, expression, one.quantity, start, rules)

    def _product(self, wrt: Node) -> Node:
        """The product of the local Jacobians, laid out as the closed form is."""
        found = derivative(self.of, wrt)
        return transpose(found) if self._is_transposed else found

    def _lines(self, definitions: Sequence[Definition]) -> tuple[ClosedLine, ...]:
        show, in_latex = self._writers(definitions)
        nodes = [one.expression for one in definitions]
        nodes += [self._product(one.quantity) for one in definitions]
        numbers = self.source.numbers(nodes)
        written = [self._entries(one, definitions, show) for one in definitions]
        values, products = numbers[: len(definitions)], numbers[len(definitions) :]
        steps = [
            derived(one, show, self.read) if entries is None else _by_entries(one, entries, show)
            for one, entries in zip(definitions, written, strict=True)
        ]
        both = lambda node: Expression(show(node), in_latex(node))  # noqa: E731
        in_notation = self._written(definitions, written, steps, both)
        return tuple(
            ClosedLine(
                wrt=self.source.name(one.quantity),
                is_asked=one.quantity in self.wrt,
                derived=found,
                latex=in_latex(one.expression if entries is None else entries[-1]),
                written=lines,
                value=value,
                difference=self._distance(one.quantity, value, product),
                verified=self._verified(one.quantity),
            )
            for one, entries, found, lines, value, product in zip(
                definitions, written, steps, in_notation, values, products, strict=True
            )
        )

    def _written(
        self,
        definitions: Sequence[Definition],
        entries: Sequence[tuple[Node, Node] | None],
        steps: Sequence[Derived],
        both: Callable[[Node], Expression],
    ) -> Iterator[Written]:
        """Each line in both notations, with its numbers as they are shown."""
        names = {one.symbol: both(one.symbol) for one in definitions}
        writer = Writer(self.source, names)
        evaluation = Evaluation(self.source, self.options)
        values = self._values(definitions, evaluation)
        shown: dict[Node, Shown | None] = {}

        def number_of(node: Node) -> Shown | None:
            if node not in shown:
                value = values.get(node)
                shown[node] = None if value is None else evaluation.shown(value)
            return shown[node]

        for one, written, found in zip(definitions, entries, steps, strict=True):
            start, result = written or (found.start_node, one.expression)
            assert start is not None
            known = values.get(one.symbol) is not None and written is None
            yield Written(
                name=Expression(one.name, names[one.symbol].latex),
                symbol=Writer(self.source).symbol(self.of, one.quantity),
                start=both(start),
                steps=tuple(both(step.node) for step in found.steps if step.node is not None),
                result=both(result),
                substituted=writer.substituted(one.expression, number_of) if known else None,
                value=self._reordered(values.get(one.symbol), one.quantity),
                origin=self._origin(one, both, both(start).text),
                is_by_rows=self._is_reordered(one.quantity),
            )

    def _origin(
        self, one: Definition, both: Callable[[Node], Expression], start: str
    ) -> Origin | None:
        """Where a local Jacobian comes from; by entries if the `start` is not written so anyway."""
        if self.of.shape == ():
            return None

        def written(entry: Node) -> Expression:
            (simple,), _ = simplest([entry], Knowledge())
            return both(without_cast(simple))

        found = origin_of(self.source, self.of, one.quantity, written, self._is_transposed)
        return found.without_entries() if found is not None and start.startswith("[") else found

    def _is_reordered(self, wrt: Node) -> bool:
        return self.of.shape != () and is_reordered(self.of.shape, wrt.shape, self.options)

    def _reordered(self, value: Value | None, wrt: Node) -> Value | None:
        """The numbers of a Jacobian in the order that arrays are flattened in."""
        if value is None or not self._is_reordered(wrt):
            return value
        sides = (wrt.shape, self.of.shape) if self._is_transposed else (self.of.shape, wrt.shape)
        return laid_out_value(value, *sides, Options(flatten=self.options.flatten))

    def _values(
        self, definitions: Sequence[Definition], evaluation: Evaluation
    ) -> dict[Node, Value | None]:
        """The numbers of all quantities and of each line; by hand, each from those before."""
        quantities = [*self.source.values]
        quantities += [self.source.graph[name] for name in self.source.formulas]
        quantities = list(dict.fromkeys(quantities))
        values = dict(zip(quantities, evaluation.values(quantities), strict=True))
        if not self.options.by_hand:
            found = evaluation.values([one.expression for one in definitions])
            return values | dict(zip([one.symbol for one in definitions], found, strict=True))
        given: dict[Node, Value] = {}
        for one in definitions:
            (value,) = evaluation.values([one.expression], given)
            values[one.symbol] = value
            given |= {} if value is None else {one.symbol: value}
        return values

    def _entries(
        self, one: Definition, definitions: Sequence[Definition], show: Callable[[Node], str]
    ) -> tuple[Node, Node] | None:
        """The entries in brackets, before and after they are simplified, of what is no formula."""
        shape = one.expression.shape
        if is_readable(show(one.expression)) or not shape or has_named_sizes(shape):
            return None
        if one.expression.size > MOST_ENTRIES:
            return None
        named = self.source.graph.named_nodes.union(other.symbol for other in definitions)
        found = unfold(one.pulled_back, named)
        if found is None and self.of.shape != ():
            found = matrix_entries(jacobian(self.of, one.quantity), named)
            found = found.T if found is not None and self._is_transposed else found
        if found is None:
            return None
        nodes = [self.read(entry) for entry in found.reshape(-1)]
        simple, _ = simplest(nodes, Knowledge(self.stated))
        return _in_brackets(nodes, shape), _in_brackets(simple, shape)

    def _distance(self, wrt: Node, value: Array | None, product: Array | None) -> float | None:
        """From the product of the local Jacobians; at random numbers where there are none."""
        if (value is None or product is None) and wrt in self.asked:
            return self.check.at_random(self.asked[wrt])
        return _difference(value, product)

    def _writers(
        self, definitions: Sequence[Definition]
    ) -> tuple[Callable[[Node], str], Callable[[Node], str]]:
        """What writes expressions, as text and as LaTeX."""
        writer = ClosedWriter(self.source, self.of, definitions)
        return writer.text, writer.latex

    def _verified(self, wrt: Node) -> Verified | None:
        """What is asked for, against differences."""
        return self.check(self.asked[wrt]) if wrt in self.asked else None

    def _facts(self, definitions: Sequence[Definition]) -> Iterator[FactUsed]:
        """The facts without which the closed forms would be others."""
        texts = self._texts(definitions)
        with_facts = lambda known: self._texts(self._definitions(known))  # noqa: E731
        for one in needed_facts(self.stated, texts, with_facts):
            yield FactUsed(self.source.name(one.node), word(one.fact), one.where)
        for node in self.assumed:
            assert isinstance(node.operation, Assumed)
            for known in node.operation.known:
                yield FactUsed(self.source.name(node), known, "as assumed")

    def _texts(self, definitions: Sequence[Definition]) -> list[str]:
        show, _ = self._writers(definitions)
        return [show(one.expression) for one in definitions]

    def _affine(
        self, definitions: Sequence[Definition], knowledge: Knowledge
    ) -> Iterator[AffineLine]:
        """What is affine in what it is differentiated by."""
        source = self.source
        show, in_latex = self._writers(())
        symbols = {one.symbol for one in definitions}
        below = frozenset(topological([self.of]))
        for one in definitions:
            x = one.quantity
            if x is self.of or x not in self.wrt or x not in below:
                continue
            if not symbols.isdisjoint(topological([one.expression])):
                continue
            found = affine(self.of, x, one.expression, source.graph, knowledge)
            if found is not None:
                yield AffineLine(
                    wrt=source.name(x),
                    is_linear=found.constant is None,
                    text=affine_text(found, x, show, " @ " if x.ndim else " * "),
                    latex=affine_text(found, x, in_latex, r" \, "),
                )


def _in_brackets(entries: Sequence[Node], shape: Shape) -> Node:
    """[[a, b], [c, d]] of the entries, row by row."""
    if not shape:
        return entries[0]
    if 0 in shape:
        return zeros(shape)
    each = len(entries) // shape[0]
    rows = [entries[at * each : (at + 1) * each] for at in range(shape[0])]
    return stack(*[_in_brackets(row, shape[1:]) for row in rows])


def _by_entries(
    one: Definition, entries: tuple[Node, Node], show: Callable[[Node], str]
) -> Derived:
    start, text = map(show, entries)
    step = Step("entry by entry", "Each entry is simplified by itself.", text, entries[-1])
    return Derived(one.name, text, one.expression.shape, start, (step,) if start != text else ())


def _difference(value: Array | None, product: Array | None) -> float | None:
    """How far two arrays are apart, relative to the largest entry; None where they say nothing."""
    if value is None or product is None or not value.size:
        return None
    if not (np.isfinite(value).all() and np.isfinite(product).all()):
        return None
    scale = float(np.max(np.abs(product))) or 1.0
    return float(np.max(np.abs(value - product))) / scale
