"""Parts of the scalar view: the scalars and their partial derivatives, each with its numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable

import numpy as np

from chainrule.explain.explanation import Equal, Sentence, Step
from chainrule.explain.language.sources import local_derivative
from chainrule.explain.numbers.shown import Shown, Value
from chainrule.explain.remarks import choices, operation_name, operation_sentence
from chainrule.explain.scalar.cut import FUNCTION, POWER, kind_of
from chainrule.explain.scalar.graph import Edge, Gradient, Scalar, ScalarGraph
from chainrule.explain.scalar.numbers import ScalarNumbers
from chainrule.explain.scalar.writing import ScalarWriter
from chainrule.explain.source import is_readable
from chainrule.explain.views.parts import part, result_side, underflow
from chainrule.explain.writing import partial
from chainrule.graph.node import Constant, Node, topological
from chainrule.notation.formula import Expression, Number, inline
from chainrule.ops.abstract import AbstractElementwise, AbstractFunction
from chainrule.ops.arithmetic import Add, Subtract
from chainrule.ops.broadcasting import Reshaped
from chainrule.ops.choice import TruthValue
from chainrule.ops.contract import Composite, Operation
from chainrule.ops.indexing import Take
from chainrule.ops.naming import Same
from chainrule.run.interpreter import evaluate_all

__all__ = ["ScalarParts", "number_shown", "without_repetitions"]

MOST_OFF = 0.1  # of a number, as rounding has it before something is said
INNER = Sentence("scalar:inner")
UNNAMED = (AbstractElementwise, AbstractFunction, Same)  # operations that have no name to tell


class ScalarParts:
    """Makes the steps; a sentence is said where it is first needed."""

    def __init__(
        self,
        writer: ScalarWriter,
        inner: Collection[Node],
        without: Callable[[Node], ScalarWriter],
        graph: ScalarGraph,
        numbers: ScalarNumbers,
    ) -> None:
        """`without` is the writer that does not know the name of one of the `inner` results."""
        self.writer = writer
        self.inner = inner
        self.without = without
        self.graph = graph
        self.numbers = numbers
        self.owners = {one.own: one.symbol for one in graph.scalars.values()}
        own_names = {one.own: writer.name(one.symbol) for one in graph.scalars.values()}
        self.knowing_all = writer.knowing(own_names)
        self.said: set[Sentence] = set()

    # the scalars -----------------------------------------------------------------------------

    def nodes(self) -> Step:
        """Every entry of every computed quantity."""
        steps: list[Step] = []
        introduced: set[Node] = set()
        for scalar in self.graph.scalars.values():
            array = scalar.array
            is_new = array in self.inner and array not in introduced
            introduced.add(array)
            if is_new and array.shape != ():
                steps.append(self._introduced(array))
            why = self.once(INNER) if is_new and array.shape == () else None
            steps.append(self._scalar(scalar, why))
        return part("scalar:nodes", steps)

    def _introduced(self, node: Node) -> Step:
        formula = self.without(node).writer.expression(node)
        return Step(
            "quantity",
            what=self.writer.name(node),
            why=self.once(INNER),
            sides=(Equal(formula),) if is_readable(formula.text) else (),
            shape=node.shape,
        )

    def _scalar(self, scalar: Scalar, why: Sentence | None) -> Step:
        value = self.numbers.of(scalar.symbol)
        writer = self.without(scalar.array) if scalar.array in self.inner else self.writer
        # An expression by itself is called what it is: it is written from what it is made of.
        formula = scalar.own if scalar.formula is scalar.array else scalar.formula
        return Step(
            "quantity",
            what=self.writer.name(scalar.symbol),
            why=why,
            sides=self.sides(formula, value, writer, scalar),
            rests_on=self._read(scalar.formula),
            remarks=(*self._digits(scalar.formula, value), *underflow(value)),
        )

    def sides(
        self,
        formula: Node | None,
        value: Value | None,
        writer: ScalarWriter,
        scalar: Scalar | None = None,
    ) -> tuple[Equal, ...]:
        """An expression, the numbers put in, the result; nothing is said twice.

        Where there is none to read, a `scalar` is an entry of what makes its array.
        """
        written = None if formula is None else writer.formula(formula)
        sides: list[Equal] = []
        if written is None and scalar is not None:
            written = writer.formula(scalar.whole)
        if written is not None:
            sides.append(Equal(written))
        numbers = None
        if formula is not None and written is not None and value is not None:
            numbers = writer.substituted(formula, self._number_of)
        if numbers is not None:
            exact = numbers[1] or self.numbers.evaluation.options.by_hand
            sides.append(Equal(numbers[0], "substituted", exact))
        return tuple(without_repetitions([*sides, *self.result(value)]))

    def result(self, value: Value | None) -> tuple[Equal, ...]:
        """The number that something comes to."""
        return () if value is None else (result_side(self.numbers.evaluation.shown(value)),)

    def _digits(self, formula: Node | None, value: Value | None) -> list[Sentence]:
        """What is said where the numbers put in, as they are shown, lead to another one."""
        if formula is None or value is None or self.writer.is_symbol(formula):
            return []
        inside = topological([formula])
        if not any(isinstance(one.operation, Add | Subtract) for one in inside):
            return []
        symbols = self.knowing_all.symbols(formula)
        numbers = [number_shown(self._number_of(one)) for one in symbols]
        if None in numbers or any(one.shape != () for one in symbols):
            return []
        given = {one: np.array(number) for one, number in zip(symbols, numbers, strict=True)}
        return self.too_few_digits(float(evaluate_all([formula], given)[0]), value)

    def too_few_digits(self, found: float | None, value: Value | None) -> list[Sentence]:
        """What is said where the numbers that are shown come to something else than the result."""
        if found is None or value is None or self.numbers.evaluation.options.by_hand:
            return []
        true = float(value.array)
        if not math.isfinite(found + true) or abs(found - true) <= MOST_OFF * abs(true):
            return []
        said = self.once(Sentence("scalar:digits"))
        return [] if said is None else [said]

    def _number_of(self, symbol: Node) -> Shown | None:
        return self.numbers.shown(self.owners.get(symbol, symbol))

    def _read(self, formula: Node | None) -> tuple[str, ...]:
        """The names of the scalars that an expression reads."""
        if formula is None:
            return ()
        return tuple(self.writer.name(one).text for one in self.writer.symbols(formula))

    # their partial derivatives ---------------------------------------------------------------

    def edges(self, gradients: Iterable[Gradient]) -> Step:
        """Those on a path of what is asked for, from the results down."""
        routes = [route for one in gradients for entry in one.entries for route in entry.routes]
        used = {edge for route in routes for edge in route}
        arrays: dict[Node, list[Scalar]] = {}
        for scalar in self.graph.scalars.values():
            arrays.setdefault(scalar.array, []).append(scalar)
        steps = [
            self._edge(edge)
            for scalars in reversed(arrays.values())
            for scalar in scalars
            for edge in self.graph.below.get(scalar.symbol, ())
            if edge in used
        ]
        said = [one for one in steps if one.sides or one.why or one.remarks]
        if len(said) < len(steps):
            said.append(Step("remark", remarks=(Sentence("scalar:symbols"),)))
        return part("scalar:edges", said)

    def _edge(self, edge: Edge) -> Step:
        scalar = self.graph.scalars[edge.of]
        value = self.numbers.edge(edge)
        operation = self._rule(scalar, edge)
        why = self.once(_sentence(operation))
        has_name = operation is not None and not isinstance(operation, UNNAMED)
        return Step(
            "quantity",
            what=self.symbol(edge),
            rule=operation_name(operation) if operation and has_name and why else None,
            why=why,
            sides=self.edge_sides(edge),
            rests_on=self._read_by(edge),
            remarks=(
                *self._remarks(scalar, edge, operation),
                *self._digits(edge.formula, value),
                *underflow(value),
            ),
        )

    def edge_sides(self, edge: Edge) -> tuple[Equal, ...]:
        """What a partial derivative is; without a formula, an entry of a function's Jacobian."""
        is_symbol = isinstance(self.graph.scalars[edge.of].array.operation, AbstractFunction)
        if edge.formula is not None or not is_symbol:
            return self.sides(edge.formula, self.numbers.edge(edge), self.writer_of(edge))
        written = self.writer.formula(_of_gradient(edge))
        return () if written is None else (Equal(written),)

    def symbol(self, edge: Edge) -> Expression:
        """∂of/∂wrt."""
        return partial(self.writer.name(edge.of), self.writer.name(edge.wrt))

    def writer_of(self, edge: Edge) -> ScalarWriter:
        """In its own derivative a scalar is written by its name: f1(1 - f1)."""
        scalar = self.graph.scalars[edge.of]
        if scalar.own is scalar.symbol:
            return self.writer
        return self.writer.knowing({scalar.own: self.writer.name(scalar.symbol)})

    def _read_by(self, edge: Edge) -> tuple[str, ...]:
        if edge.formula is None:
            return ()
        writer = self.writer_of(edge)
        return tuple(writer.name(one).text for one in writer.symbols(edge.formula))

    def _rule(self, scalar: Scalar, edge: Edge) -> Operation | None:
        """The one operation between two scalars; None where there are several."""
        operation = scalar.array.operation
        if isinstance(operation, Composite):
            is_read = self.writer.array_of(edge.wrt) in scalar.array.inputs
            return operation if is_read else None
        if kind_of(scalar.array) == FUNCTION and isinstance(operation, Operation):
            return operation
        own = scalar.own.operation
        is_plain = kind_of(scalar.own) == POWER or all(
            self.writer.is_symbol(one) or isinstance(one.operation, Constant)
            for one in scalar.own.inputs
        )
        return own if is_plain and isinstance(own, Operation) else None

    def _remarks(
        self, scalar: Scalar, edge: Edge, operation: Operation | None
    ) -> tuple[Sentence, ...]:
        """What is chosen where there is no derivative; what signs mean."""
        writer = self.writer
        read = topological([scalar.own], lambda one: () if writer.is_symbol(one) else one.inputs)
        said = choices([scalar.array, *[one for one in read if not writer.is_symbol(one)]])
        if edge.formula is not None:
            inside = topological([edge.formula])
            if any(isinstance(one.operation, TruthValue) for one in inside):
                said.append(Sentence("indicator"))
        elif operation and not isinstance(operation, UNNAMED):
            said += _in_letters(operation, scalar.array, writer.array_of(edge.wrt))
        return tuple(one for one in said if self.once(one) is not None)

    def once(self, sentence: Sentence | None) -> Sentence | None:
        """The sentence, if it is said for the first time."""
        if sentence is None or sentence in self.said:
            return None
        self.said.add(sentence)
        return sentence


