"""Functions as values: what D, grad and compositions act on."""

from __future__ import annotations

from collections.abc import Callable

from chainrule.errors import PaperError
from chainrule.graph.node import Node
from chainrule.ops.abstract import AbstractFunction, abstract_elementwise, abstract_function
from chainrule.ops.broadcasting import as_numbers
from chainrule.ops.contract import show_shape
from chainrule.ops.indexing import take
from chainrule.ops.shaping import Stack
from chainrule.paper.derivatives import Value
from chainrule.paper.scope import Scope

__all__ = ["Closure", "abstract_closure", "derivative_of"]

PRIMES = {"'": 1, "′": 1, "″": 2}


class Closure:
    """A function value: its parameters' names (None: any number) and what it builds from them."""

    def __init__(
        self,
        name: str,
        parameters: tuple[str, ...] | None,
        build: Callable[[list[Node]], Value],
        is_abstract: bool = False,
        operation: AbstractFunction | None = None,
    ) -> None:
        self.name = name
        self.parameters = parameters
        self.build = build
        self.is_abstract = is_abstract  # whether there is no formula to look into
        self.operation = operation  # which it is then, if it is one alone

    def __call__(self, arguments: list[Node]) -> Value:
        """The value; one vector stands for as many numbers as there are parameters.

        Raises:
            PaperError: the number of arguments is another.
        """
        return self.build(self.spread(arguments))

    def spread(self, arguments: list[Node]) -> list[Node]:
        """One argument for each parameter."""
        if self.parameters is None or len(arguments) == len(self.parameters):
            return arguments
        count = len(self.parameters)
        if len(arguments) != 1 or arguments[0].shape != (count,):
            raise PaperError(self._wrong_count(count, arguments))
        return [take(arguments[0], at) for at in range(count)]

    def _wrong_count(self, count: int, arguments: list[Node]) -> str:
        given = " and ".join(show_shape(node.shape) for node in arguments) or "nothing"
        wanted = "1 argument" if count == 1 else f"{count} arguments, or one vector of {count}"
        return f"{self.name} takes {wanted}, not {len(arguments)}: {given}."


def abstract_closure(name: str, scope: Scope) -> Closure | None:
    """The function without a formula of that name; g' is the slope of a declared g : R -> R.

    Raises:
        PaperError: there are primes behind a function of something else than a number.
    """
    if not scope.abstract:
        return None
    stem = name if name in scope.abstract else name.rstrip("".join(PRIMES))
    order = sum(PRIMES[prime] for prime in name[len(stem) :])
    declared = scope.abstract.get(stem)
    if declared is None or name in scope.functions:
        return None
    if order and not declared.is_elementwise:
        raise PaperError(
            f"{name} is a slope, and {declared.text} has none: its derivative at a point is "
            f"D({stem})(...)."
        )
    if declared.is_elementwise:
        return Closure(name, ("x",), lambda points: Value(_slope(stem, order, points[0])), True)
    function = abstract_function(declared.name, declared.inputs, declared.output)
    if len(declared.inputs) == 1:
        build, parameters = _of_one_vector(function, declared.text), None
    else:
        build = _of_arrays(function)
        parameters = tuple(f"x{place}" for place in range(len(declared.inputs)))
    return Closure(name, parameters, build, True, function)


def derivative_of(function: AbstractFunction | None, by: int | None) -> AbstractFunction | None:
    """The same function of one order more by that input, where its axes come last; else None."""
    if function is None or (by is None and len(function.takes) > 1):
        return None
    position = by or 0
    return None if any(function.orders[position + 1 :]) else function.derivative(position)


def _slope(name: str, order: int, argument: Node) -> Node:
    return abstract_elementwise(name, order)(*as_numbers((argument,)))


def _of_arrays(function: AbstractFunction) -> Callable[[list[Node]], Value]:
    return lambda arguments: Value(function(*as_numbers(tuple(arguments))))


def _of_one_vector(function: AbstractFunction, text: str) -> Callable[[list[Node]], Value]:
    """As many numbers may stand for the vector."""

    def build(arguments: list[Node]) -> Value:
        numbers = len(arguments) > 1 and all(node.shape == () for node in arguments)
        if numbers and function.takes[0] == (len(arguments),):
            arguments = [Stack()(*as_numbers(tuple(arguments)))]
        if len(arguments) != 1:
            raise PaperError(f"{function.called} takes 1 argument, not {len(arguments)}: {text}.")
        return _of_arrays(function)(arguments)

    return build
