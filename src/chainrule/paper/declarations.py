"""What is declared: quantities and functions without numbers, sizes with a name, facts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from chainrule.errors import DomainProblem, NameProblem, ShapeError, TooLarge
from chainrule.graph.declaration import Declaration as Stated
from chainrule.graph.facts import WORDS, Fact, check_shape, word
from chainrule.graph.node import Node, Shape, extent_of, variable
from chainrule.graph.sizes import named_sizes
from chainrule.graph.source import Span
from chainrule.ops.contract import show_shape
from chainrule.paper.derivatives import Value
from chainrule.paper.limits import LONGEST_NAME, MOST_AXES, MOST_ENTRIES, MOST_SIZES
from chainrule.paper.literals import literal_of
from chainrule.paper.program import Abstract, Declared
from chainrule.paper.scope import Scope
from chainrule.paper.suggest import did_you_mean, quoted
from chainrule.paper.syntax import (
    AbstractDefinition,
    Declaration,
    Definition,
    Expression,
    FunctionDefinition,
    Name,
    Number,
    Program,
    Sequence,
    Space,
)

__all__ = ["Declarations", "compared_with_zero"]

ABOVE_ZERO = {
    ">": Fact.POSITIVE,
    ">=": Fact.NONNEGATIVE,
    "<": Fact.NEGATIVE,
    "<=": Fact.NONPOSITIVE,
    "!=": Fact.NONZERO,
}
TURNED = {">": "<", ">=": "<=", "<": ">", "<=": ">=", "!=": "!="}


class Declarations:
    """The declarations of a program; the scope gets the names that nothing else defines.

    Args:
        sizes: numbers for names of sizes; those it lacks stay names.

    Raises:
        NameProblem, ShapeError, DomainProblem, TooLarge: with the place.
    """

    def __init__(self, program: Program, scope: Scope, sizes: Mapping[str, int]) -> None:
        self.scope = scope
        self.statements = [s for s in program.statements if isinstance(s, Declaration)]
        self.functions = [s for s in program.statements if isinstance(s, AbstractDefinition)]
        self.declared: dict[str, Declared] = {}
        self.shapes: dict[str, tuple[Shape, Name]] = {}  # those that are stated, and where
        self._stated: dict[tuple[Node, Fact], Stated] = {}
        self._find_sizes(sizes)
        for function in self.functions:
            scope.pinned(function.name_span, self._declare_function, function)
        for statement in self.statements:
            for name in statement.names:
                scope.pinned(name.span, self._declare, statement, name)
        self._check_names()

    # --- sizes --------------------------------------------------------------------------------

    def _spaces(self) -> Iterator[Space]:
        for statement in self.statements:
            if statement.space is not None:
                yield statement.space
        for function in self.functions:
            yield from (*function.inputs, function.output)

    def _find_sizes(self, given: Mapping[str, int]) -> None:
        """Fill the scope's sizes, in the order that their names are met."""
        named: dict[str, Name] = {}
        written: set[int] = set()
        for space in self._spaces():
            for size in space.sizes:
                if isinstance(size, Name):
                    named.setdefault(size.name, size)
                else:
                    written.add(int(size.text))
        known: dict[str, int] = {}
        for name, place in named.items():
            if len(name) > LONGEST_NAME:
                problem = TooLarge(f"This name has more than {LONGEST_NAME:,} characters.")
                raise problem.at(self.scope.source, place.span)
            if name in self.scope.keyed:
                known[name] = self.scope.pinned(place.span, self._given_size, name)
            elif name in given:
                known[name] = _checked_size(name, given[name])
        unknown = [name for name in named if name not in known]
        if len(unknown) > MOST_SIZES:
            problem = TooLarge(f"A text has at most {MOST_SIZES} sizes without a number.")
            raise problem.at(self.scope.source, named[unknown[MOST_SIZES]].span)
        found = known | named_sizes(unknown, taken=written | set(known.values()))
        self.scope.sizes = {name: found[name] for name in named}
        self._named = named

    def _given_size(self, name: str) -> int:
        """The whole number that a size is given as."""
        statement = self.scope.keyed[name]
        literal = literal_of(statement.value) if isinstance(statement, Definition) else None
        if literal is None or literal.shape != () or literal.value != int(literal.value):
            line, _ = self.scope.source.position(statement.span)
            raise NameProblem(
                f"{quoted(name)} is a size here, and line {line} defines it as something else than "
                "a whole number. Give one of the two another name."
            )
        return _checked_size(name, int(literal.value))

    def _shape(self, space: Space) -> Shape:
        shape = tuple(
            int(size.text) if isinstance(size, Number) else self.scope.sizes[size.name]
            for size in space.sizes
        )
        if len(shape) > MOST_AXES:
            raise TooLarge(f"This array has {len(shape)} axes; an array has at most {MOST_AXES}.")
        if extent_of(shape) > MOST_ENTRIES:
            raise TooLarge(
                f"This is an array of {show_shape(shape)}; "
                f"one array holds at most {MOST_ENTRIES:,} numbers."
            )
        return shape

    # --- quantities and functions -------------------------------------------------------------

    def _declare_function(self, statement: AbstractDefinition) -> None:
        scope, name = self.scope, statement.name
        self._check_length(name)
        if name in scope.abstract:
            raise self._twice(name, scope.abstract[name].span)
        if name in scope.keyed:
            line, _ = scope.source.position(scope.keyed[name].span)
            raise NameProblem(
                f"{quoted(name)} is declared as a function without a formula, and line {line} "
                "defines it. Remove one of the two."
            )
        spaces = [scope.pinned(space.span, self._shape, space) for space in statement.inputs]
        output = scope.pinned(statement.output.span, self._shape, statement.output)
        text = scope.text(statement.span)
        scope.abstract[name] = Abstract(name, tuple(spaces), output, statement.span, text)

    def _declare(self, statement: Declaration, name: Name) -> None:
        if statement.space is None:
            return
        scope, word_ = self.scope, name.name
        self._check_length(word_)
        if word_ in self.shapes:
            raise self._twice(word_, self.shapes[word_][1].span)
        if word_ in scope.abstract:
            raise self._twice(word_, scope.abstract[word_].span)
        shape = scope.pinned(statement.space.span, self._shape, statement.space)
        self.shapes[word_] = shape, name
        defined = scope.keyed.get(word_)
        if isinstance(defined, FunctionDefinition):
            line, _ = scope.source.position(defined.span)
            raise NameProblem(f"{quoted(word_)} is a function, defined on line {line}.")
        if defined is None:
            node = variable(shape)
            text = f"{word_} : {scope.text(statement.space.span)}"
            self.declared[word_] = Declared(word_, node, shape, statement.span, text)
            scope.values[word_] = Value(node)

    def _twice(self, name: str, span: Span) -> NameProblem:
        line, _ = self.scope.source.position(span)
        return NameProblem(f"{quoted(name)} is already declared on line {line}.")

    def _check_length(self, name: str) -> None:
        if len(name) > LONGEST_NAME:
            raise TooLarge(f"This name has more than {LONGEST_NAME:,} characters.")

    def _check_names(self) -> None:
        """A size is no quantity: x : R^x would say two things with one name."""
        for name, place in self._named.items():
            if (
                name in self.shapes and name not in self.scope.keyed
            ) or name in self.scope.abstract:
                problem = NameProblem(
                    f"{quoted(name)} is a size here, and declared as something else. "
                    "Give one of the two another name."
                )
                raise problem.at(self.scope.source, place.span)

    def check_shape(self, name: str, node: Node, span: Span) -> None:
        """What is declared of a name against the shape that its definition gives it.

        Raises:
            ShapeError: they differ.
        """
        if name not in self.shapes:
            return
        shape, place = self.shapes[name]
        if node.shape != shape:
            line, _ = self.scope.source.position(place.span)
            problem = (
                f"{name} is {show_shape(node.shape)} here, and line {line} declares it as "
                f"{show_shape(shape)}."
            )
            raise ShapeError(problem).at(self.scope.source, span)

    # --- facts --------------------------------------------------------------------------------

    def state_facts(self) -> None:
        """The facts that are declared of names, all of which are known by now.

        Raises:
            NameProblem: there is no such fact, or no such name.
            ShapeError: an array of that shape cannot have the property.
        """
        scope = self.scope
        for statement in self.statements:
            for one in statement.facts:
                fact = scope.pinned(one.span, _fact, one)
                for name in statement.names:
                    found = scope.values.get(name.name)
                    if found is None:
                        raise self._about_nothing(name)
                    text = f"{name.name} : {word(fact)}"
                    self.state(found.node, fact, text, one.span)

    def state(self, node: Node, fact: Fact, text: str, span: Span) -> None:
        """Keep one fact, written there as that text; what is said twice is kept once."""
        line, _ = self.scope.source.position(span)
        self.scope.pinned(span, check_shape, fact, node.shape)
        self._stated.setdefault((node, fact), Stated(node, fact, f"{text} (line {line})", span))

    @property
    def stated(self) -> tuple[Stated, ...]:
        """The facts, in the order they were stated."""
        return tuple(self._stated.values())

    def _about_nothing(self, name: Name) -> NameProblem:
        if self.scope.is_function(name.name):
            message = f"{quoted(name.name)} is a function; facts are about quantities."
            return NameProblem(message).at(self.scope.source, name.span)
        problem = self.scope.undefined(name.name, name.span, {})
        if problem.message == f"{quoted(name.name)} is not defined.":
            shown = f"{problem.message} A shape is declared by {name.name} : R^2."
            return NameProblem(shown).at(self.scope.source, name.span)
        return problem

    def check(self, values: Mapping[Node, object]) -> None:
        """The facts against each other, the given numbers, and what operations guarantee.

        Raises:
            DomainProblem: two of them contradict each other.
        """
        stated = self.stated
        if not stated:
            return
        from chainrule.rewrite.knowledge import Knowledge

        try:
            Knowledge(stated, values).check()  # type: ignore[arg-type]
        except DomainProblem as problem:
            message = problem.message
            named = [one for one in stated if one.where in message]
            place = min(named, key=lambda one: message.find(one.where), default=stated[0])
            assert place.span is not None
            raise problem.at(self.scope.source, place.span) from None


def compared_with_zero(expression: Expression) -> tuple[Expression, Fact] | None:
    """What `x > 0` or `0 < x` says of which expression; None if it is no such comparison."""
    if not isinstance(expression, Sequence) or expression.rest[0][0] not in ABOVE_ZERO:
        return None
    sign, _, right = expression.rest[0]
    if _is_zero(right):
        return expression.first, ABOVE_ZERO[sign]
    return (right, ABOVE_ZERO[TURNED[sign]]) if _is_zero(expression.first) else None


def _is_zero(expression: Expression) -> bool:
    return isinstance(expression, Number) and float(expression.text) == 0


def _fact(name: Name) -> Fact:
    found = WORDS.get(name.name)
    if found is None:
        hint = did_you_mean(name.name, WORDS) or f" There are: {', '.join(WORDS)}."
        raise NameProblem(f"There is no fact {quoted(name.name)}.{hint}")
    return found


def _checked_size(name: str, length: int) -> int:
    if not 0 < length <= MOST_ENTRIES:
        raise ShapeError(f"The size {name} is a whole number above 0, not {length}.")
    return length