def _of_gradient(edge: Edge) -> Node:
    """An entry of a Jacobian; where that is a gradient laid out as a row, the gradient's."""
    row, place = edge.node.inputs[0], edge.wrt.operation
    if not isinstance(row.operation, Reshaped) or not isinstance(place, Take):
        return edge.node
    gradient = row.inputs[0]
    is_same = gradient.shape == edge.wrt.inputs[0].shape
    return gradient[place.index] if is_same else edge.node


def number_shown(shown: Shown | None) -> float | None:
    """The number that is read where one is shown."""
    if shown is None or not isinstance(shown.formula, Number):
        return None
    above, _, below = shown.formula.text.partition("/")
    return float(above) / float(below) if below else float(above)


def _in_letters(operation: Operation, of: Node, wrt: Node) -> list[Sentence]:
    """How an operation writes its own derivative by one of its inputs."""
    if wrt not in of.inputs or not operation.derivatives:
        return []
    at = min(of.inputs.index(wrt), len(operation.derivatives) - 1)
    return [Sentence("in_letters", (("rule", local_derivative(operation.derivatives[at])),))]


def _sentence(operation: Operation | None) -> Sentence | None:
    """What explains a partial derivative."""
    if operation is None:
        return Sentence("scalar:rational")
    return (
        Sentence("scalar:moved") if isinstance(operation, Same) else operation_sentence(operation)
    )


def without_repetitions(sides: Iterable[Equal]) -> list[Equal]:
    """The sides; of neighbours that look the same the later one, which is nearer to the result."""
    kept: list[Equal] = []
    for side in sides:
        if kept and inline(kept[-1].formula) == inline(side.formula):
            kept.pop()
        kept.append(side)
    return kept
