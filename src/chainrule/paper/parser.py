"""Tokens to a syntax tree: statements, one a line, made of formulas."""

from __future__ import annotations

from chainrule.errors import PaperError
from chainrule.graph.source import Source
from chainrule.paper import wording
from chainrule.paper.differentials import parameters_at
from chainrule.paper.lexer import END, LINE, NAME, NUMBER, Token, span_of, tokenize
from chainrule.paper.shapes import Declarations
from chainrule.paper.suggest import quoted
from chainrule.paper.syntax import (
    Definition,
    FunctionDefinition,
    Program,
    Question,
    Setting,
    Statement,
    Update,
)

__all__ = ["parse"]

RESERVED = frozenset(("new", "grad", "index_base"))


def parse(source: Source) -> Program:
    """The syntax tree of a paper text.

    >>> program = parse(Source("x = 2"))
    >>> program.statements[0].name
    'x'

    Raises:
        PaperError: the text does not follow the grammar.
        NameProblem: a derivative names something that is not defined.
        TooLarge: the text exceeds a limit, see `chainrule.paper.lexer`.
    """
    parser = _Parser(source, tokenize(source))
    return Program(source, parser.statements())


class _Parser(Declarations):
    """One method per kind of statement; each consumes the tokens of what it returns."""

    def statements(self) -> tuple[Statement, ...]:
        statements: list[Statement] = []
        while self.kind != END:
            statements.append(self.statement(first=not statements))
            if self.kind != LINE:
                raise self.error(*wording.unexpected(self.tokens, self.position))
            self.advance()
        return tuple(statements)

    def statement(self, first: bool) -> Statement:
        token, following = self.peek(), self.peek(1)[0]
        if token[0] == NAME:
            if token[1] == "index_base":
                return self.setting(first)
            if following in ("=", ":="):
                return self.definition()
            if following == "(" and (parameters := parameters_at(self.tokens, self.position)):
                return self.function_definition(parameters)
            if following in (":", ",") and self.is_declaration() and not self.is_python():
                return self.declaration()
            known = self.differentials.knows(token[1]) and not self.is_python()
            if token[1] in wording.PYTHON_STATEMENTS and not known:
                raise self.error(*wording.python_word(token))
        return self.question()

    def is_python(self) -> bool:
        """Whether the line reads `else:`."""
        words = wording.PYTHON_STATEMENTS
        return self.peek()[1] in words and self.peek(2)[0] == LINE

    def setting(self, first: bool) -> Setting:
        name = self.advance()
        if self.peek()[:2] not in ((NUMBER, "0"), (NUMBER, "1")):
            message = "index_base is a setting: write index_base 0 or index_base 1."
            raise self.error(message, name)
        if not first:
            raise self.error("index_base must stand once, before everything else.", name)
        value = self.advance()
        return Setting(self.since(name[2]), name[1], int(value[1]))

    def definition(self) -> Definition | Update:
        name = self.definable(self.advance())
        sign, value = self.advance(), self.expression()
        if sign[0] == "=":
            return Definition(self.since(name[2]), name[1], span_of(name), value)
        return Update(self.since(name[2]), name[1], span_of(name), value)

    def function_definition(self, parameters: list[Token]) -> FunctionDefinition:
        name = self.definable(self.peek())
        names: dict[str, None] = {}
        for parameter in parameters:
            if self.definable(parameter)[1] in names:
                message = f"{quoted(parameter[1])} is a parameter twice."
                raise self.error(message, parameter)
            names[parameter[1]] = None
        while self.advance()[0] != "=":
            pass
        self.differentials.parameters = tuple(names)
        body = self.expression()
        self.differentials.parameters = ()
        return FunctionDefinition(self.since(name[2]), name[1], span_of(name), tuple(names), body)

    def definable(self, name: Token) -> Token:
        if name[1] in RESERVED:
            message = f"'{name[1]}' has a meaning of its own; choose another name."
            raise self.error(message, name)
        return name

    def question(self) -> Question:
        first = self.peek()
        expression = self.expression()
        if self.kind in ("=", ":="):
            message = wording.not_definable(expression, self.kind)
            raise PaperError(message).at(self.source, self.since(first[2]))
        span = self.since(first[2])
        return Question(span, expression, self.source.slice(span))
