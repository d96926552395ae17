"""What the single examples of a batch contribute to a gradient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chainrule.differentiate.factors import Factor
from chainrule.differentiate.jacobian import jacobian
from chainrule.differentiate.walk import adjoints
from chainrule.explain.batch import Batch, batch_of
from chainrule.explain.deltas import Share, shares_of
from chainrule.explain.explanation import Equal, Sentence, Step
from chainrule.explain.numbers.evaluation import Evaluation
from chainrule.explain.numbers.shown import Shown, Value
from chainrule.explain.remarks import factor_remarks
from chainrule.explain.rows import Leaves, added_by, separated
from chainrule.explain.source import Explainable, has_named_sizes
from chainrule.explain.views.delta_formulas import Formulas
from chainrule.explain.views.parts import part, result_side
from chainrule.explain.writing import Writer, joined, sign
from chainrule.graph.node import Node, topological
from chainrule.graph.record import Record
from chainrule.notation.formula import Expression, Formula, Line, Matrix, Number, Summary
from chainrule.ops.contraction import MatMul
from chainrule.ops.indexing import Take
from chainrule.rewrite.closed import simplest
from chainrule.rewrite.knowledge import Knowledge

__all__ = ["SumOverRows", "examples_part", "per_example", "sum_over_rows"]

MOST_WRITTEN = 8  # examples; of more, the first few
FIRST = 3
MOST_IN_A_SUM = 24  # columns of all terms of a sum that stand on one line
MOST_NUMBERS = 310_000  # of the examples that are written out, together
PLUS = sign(" + ", "+")


class SumOverRows(Record):
    """A gradient as a sum over rows: each adds its part of `terms`; `rest` belongs to none.

    `are_examples` says whether the loss is a sum over these rows, too; else they are only rows.
    """

    terms: Node
    rest: Node | None
    leaves: Leaves
    are_examples: bool


def per_example(source: Explainable, evaluation: Evaluation, of: Node, wrt: Node) -> Step | None:
    """The contributions of the examples to ∂of/∂wrt and their sum, over the derivatives ∂of/∂h.

    None where there is no batch, or it has no numbers; and by hand, where a sum of rounded
    contributions would be another number than the product that is displayed.
    """
    if of.shape != () or evaluation.options.by_hand or source.unknown([of]):
        return None
    shares, symbols = shares_of(of, wrt, source.graph, source.declarations)
    if not shares:
        return None
    found = sum_over_rows(source, shares, wrt, symbols, batch_of(of, (wrt,)))
    if found is None:
        return None
    known = adjoints(of, (wrt, *symbols.values()))
    *values, total = evaluation.values([*(known[node] for node in symbols.values()), known[wrt]])
    given = dict(zip(symbols, values, strict=True))
    writer = Writer(source)
    names = {symbol: writer.symbol(of, node) for symbol, node in symbols.items() if node is not of}
    formulas = Formulas(writer.with_names(names))
    return examples_part(found, formulas, evaluation, writer.symbol(of, wrt), total, given)


def sum_over_rows(
    source: Explainable,
    shares: Sequence[Share],
    quantity: Node,
    symbols: Mapping[Node, Node],
    batch: Batch | None,
) -> SumOverRows | None:
    """The shares of a quantity as a sum over the rows of those that read it; None if it is none.

    `symbols` are those of the deltas, with the quantities that they belong to.
    """
    expression = shares[0].expression
    for share in shares[1:]:
        expression = expression + share.expression
    named = source.graph.named_nodes.union(symbols)
    if batch is not None:
        if quantity in batch.rows:
            return None
        rows = batch.rows.union([one for one, node in symbols.items() if node in batch.rows])
        leaves = Leaves(batch.count, rows, named)
    else:
        found = _shared_rows(source, shares, quantity, named)
        if found is None:
            return None
        leaves = found
    terms, rest = separated(expression, leaves)
    return None if terms is None else SumOverRows(terms, rest, leaves, batch is not None)


def _shared_rows(
    source: Explainable, shares: Sequence[Share], quantity: Node, named: frozenset[Node]
) -> Leaves | None:
    """The rows of the only reader, if one quantity serves them all."""
    reader, expression = shares[0].reader, shares[0].expression
    if len(shares) > 1 or reader.ndim < 2 or has_named_sizes(reader.shape):
        return None
    map_ = jacobian(reader, quantity, source.graph.named_nodes)
    said = factor_remarks(source, Factor(reader, quantity, map_))
    if not any(one.code == "shared_by_rows" for one in said):
        return None
    count = reader.shape[0]
    below = topological([expression], lambda one: () if one in named else one.inputs)
    rows = [one for one in below if one in named and one.shape[:1] == (count,)]
    return Leaves(count, frozenset(rows) - {quantity}, named)


def examples_part(
    found: SumOverRows,
    formulas: Formulas,
    evaluation: Evaluation,
    whole: Expression,
    total: Value | None,
    given: Mapping[Node, Value | None],
) -> Step | None:
    """What each row adds to the whole, and the sum.

    All of a few rows are written out, of many the first few.  None where what a row adds has no
    formula that one could read, or no numbers.
    """
    if total is None:
        return None
    return _Examples(found, formulas, evaluation, given).part(whole, total)


class _Examples:
    """The rows of one sum that are written out."""

    def __init__(
        self,
        found: SumOverRows,
        formulas: Formulas,
        evaluation: Evaluation,
        given: Mapping[Node, Value | None],
    ) -> None:
        self.found = found
        self.formulas = formulas
        self.evaluation = evaluation
        self.given = {node: value for node, value in given.items() if value is not None}
        self.count = found.leaves.count
        self.kind = "example" if found.are_examples else "row"

    def part(self, whole: Expression, total: Value) -> Step | None:
        """What each row adds, what belongs to none of them, and the sum."""
        nodes = self._nodes()
        terms = nodes if self.found.rest is None else (*nodes, self.found.rest)
        values = self.evaluation.values(terms, self.given)
        shown = [self.evaluation.shown(value) for value in values if value is not None]
        if not nodes or len(shown) < len(terms):
            return None
        are_bare = all(_is_row(node, self.found.leaves.named) for node in nodes)
        steps = [] if are_bare else self._steps(terms, shown)
        if len(nodes) == self.count:
            formula = joined([self.formulas.written(node) for node in terms], PLUS)
            forms = [Equal(formula)] if are_bare else []
            steps += self._sum(whole, forms, shown, self.evaluation.shown(total))
        return self._titled(steps, whole, len(nodes)) if steps else None

    def _titled(self, steps: Sequence[Step], whole: Expression, count: int) -> Step:
        if count == self.count:
            return part(f"backward:{self.kind}s", steps, name=whole.text)
        details = {"name": whole.text, "count": f"{self.count:,}", "shown": str(count)}
        return part(f"backward:first_{self.kind}s", steps, **details)

    def _nodes(self) -> tuple[Node, ...]:
        """What each of the rows that are written out adds; none where nobody could read it."""
        count = self.count if self.count <= MOST_WRITTEN else FIRST
        terms = self.found.terms
        if count * terms.size > MOST_NUMBERS:
            return ()
        nodes = [added_by(terms, at, self.found.leaves) for at in range(count)]
        if not nodes or None in nodes:
            return ()
        found = _simplest([node for node in nodes if node is not None])
        return found if all(map(self.formulas.is_plain, found)) else ()

    def _steps(self, terms: Sequence[Node], shown: Sequence[Shown]) -> list[Step]:
        """The contributions: each as a formula, with its numbers, and what it comes to."""
        numbers = self._numbers(terms)
        steps = []
        for at, (node, result) in enumerate(zip(terms, shown, strict=True), 1):
            is_rest = node is self.found.rest
            number = () if is_rest else (("number", str(at)),)
            is_summarized = isinstance(result.formula, Summary)
            writer = self.formulas.writer
            put_in = None if is_summarized else writer.substituted(node, numbers.get)
            by_hand = self.evaluation.options.by_hand
            sides = [
                Equal(expression, "substituted", is_exact or by_hand)
                for expression, is_exact in ([] if put_in is None else [put_in])
            ]
            steps.append(
                Step(
                    "quantity",
                    what=self.formulas.written(node),
                    rule=Sentence("backward:rest" if is_rest else f"backward:{self.kind}", number),
                    sides=(*sides, result_side(result)),
                    shape=node.shape,
                    rests_on=tuple(
                        self.formulas.writer.name(one).text for one in self.formulas.reads([node])
                    ),
                )
            )
        return steps

    def _numbers(self, terms: Sequence[Node]) -> Mapping[Node, Shown]:
        """What numbers are put in for: quantities, and rows of them."""
        named = self.found.leaves.named
        below = topological(terms, lambda one: () if one in named else one.inputs)
        leaves = [one for one in below if one in named or _is_row(one, named)]
        values = self.evaluation.values(leaves, self.given)
        return {
            leaf: self.evaluation.shown(value)
            for leaf, value in zip(leaves, values, strict=True)
            if value is not None
        }

    def _sum(
        self, whole: Expression, forms: list[Equal], shown: Sequence[Shown], total: Shown
    ) -> list[Step]:
        """The contributions side by side; nothing where they do not fit, or are rounded by hand."""
        width = sum(_columns(one.formula) for one in shown)
        if width > MOST_IN_A_SUM or self.evaluation.options.by_hand:
            return []
        terms = joined([_signed(one.formula) for one in shown], PLUS)
        exact = all(one.is_exact for one in shown)
        return [
            Step(
                "quantity",
                what=whole,
                rule=Sentence("backward:sum_of_rows"),
                sides=(*forms, Equal(terms, "substituted", exact), result_side(total)),
            )
        ]


def _simplest(nodes: Sequence[Node]) -> tuple[Node, ...]:
    """With the numbers in front; products stay as they are, rows on the left of matrices."""
    products = [one for one in topological(nodes) if isinstance(one.operation, MatMul)]
    found, _ = simplest(nodes, Knowledge(), products)
    return found


def _is_row(node: Node, named: frozenset[Node]) -> bool:
    return isinstance(node.operation, Take) and node.inputs[0] in named


def _columns(formula: Formula) -> int:
    """How wide numbers are, in columns; what is summarized is too wide."""
    if isinstance(formula, Matrix):
        return 1 if formula.kind == "column" else max(len(row) for row in formula.rows)
    return MOST_IN_A_SUM + 1 if isinstance(formula, Summary) else 1


def _signed(formula: Formula) -> Formula:
    """A number as it stands in a sum: a negative one in parentheses."""
    if isinstance(formula, Number) and formula.text.startswith("-"):
        return Line((sign("(", r"\left("), formula, sign(")", r"\right)")))
    return formula
