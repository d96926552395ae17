"""A syntax tree back to text, in one canonical spelling and with no more parentheses than needed.

Reading what is printed gives the same tree again, places in the text apart.
"""

from __future__ import annotations

from collections.abc import Iterable

from chainrule.paper.syntax import (
    LEVELS,
    AbstractDefinition,
    Bracket,
    Call,
    Composition,
    Declaration,
    Definition,
    Derivative,
    Expression,
    FunctionDefinition,
    Index,
    Name,
    Negative,
    Number,
    Power,
    Program,
    Question,
    Sequence,
    Setting,
    Slice,
    Space,
    Statement,
    Transpose,
)

__all__ = ["show", "show_expression"]

LOOSEST = min(LEVELS.values())
SIGNED = max(LEVELS.values()) + 1
POWER, COMPOSITION, POSTFIX, PRIMARY = SIGNED + 1, SIGNED + 2, SIGNED + 3, SIGNED + 4


def show(program: Program) -> str:
    """The program, one statement a line.

    >>> from chainrule.graph.source import Source
    >>> from chainrule.paper.parser import parse
    >>> print(show(parse(Source("F(x)=(x**2)⊙(3)  # a parabola"))), end="")
    F(x) = x^2 * 3
    """
    return "".join(f"{_statement(statement)}\n" for statement in program.statements)


def show_expression(expression: Expression) -> str:
    """The expression on one line."""
    return _within(LOOSEST, expression)


def _statement(statement: Statement) -> str:
    if isinstance(statement, Setting):
        return f"{statement.name} {statement.value}"
    if isinstance(statement, Question):
        return show_expression(statement.expression)
    if isinstance(statement, FunctionDefinition):
        parameters = ", ".join(statement.parameters)
        return f"{statement.name}({parameters}) = {show_expression(statement.body)}"
    if isinstance(statement, Declaration):
        return _declaration(statement)
    if isinstance(statement, AbstractDefinition):
        inputs = " x ".join(map(_space, statement.inputs))
        return f"{statement.name} : {inputs} -> {_space(statement.output)}"
    sign = "=" if isinstance(statement, Definition) else ":="
    return f"{statement.name} {sign} {show_expression(statement.value)}"


def _declaration(statement: Declaration) -> str:
    kinds = [] if statement.space is None else [_space(statement.space)]
    kinds += [fact.name for fact in statement.facts]
    return f"{', '.join(name.name for name in statement.names)} : {', '.join(kinds)}"


def _space(space: Space) -> str:
    sizes = [size.text if isinstance(size, Number) else size.name for size in space.sizes]
    if len(sizes) < 2:
        return f"R^{sizes[0]}" if sizes else "R"
    return f"R^({' x '.join(sizes)})"


def _within(level: int, expression: Expression) -> str:
    """The expression where only what binds as tightly as `level` needs no parentheses."""
    text = _text(expression)
    return text if _level(expression) >= level else f"({text})"


def _level(expression: Expression) -> int:
    """How tightly the expression binds, loosest first, as in the grammar."""
    match expression:
        case Sequence():
            return LEVELS[expression.rest[0][0]]
        case Negative():
            return SIGNED
        case Number():
            return SIGNED if expression.text.startswith("-") else PRIMARY
        case Power():
            return POWER
        case Composition():
            return COMPOSITION
        case Call() | Index() | Transpose():
            return POSTFIX
        case _:
            return PRIMARY


def _text(expression: Expression) -> str:
    match expression:
        case Number():
            return expression.text
        case Name():
            return expression.name
        case Bracket():
            return f"[{_listed(expression.items)}]"
        case Call():
            return f"{_head(expression.function)}({_arguments(expression)})"
        case Index():
            return f"{_head(expression.operand)}[{_listed(expression.indices)}]"
        case Transpose():
            return f"{_within(POSTFIX, expression.operand)}ᵀ"
        case Negative():
            return _negative(expression.operand)
        case Sequence():
            return _sequence(expression)
        case Power():
            base, exponent = expression.base, expression.exponent
            return f"{_within(COMPOSITION, base)}^{_within(SIGNED, exponent)}"
        case Composition():
            return "∘".join(_within(POSTFIX, function) for function in expression.functions)
        case Derivative():
            return f"∂{_differential(expression.of)}/∂{_differential(expression.wrt)}"


def _sequence(expression: Sequence) -> str:
    # An operand of the same level needs parentheses even on the left: a sequence is flat.
    tighter = _level(expression) + 1
    parts = [_within(tighter, expression.first)]
    parts += [f"{sign} {_within(tighter, operand)}" for sign, _, operand in expression.rest]
    return " ".join(parts)


def _negative(operand: Expression) -> str:
    # -2 would be read as a literal, so the negative of the literal 2 is -(2).
    if isinstance(operand, Number) and not operand.text.startswith("-"):
        return f"-({operand.text})"
    return f"-{_within(SIGNED, operand)}"


def _head(operand: Expression) -> str:
    """What is called or indexed; an index straight after ∂l/∂W would belong to W."""
    if isinstance(operand, Derivative):
        return f"({_text(operand)})"
    return _within(POSTFIX, operand)


def _differential(operand: Expression) -> str:
    entry = operand.operand if isinstance(operand, Index) else operand
    return _text(operand) if isinstance(entry, Name) else f"({_text(operand)})"


def _arguments(call: Call) -> str:
    positional = [show_expression(argument) for argument in call.arguments]
    keywords = [f"{name}={show_expression(value)}" for name, value in call.keywords]
    return ", ".join(positional + keywords)


def _listed(items: Iterable[Expression | Slice]) -> str:
    return ", ".join(
        _slice(item) if isinstance(item, Slice) else show_expression(item) for item in items
    )


def _slice(item: Slice) -> str:
    start, stop, step = (
        "" if part is None else show_expression(part) for part in (item.start, item.stop, item.step)
    )
    return f"{start}:{stop}:{step}" if step else f"{start}:{stop}"
