"""Calls of the library's own functions: how many arguments, which settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import add, mul, sub
from types import MappingProxyType
from typing import Any

from chainrule.errors import NameProblem, PaperError
from chainrule.graph.facts import Fact
from chainrule.graph.node import Node, Shape
from chainrule.ops import all_functions, look_up
from chainrule.ops.broadcasting import aligned
from chainrule.ops.contract import Elementwise, PaperFunction
from chainrule.paper.settings import in_form
from chainrule.paper.suggest import did_you_mean, quoted
from chainrule.paper.syntax import Bracket, Expression, Name, Negative, Number, Sequence

__all__ = ["NO_SIZES", "SIZED", "call_function", "find_function", "setting", "sizes"]

SIZED = frozenset({"zeros", "ones", "eye"})  # their arguments are sizes, not arrays
NO_SIZES: Mapping[str, int] = MappingProxyType({})
COMBINED: dict[str, Callable[[int, int], int]] = {"+": add, "-": sub, "*": mul, "·": mul}


def find_function(name: str, own: Mapping[str, object]) -> PaperFunction:
    """The library's function of that name.

    Raises:
        NameProblem: there is none; the nearest name, of the user's or ours, is suggested.
    """
    found = look_up(name)
    if found is None:
        nearest = did_you_mean(name, [*own, *all_functions(), *SIZED])
        if name.endswith(("'", "′")) and name[:-1] in own:
            nearest = f" The derivative at a point is D({name[:-1]})(...)."
        raise NameProblem(f"There is no function {quoted(name)}.{nearest}")
    return found


def call_function(function: PaperFunction, arguments: list[Node], settings: dict[str, Any]) -> Node:
    """The node the function builds.

    Raises:
        PaperError: too few or too many arguments, an unknown or a missing setting.
    """
    count = len(arguments)
    if count < function.fewest or (function.most is not None and count > function.most):
        raise PaperError(f"{function.name} takes {_counted(function)}, not {count}.")
    for name in settings:
        if name not in function.keywords:
            known = ", ".join(function.keywords) or "none"
            raise PaperError(f"{function.name} has no setting {quoted(name)}; it has: {known}.")
    for name in function.needed:
        if name not in settings:
            raise PaperError(f"{function.name} needs the setting {name}=...")
    forms = dict(zip(function.keywords, function.forms, strict=True))
    checked = {name: in_form(name, forms[name], value) for name, value in settings.items()}
    build = function.build
    if isinstance(build, Elementwise) and Fact.BOOLEAN not in build.facts:
        arguments = [*aligned(function.name, *arguments)]
    return build(*arguments, **checked)


def _counted(function: PaperFunction) -> str:
    if function.most == function.fewest:
        return "1 argument" if function.most == 1 else f"{function.most} arguments"
    if function.most is None:
        return f"{function.fewest} or more arguments"
    return f"{function.fewest} to {function.most} arguments"


def setting(expression: Expression, sizes: Mapping[str, int] = NO_SIZES) -> Any:
    """A setting's value: a whole number, a number, a word, or brackets of these.

    The name of a size is a whole number, and so are sums and products with one: 2*n + 1.

    Raises:
        PaperError: anything else.
    """
    if isinstance(expression, Number):
        value = float(expression.text)
        return int(value) if value.is_integer() and abs(value) < 1e15 else value
    if isinstance(expression, Name):
        return None if expression.name == "_" else sizes.get(expression.name, expression.name)
    if isinstance(expression, Bracket):
        return tuple(setting(item, sizes) for item in expression.items)
    if isinstance(expression, Negative):
        operand = expression.operand
        if isinstance(operand, Number) or _names_a_size(operand, sizes):
            return -setting(operand, sizes)
    if isinstance(expression, Sequence) and _names_a_size(expression, sizes):
        return _combined(expression, sizes)
    raise PaperError("A setting is a number, a word or brackets of these, such as axis=0.")


def _names_a_size(expression: Expression, sizes: Mapping[str, int]) -> bool:
    """Whether it is made of sizes and whole numbers, by signs that sizes are combined with."""
    if isinstance(expression, Name):
        return expression.name in sizes
    if isinstance(expression, Negative):
        return _names_a_size(expression.operand, sizes)
    if not isinstance(expression, Sequence):
        return False
    operands = [expression.first, *(operand for _, _, operand in expression.rest)]
    return all(
        _names_a_size(operand, sizes) or isinstance(operand, Number) for operand in operands
    ) and any(not isinstance(operand, Number) for operand in operands)


def _combined(expression: Sequence, sizes: Mapping[str, int]) -> int:
    """A sum or product of sizes and whole numbers."""
    total: int = setting(expression.first, sizes)
    for sign, _, operand in expression.rest:
        other = setting(operand, sizes)
        if sign not in COMBINED or isinstance(other, float):
            raise PaperError("Sizes are combined by +, - and * with whole numbers, as in 2*n + 1.")
        total = COMBINED[sign](total, other)
    return total


def sizes(expressions: tuple[Expression, ...], named: Mapping[str, int] = NO_SIZES) -> Shape:
    """Sizes written as arguments: zeros(3, 2), zeros(n, 2), or as one bracket: zeros([3, 2]).

    Raises:
        PaperError: a size is not a whole number above 0.
    """
    if len(expressions) == 1 and isinstance(expressions[0], Bracket):
        expressions = expressions[0].items
    found = [setting(expression, named) for expression in expressions]
    if not all(isinstance(size, int) and size > 0 for size in found):
        raise PaperError("A size is a whole number above 0, as in zeros(3, 2).")
    return tuple(found)
