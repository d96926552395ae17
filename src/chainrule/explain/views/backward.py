"""The backward view: the backward pass as one works it by hand, from the loss to the inputs.

Each named quantity gets its delta, made from the deltas of the quantities that read it; one pass
serves all gradients of a number.  What is no number has no delta: its derivatives are worked as the
product of the local Jacobians, as in the chain view.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from chainrule.differentiate.walk import Paths, adjoints
from chainrule.explain.batch import batch_of
from chainrule.explain.deltas import Delta, Share, deltas
from chainrule.explain.derive import derive_all
from chainrule.explain.explanation import Equal, Sentence, Step
from chainrule.explain.language.sources import fact_sentence
from chainrule.explain.numbers.evaluation import Evaluation
from chainrule.explain.numbers.shown import Shown, Value
from chainrule.explain.options import Options
from chainrule.explain.remarks import choices, operation_name, operation_sentence
from chainrule.explain.solution import explainable_at
from chainrule.explain.verified import all_verified
from chainrule.explain.views.chain import chain
from chainrule.explain.views.delta_formulas import Formulas, delta_name, operations_of
from chainrule.explain.views.examples import SumOverRows, examples_part, sum_over_rows
from chainrule.explain.views.parts import checked, part, result_side, too_few_digits, underflow
from chainrule.explain.writing import Writer
from chainrule.graph.facts import word
from chainrule.graph.node import Array, Node, node_budget, topological
from chainrule.notation.formula import Expression, Number, Summary, inline
from chainrule.notation.numbers import significant
from chainrule.ops.contract import Operation
from chainrule.ops.indexing import Take
from chainrule.paper.knowledge import facts_of_givens
from chainrule.paper.program import Asked, Paper

__all__ = ["backward"]

MOST_NODES = 150_000  # of all backward passes of a program together
DIGITS = "scalar:digits"
MOST_SHARES = 12  # contributions that are shown one by one


def backward(paper: Paper, asked: Sequence[Asked], options: Options) -> tuple[Step, ...]:
    """A part for each backward pass: of a number one for all its gradients.

    Raises:
        TooLarge: together they are more than anybody reads.
    """
    groups: dict[object, list[Asked]] = {}
    for one in dict.fromkeys(asked):
        key = (one.of, one.names) if one.of.shape == () else one
        groups.setdefault(key, []).append(one)
    numbers = [group for group in groups.values() if group[0].of.shape == ()]
    last = max(numbers, key=lambda group: len(topological([group[0].of])), default=None)
    taken = set(paper.graph.names)
    said: set[str] = set()
    found: list[Step] = []
    with node_budget(MOST_NODES):
        for group in groups.values():
            if group in numbers:
                found.append(_Pass(paper, group, options, taken, said, group is last).part())
            else:
                found += chain(paper, group, derive_all(paper, group, options), options)
    return tuple(found)


class _Pass:
    """One backward pass: from a number to all that it is differentiated by.

    The deltas of the `last` number, the loss, have the plain names.  A sentence stands where it is
    first needed; `said` are those that were.
    """

    def __init__(
        self,
        paper: Paper,
        asked: Sequence[Asked],
        options: Options,
        taken: set[str],
        said: set[str],
        is_last: bool,
    ) -> None:
        self.paper = paper
        self.asked = asked
        self.said = said
        self.of = asked[0].of
        wrt = tuple(dict.fromkeys(one.wrt for one in asked))
        self.source = explainable_at(paper, asked[0])
        self.evaluation = Evaluation(self.source, options)
        reached = frozenset(Paths(self.of, wrt).order)
        self.reached = tuple(one for one in wrt if one in reached)
        self.unreached = tuple(one for one in wrt if one not in reached)
        stated = (*paper.declarations, *facts_of_givens(paper, wrt))
        graph = self.source.graph
        self.deltas = deltas(self.of, self.reached, graph, stated)[1:] if self.reached else ()
        self.quantities = {one.symbol: one.quantity for one in self.deltas}
        self.plain = Writer(self.source)
        self.writer = self._writer(taken, "" if is_last else self.source.name(self.of))
        self.formulas = Formulas(self.writer)
        self.values = self._values()
        self.numbers = self._numbers()
        self.sums = self._sums(wrt)

    # --- names and numbers --------------------------------------------------------------------

    def _writer(self, taken: set[str], prefix: str) -> Writer:
        """Names of the deltas; what is only asked for, and read no more, is the derivative."""
        names = {
            one.symbol: self._symbol(one.quantity)
            if one.is_end
            else delta_name(self.plain.name(one.quantity), taken, prefix)
            for one in self.deltas
        }
        return self.plain.with_names(names)

    def _symbol(self, quantity: Node) -> Expression:
        return self.plain.symbol(self.of, quantity)

    def _values(self) -> Mapping[Node, Value]:
        """The numbers of the deltas: true ones, or by hand each from those displayed before it."""
        found: dict[Node, Value | None] = {}
        if self.evaluation.options.by_hand:
            for one in self.deltas:
                known = {node: value for node, value in found.items() if value is not None}
                (found[one.symbol],) = self.evaluation.values([one.computed], known)
        elif self.deltas:
            true = adjoints(self.of, self.reached)
            values = self.evaluation.values([true[one.quantity] for one in self.deltas])
            found.update(zip((one.symbol for one in self.deltas), values, strict=True))
            self._mend(found)
        return {node: value for node, value in found.items() if value is not None}

    def _mend(self, found: dict[Node, Value | None]) -> None:
        """Work anew, from the deltas before, what is no number: a short form may have a value."""
        for one in self.deltas:
            value = found[one.symbol]
            if value is None or np.isfinite(value.array).all():
                continue
            known = {node: other for node, other in found.items() if other is not None}
            del known[one.symbol]
            (again,) = self.evaluation.values([one.computed], known)
            if again is not None and np.isfinite(again.array).all():
                found[one.symbol] = again

    def _numbers(self) -> Mapping[Node, Shown]:
        """What is put into formulas: quantities and deltas, as they are displayed."""
        tops = [one.computed for one in self.deltas]
        tops += [share.expression for one in self.deltas for share in one.shares]
        nodes = self.formulas.reads(tops)
        values = self.evaluation.values(nodes, self.values)
        return {
            node: self.evaluation.shown(value)
            for node, value in zip(nodes, values, strict=True)
            if value is not None
        }

    def _sums(self, wrt: Sequence[Node]) -> Mapping[Node, SumOverRows]:
        """The deltas that are sums over rows, by their symbols."""
        batch = batch_of(self.of, wrt)
        found = {
            one.symbol: sum_over_rows(self.source, one.shares, one.quantity, self.quantities, batch)
            for one in self.deltas
        }
        return {symbol: summed for symbol, summed in found.items() if summed is not None}

    # --- steps --------------------------------------------------------------------------------

    def part(self) -> Step:
        """The whole pass."""
        steps = [*self._start(), *map(self._step, self.deltas)]
        remarks = [self._independent(one) for one in self.unreached]
        if any(one.wrt is not self.of and one.wrt in self.reached for one in self.asked):
            remarks += self._checked()
        if remarks:
            steps.append(Step("remark", remarks=tuple(remarks)))
        return part("backward", steps, of=self.source.name(self.of))

    def _start(self) -> Iterator[Step]:
        """What a delta is, where the examples are, and what every pass begins with."""
        name = self.source.name(self.of)
        remarks = []
        symbol = next((one for one in self.deltas if not one.is_end), None)
        if symbol is not None:
            details = (
                ("delta", self.writer.name(symbol.symbol).text),
                ("symbol", self._symbol(symbol.quantity).text),
            )
            remarks.append(Sentence("backward:notation", details))
        counts = {one.leaves.count for one in self.sums.values() if one.are_examples}
        for count in counts:
            details = (("of", name), ("count", f"{count:,}"))
            remarks.append(Sentence("backward:batch", details))
        if remarks:
            yield Step("remark", remarks=tuple(remarks))
        if symbol is not None or self.of in self.reached:
            yield Step(
                "quantity",
                what=self._symbol(self.of),
                why=Sentence("moves_with_itself"),
                sides=(Equal(Number("1"), "result"),),
                shape=(),
            )

    def _step(self, one: Delta) -> Step:
        """One delta: its rule, its numbers, its contributions if there are several."""
        several = len(one.shares) > 1
        steps = [*(self._contributions(one) if several else ()), *self._examples(one)]
        return Step(
            "quantity",
            what=self.writer.name(one.symbol),
            rule=_count(one) if several else operation_name(operations_of(one.shares[0])[0]),
            why=self._why_sum(one) if several else self._why(one.shares[0]),
            sides=tuple(self._sides(one)),
            shape=one.quantity.shape,
            rests_on=tuple(self._rests_on(one.computed)),
            remarks=tuple(self._remarks(one)),
            steps=tuple(steps),
        )

    def _sides(self, one: Delta) -> list[Equal]:
        """The derivative that the delta is, its rule, the numbers put in, the result."""
        sides = [] if one.is_end else [Equal(self._symbol(one.quantity))]
        result = self._result(self.values.get(one.symbol))
        forms = [
            self.formulas.form(node) for node in (one.expression, one.short) if node is not None
        ]
        known = {inline(side.formula) for side in result}
        for form in forms:
            if form is not None and inline(form) not in known:
                known.add(inline(form))
                sides.append(Equal(form))
        is_summarized = any(isinstance(side.formula, Summary) for side in result)
        return sides + ([] if is_summarized else self._with_numbers(one.computed)) + result

    def _with_numbers(self, node: Node) -> list[Equal]:
        """A rule with the numbers put in; nothing where it only takes some of them."""
        if not self.formulas.is_plain(node) or node in self.numbers:
            return []
        if isinstance(node.operation, Take):
            return []
        found = self.writer.substituted(node, self.numbers.get)
        if found is None:
            return []
        return [Equal(found[0], "substituted", found[1] or self.evaluation.options.by_hand)]

    def _result(self, value: Value | None) -> list[Equal]:
        return [] if value is None else [result_side(self.evaluation.shown(value))]

    def _contributions(self, one: Delta) -> Iterator[Step]:
        """What each reader sends back, one by one."""
        nodes = [share.expression for share in one.shares[:MOST_SHARES]]
        if not all(map(self.formulas.is_plain, nodes)):
            return
        values = self.evaluation.values(nodes, self.values)
        for share, value in zip(one.shares, values, strict=False):
            node = share.expression
            yield Step(
                "quantity",
                what=self.formulas.written(node),
                rule=Sentence("backward:through", (("reader", self.source.name(share.reader)),)),
                why=self._why(share),
                sides=(*self._with_numbers(node), *self._result(value)),
                shape=node.shape,
                rests_on=tuple(self._rests_on(node)),
                remarks=tuple(self._of_numbers(node, value)),
            )
        if len(nodes) < len(one.shares):
            details = (("shown", str(len(nodes))), ("count", f"{len(one.shares):,}"))
            yield Step("remark", remarks=(Sentence("backward:first_shares", details),))

    def _examples(self, one: Delta) -> list[Step]:
        """The sum over the batch, made visible."""
        found = self.sums.get(one.symbol)
        if found is None:
            return []
        whole = self._symbol(one.quantity)
        total = self.values.get(one.symbol)
        step = examples_part(found, self.formulas, self.evaluation, whole, total, self.values)
        return [] if step is None else [step]

    # --- what is said -------------------------------------------------------------------------

    def _why(self, share: Share) -> Sentence | None:
        """The sentence of the operation, where it is first used."""
        return self._once(operations_of(share)[0])

    def _once(self, operation: Operation) -> Sentence | None:
        if operation.name in self.said:
            return None
        self.said.add(operation.name)
        return operation_sentence(operation)

    def _why_sum(self, one: Delta) -> Sentence:
        readers = dict.fromkeys(self.source.name(share.reader) for share in one.shares)
        names = (("name", self.source.name(one.quantity)), ("readers", ", ".join(readers)))
        return Sentence("backward:why_sum", names)

    def _remarks(self, one: Delta) -> Iterator[Sentence]:
        """The other operations on the way, conventions, what was put in, sums over a batch."""
        if len(one.shares) == 1:
            others = map(self._once, operations_of(one.shares[0])[1:])
            yield from (sentence for sentence in others if sentence is not None)
        yield from self._choices(one)
        if one.short is not None and self.formulas.is_plain(one.short):
            names = ", ".join(self.writer.name(symbol).text for symbol in one.put_in)
            yield Sentence("backward:short", (("names", names),))
            yield from self._saturated(one, names)
            yield from self._facts(one)
        yield from self._rows(one)
        yield from self._of_numbers(one.computed, self.values.get(one.symbol))

    def _of_numbers(self, node: Node, value: Value | None) -> Iterator[Sentence]:
        """That zeros are none, and, once, that a result does not follow from what is displayed."""
        yield from underflow(value)
        if DIGITS not in self.said and self._with_numbers(node):
            said = too_few_digits(node, self.numbers.get, value, self.evaluation)
            self.said.update(one.code for one in said)
            yield from said

    def _choices(self, one: Delta) -> list[Sentence]:
        """What is chosen where there is no derivative."""
        named = self.source.graph.named_nodes
        found: list[Node] = []
        for share in one.shares:
            top = share.through[0]
            paths = Paths(top, (one.quantity,), named - {top})
            found += [node for node in reversed(paths.order) if paths.edges[node]]
        return choices(found)

    def _saturated(self, one: Delta, names: str) -> Iterator[Sentence]:
        """That only the short form has a value, where what was put in is infinite."""
        values = [self.values.get(symbol) for symbol in one.put_in]
        result = self.values.get(one.symbol)
        has_value = result is not None and np.isfinite(result.array).all()
        if has_value and not all(one is None or np.isfinite(one.array).all() for one in values):
            yield Sentence("backward:saturated", (("names", names),))

    def _facts(self, one: Delta) -> Iterator[Sentence]:
        """What has to be known of the quantities for the short form to be true."""
        for stated in one.facts:
            name = self.source.name(stated.node)
            yield fact_sentence(name, word(stated.fact), stated.where)

    def _rows(self, one: Delta) -> Iterator[Sentence]:
        """Where one quantity serves all rows of others."""
        found = self.sums.get(one.symbol)
        if found is None:
            return
        details = (
            ("name", self.source.name(one.quantity)),
            ("reader", self.source.name(one.shares[0].reader)),
            ("count", f"{found.leaves.count:,}"),
        )
        yield Sentence(f"backward:serves_{'examples' if found.are_examples else 'rows'}", details)

    def _rests_on(self, node: Node) -> Iterator[str]:
        """The deltas and quantities that a rule uses."""
        yield from (self.writer.name(one).text for one in self.formulas.reads([node]))

    def _independent(self, wrt: Node) -> Sentence:
        details = (("of", self.source.name(self.of)), ("wrt", self.source.name(wrt)))
        return Sentence("does_not_depend", details)

    def _checked(self) -> list[Sentence]:
        """How the gradients that are asked for were verified, and how far off they are by hand."""
        asked = [one for one in self.asked if one.wrt is not self.of and one.wrt in self.reached]
        found = all_verified(self.paper, asked)
        said = [sentence for one in found for sentence in checked(one, self.evaluation.options)]
        said = said or checked(None, self.evaluation.options)
        return said + (self._differs() if self.evaluation.options.by_hand else [])

    def _differs(self) -> list[Sentence]:
        """The largest distance to the true gradients, relative to the largest entry of each."""
        known = adjoints(self.of, self.reached)
        asked = [one for one in self.deltas if one.quantity in self.reached]
        true = self.source.numbers([known[one.quantity] for one in asked])
        found = [
            _distance(self.values.get(one.symbol), of) for one, of in zip(asked, true, strict=True)
        ]
        errors = [one for one in found if one is not None]
        if not errors:
            return []
        return [Sentence("backward:differs", (("difference", significant(max(errors), 2)),))]


def _distance(value: Value | None, true: Array | None) -> float | None:
    """From a value by hand to the true one; None where there is nothing to compare."""
    if value is None or true is None or not true.size:
        return None
    if not (np.isfinite(true).all() and np.isfinite(value.array).all()):
        return None
    return float(np.max(np.abs(value.array - true))) / (float(np.max(np.abs(true))) or 1.0)


def _count(one: Delta) -> Sentence:
    return Sentence("backward:sum", (("count", str(len(one.shares))),))
