"""Calls of the library's own functions: how many arguments, which settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chainrule.errors import NameProblem, PaperError
from chainrule.graph.facts import Fact
from chainrule.graph.node import Node, Shape
from chainrule.ops import all_functions, look_up
from chainrule.ops.broadcasting import aligned
from chainrule.ops.contract import Elementwise, PaperFunction
from chainrule.paper.settings import in_form
from chainrule.paper.suggest import did_you_mean, quoted
from chainrule.paper.syntax import Bracket, Expression, Name, Negative, Number

__all__ = ["SIZED", "call_function", "find_function", "setting", "sizes"]

SIZED = frozenset({"zeros", "ones", "eye"})  # their arguments are sizes, not arrays


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


def setting(expression: Expression) -> Any:
    """A setting's value: a whole number, a number, a word, or brackets of these.

    Raises:
        PaperError: anything else.
    """
    if isinstance(expression, Number):
        value = float(expression.text)
        return int(value) if value.is_integer() and abs(value) < 1e15 else value
    if isinstance(expression, Name):
        return None if expression.name == "_" else expression.name
    if isinstance(expression, Bracket):
        return tuple(setting(item) for item in expression.items)
    if isinstance(expression, Negative) and isinstance(expression.operand, Number):
        return -setting(expression.operand)
    raise PaperError("A setting is a number, a word or brackets of these, such as axis=0.")


def sizes(expressions: tuple[Expression, ...]) -> Shape:
    """Sizes written as arguments: zeros(3, 2), or as one bracket: zeros([3, 2]).

    Raises:
        PaperError: a size is not a whole number above 0.
    """
    if len(expressions) == 1 and isinstance(expressions[0], Bracket):
        expressions = expressions[0].items
    found = [setting(expression) for expression in expressions]
    if not all(isinstance(size, int) and size > 0 for size in found):
        raise PaperError("A size is a whole number above 0, as in zeros(3, 2).")
    return tuple(found)
