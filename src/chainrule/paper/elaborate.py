"""A syntax tree to a graph: statement by statement, in the order they depend on each other."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from chainrule.errors import NameProblem, PaperError, ShapeError, TooLarge
from chainrule.graph.named import Graph
from chainrule.graph.node import Node, fresh, node_budget, variable
from chainrule.graph.sizes import Size
from chainrule.ops import look_up
from chainrule.ops.broadcasting import as_numbers
from chainrule.ops.contract import show_shape
from chainrule.ops.naming import same
from chainrule.paper.calls import SIZED
from chainrule.paper.declarations import Declarations, compared_with_zero
from chainrule.paper.dependencies import in_order, key_of, names_in
from chainrule.paper.derivatives import Value
from chainrule.paper.expressions import Expressions
from chainrule.paper.limits import LONGEST_NAME, MOST_NODES, MOST_STATEMENTS
from chainrule.paper.literals import Literal, literal_of
from chainrule.paper.program import (
    Defined,
    Function,
    Given,
    Paper,
    Question,
    Updated,
    find_symbolic,
)
from chainrule.paper.scope import Scope
from chainrule.paper.suggest import quoted
from chainrule.paper.syntax import (
    Call,
    Definition,
    Derivative,
    Expression,
    FunctionDefinition,
    Index,
    Program,
    Statement,
    Update,
)
from chainrule.paper.syntax import Question as Asking

__all__ = ["elaborate", "opened"]

ARROW = re.compile(r"\w+\s*<-")  # w <- w - ... would read as a comparison


NO_SIZES: Mapping[str, int] = MappingProxyType({})


def elaborate(program: Program, sizes: Mapping[str, int] = NO_SIZES) -> Paper:
    """The graph, givens, questions and updates of a program.

    `sizes` are numbers for sizes that the program knows by name only, `n` in `x : R^n`: the same
    program with lengths that arrays can have.

    >>> from chainrule.graph.source import Source
    >>> from chainrule.paper.parser import parse
    >>> paper = elaborate(parse(Source("x = 3\\ny = x^2\\ndy/dx")))
    >>> [question.text for question in paper.questions], paper.graph.names
    (['dy/dx'], ('x', 'y'))

    Raises:
        NameProblem, ShapeError, PaperError, DomainProblem, TooLarge: with the place.
    """
    return opened(program, sizes)[0]


def opened(
    program: Program, sizes: Mapping[str, int] = NO_SIZES
) -> tuple[Paper, Expressions, frozenset[str]]:
    """The same, with what gives further expressions their meaning, and the names they may hold.

    Raises:
        NameProblem, ShapeError, PaperError, DomainProblem, TooLarge: with the place.
    """
    if len(program.statements) > MOST_STATEMENTS:
        span = program.statements[MOST_STATEMENTS].span
        problem = TooLarge(f"The text has more than {MOST_STATEMENTS:,} statements.")
        raise problem.at(program.source, span)
    with node_budget(MOST_NODES):
        elaborator = _Elaborator(program, sizes)
        return elaborator.paper(), elaborator.expressions, elaborator.names


class _Elaborator:
    def __init__(self, program: Program, sizes: Mapping[str, int]) -> None:
        self.statements = program.statements
        self.keyed = _keyed(program)
        self.scope = Scope(program, self.keyed)
        self.declarations = Declarations(program, self.scope, sizes)
        self.symbolic: dict[Node, bool] = {}
        self.expressions = Expressions(self.scope)
        self.named: set[Node] = set()
        self.givens: dict[str, Given] = {}
        self.definitions: dict[str, Defined] = {}
        self.updates: dict[str, Updated] = {}

    def paper(self) -> Paper:
        for key in in_order(self.keyed, self.scope.source):
            self._read(self.keyed[key])
        for statement in self.statements:
            if isinstance(statement, FunctionDefinition):
                self._check_names(statement)
        self.declarations.state_facts()
        noting = self.scope.noting
        questions = [
            noting(s.span, self._question, s)
            for s in self.statements
            if isinstance(s, Asking) and not self._is_assumption(s)
        ]
        declared = self.declarations.declared
        names = [s.name for s in self.statements if isinstance(s, Definition)]
        spans = {name: one.span for name, one in declared.items()}
        spans |= {name: self.keyed[name].span for name in names}
        text = self.scope.text
        self.declarations.check({given.node: given.value for given in self.givens.values()})
        return Paper(
            source=self.scope.source,
            graph=Graph({name: self.scope.values[name].node for name in spans}, spans),
            givens=tuple(self.givens[name] for name in names if name in self.givens),
            definitions=tuple(self.definitions[n] for n in names if n in self.definitions),
            functions=tuple(
                Function(f.name, text(f.span), f.span) for f in self.scope.functions.values()
            ),
            questions=tuple(questions),
            updates=tuple(self.updates[s.name] for s in self.statements if isinstance(s, Update)),
            notes=tuple(self.scope.notes),
            index_base=self.scope.index_base,
            declared=tuple(declared.values()),
            abstract=tuple(self.scope.abstract.values()),
            sizes=tuple(n for n, size in self.scope.sizes.items() if isinstance(size, Size)),
            declarations=self.declarations.stated,
        )

    @property
    def names(self) -> frozenset[str]:
        """What the program gives a meaning: quantities and functions."""
        return frozenset((*self.scope.values, *self.scope.functions, *self.scope.abstract))

    def _read(self, statement: Statement) -> None:
        if isinstance(statement, FunctionDefinition):
            self.scope.functions[statement.name] = statement
        elif isinstance(statement, Update):
            self.updates[statement.name] = self.scope.noting(
                statement.span, self._update, statement
            )
        elif isinstance(statement, Definition):
            self.scope.noting(statement.span, self._define, statement)

    def _define(self, statement: Definition) -> None:
        literal = self.scope.pinned(statement.value.span, literal_of, statement.value)
        if literal is not None:
            self.scope.pinned(statement.value.span, self._give, statement, literal)
            return
        before = len(self.scope.derivatives.asked)
        value = self.expressions.value(statement.value, {})
        asked = tuple(dict.fromkeys(self.scope.derivatives.asked[before:]))
        node = value.node
        if not node.inputs or node in self.named:
            node = same(node)  # a second name is a second quantity
        node = fresh(node.operation, *node.inputs)
        self.named.add(node)
        self.declarations.check_shape(statement.name, node, statement.name_span)
        self.scope.values[statement.name] = Value(node, value.layout)
        formula = self.scope.text(statement.value.span)
        self.definitions[statement.name] = Defined(
            statement.name, node, formula, statement.span, asked
        )

    def _give(self, statement: Definition, literal: Literal) -> None:
        node = variable(literal.shape)
        self.declarations.check_shape(statement.name, node, statement.name_span)
        self.scope.values[statement.name] = Value(node)
        if literal.shape == () and literal.value == int(literal.value):
            self.scope.whole_numbers[statement.name] = int(literal.value)
        self.givens[statement.name] = Given(
            statement.name, node, literal.value, literal.texts, statement.span
        )

    def _update(self, statement: Update) -> Updated:
        old = self.scope.values.get(statement.name)
        if old is None:
            raise self.scope.undefined(statement.name, statement.name_span, {})
        derivatives = self.scope.derivatives
        before = len(derivatives.asked)
        value = self.expressions.value(statement.value, {})
        value = Value(as_numbers((value.node,))[0], value.layout)
        if value.node.shape != old.node.shape:
            raise ShapeError(
                f"{statement.name} is {show_shape(old.node.shape)}, and its new value "
                f"{show_shape(value.node.shape)}; an update keeps the shape."
            )
        asked = tuple(dict.fromkeys(derivatives.asked[before:]))
        by = [one.of for one in asked if one.wrt is old.node]
        gradient = derivatives.derivative(by[0], old.node).node if by else None
        self.scope.new[statement.name] = value
        formula = self.scope.text(statement.value.span)
        return Updated(
            statement.name, old.node, value.node, gradient, asked, formula, statement.span
        )

    def _question(self, statement: Asking) -> Question:
        if ARROW.match(statement.text):
            raise PaperError("An update is written with :=, as in w := w - 0.1 * ∂L/∂w.")
        before = len(self.scope.derivatives.asked)
        value = self.expressions.value(statement.expression, {})
        asked = tuple(dict.fromkeys(self.scope.derivatives.asked[before:]))
        is_derivative = bool(asked) or value.layout is not None
        is_plain = _is_plain(statement.expression)
        return Question(statement.text, value.node, asked, is_derivative, is_plain, statement.span)

    def _is_assumption(self, statement: Asking) -> bool:
        """Whether x > 0 says something of a quantity without a number; then it is kept."""
        compared = compared_with_zero(statement.expression)
        if compared is None:
            return False
        expression, fact = compared
        node = self.scope.noting(statement.span, self.expressions.value, expression, {}).node
        given = {one.node: one for one in self.givens.values()}
        find_symbolic(node, self.symbolic, given)
        if self.symbolic[node]:
            self.declarations.state(node, fact, statement.text, statement.span)
        return self.symbolic[node]

    def _check_names(self, statement: FunctionDefinition) -> None:
        """A function's body is looked at even if it is never called."""
        parameters = dict.fromkeys(statement.parameters)
        known = {*parameters, *self.keyed, *self.declarations.declared, *self.scope.sizes}
        known.update(("D", "grad", "new", *SIZED))
        for name in names_in(statement.body):
            if name.name not in known and look_up(name.name) is None:
                raise self.scope.undefined(name.name, name.span, parameters)


def _is_plain(expression: Expression) -> bool:
    """Whether an expression is ∂A/∂B as a whole, or D(F) or grad(f) at a point."""
    if isinstance(expression, Derivative):
        return not isinstance(expression.wrt, Index)
    return isinstance(expression, Call) and isinstance(expression.function, Call)


def _keyed(program: Program) -> dict[str, Statement]:
    """The statements that define something, by what they define.

    Raises:
        NameProblem: a name is defined or updated twice.
    """
    keyed: dict[str, Statement] = {}
    for statement in program.statements:
        key = key_of(statement)
        if key is None:
            continue
        assert isinstance(statement, Definition | FunctionDefinition | Update)
        if len(statement.name) > LONGEST_NAME:
            problem = TooLarge(f"This name has more than {LONGEST_NAME:,} characters.")
            raise problem.at(program.source, statement.name_span)
        if key in keyed:
            line, _ = program.source.position(keyed[key].span)
            twice = NameProblem(_twice(statement, line))
            raise twice.at(program.source, statement.name_span)
        keyed[key] = statement
    return keyed


def _twice(statement: Definition | FunctionDefinition | Update, line: int) -> str:
    name = quoted(statement.name)
    if isinstance(statement, Update):
        return f"{name} is already updated on line {line}. Put the whole change into one update."
    problem = f"{name} is already defined on line {line}; a name is defined once."
    if isinstance(statement, FunctionDefinition):
        return problem
    return f"{problem} For a new value at the end of a step write {statement.name} := ..."
