"""What an optimiser is: how it starts, and how one step makes new values of old ones.

>>> from chainrule.graph.node import variable
>>> from chainrule.optimize.descent import sgd
>>> W, gradient = variable((2, 3)), variable((2, 3))
>>> (new,), state = sgd(0.1).update([gradient], {}, [W], variable(()))
>>> new is W - 0.1 * gradient, state
(True, {})
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np

from chainrule.errors import DataProblem
from chainrule.graph.node import FLOAT, Node, constant, topological, variable
from chainrule.graph.record import Record
from chainrule.notation.numbers import exact
from chainrule.notation.text import show
from chainrule.ops.broadcasting import cast
from chainrule.ops.making import zeros

__all__ = [
    "Nodes",
    "Optimizer",
    "Rate",
    "Rule",
    "State",
    "by_parameter",
    "check_rate",
    "difference",
    "in_type_of",
    "named",
    "rate_after",
    "rate_at",
    "within",
]

Nodes = tuple[Node, ...]
State = Mapping[str, Nodes]  # what is remembered, by name: for each parameter one array
Rate = float | Callable[[Node], Node | float]
Rule = Callable[..., Nodes]
ENTRIES = (2, 2)  # of the parameters that formulas are written for


class Optimizer(Record):
    """A pair of pure functions over nodes.

    Fields:
        name: how it was made, `adam(0.001)`.
        initial: from the parameters to the state before the first step.
        update: from gradients, state, parameters and the number of the step (a float64, 1 at the
            first) to the new parameters and the new state.
    """

    name: str
    initial: Callable[[Sequence[Node]], State]
    update: Callable[[Sequence[Node], State, Sequence[Node], Node], tuple[Nodes, State]]

    def __repr__(self) -> str:
        return self.name

    def formulas(self, *parameters: str, loss: str = "L") -> str:
        """What one step does, in the paper language: lines to read, or to put into a file.

        The number of the step is `t`, the gradient `g`, what is remembered as in the state; with
        several parameters each of these has the parameter's name behind it.

        >>> from chainrule.optimize.descent import momentum
        >>> print(momentum(0.1).formulas("W"))
        g = ∂L/∂W
        v := 0.9 * v + g
        W := W - 0.1 * new(v)
        """
        return "\n".join(_lines(self, parameters or ("W",), loss))


def _lines(optimizer: Optimizer, parameters: Sequence[str], loss: str) -> list[str]:
    step = variable(())
    olds, gradients = _quantities(parameters), _quantities(parameters)
    state = {word: _quantities(parameters) for word in optimizer.initial(olds)}
    news, after = optimizer.update(gradients, state, olds, step)
    names = {step: "new(t)", step - 1: "t"}
    lines, updated = [], []
    for at, name in enumerate(parameters):
        behind = f"_{name}" if len(parameters) > 1 else ""
        names |= {olds[at]: name, gradients[at]: f"g{behind}"}
        lines.append(f"g{behind} = ∂{loss}/∂{name}")
        for word in state:
            names |= {state[word][at]: word + behind, after[word][at]: f"new({word}{behind})"}
            updated.append((word + behind, after[word][at]))
        updated.append((name, news[at]))
    lines += [f"{name} := {_right_side(node, names)}" for name, node in updated]
    counts = step in topological([node for _, node in updated])
    return ["t := t + 1", *lines] if counts else lines


def _quantities(names: Sequence[str]) -> Nodes:
    return tuple([variable(ENTRIES) for _ in names])


def _right_side(node: Node, names: Mapping[Node, str]) -> str:
    return show(node, lambda lower: None if lower is node else names.get(lower))


def by_parameter(name: str, remembered: Sequence[str], rule: Rule) -> Optimizer:
    """An optimiser that treats every parameter by itself.

    `rule` takes the number of the step, the gradient, the parameter and what is `remembered` of
    it, and returns the new parameter and what is remembered next.  All start from zeros.
    """

    def initial(parameters: Sequence[Node]) -> State:
        return {word: tuple([zeros(p.shape, p.dtype) for p in parameters]) for word in remembered}

    def update(
        gradients: Sequence[Node], state: State, parameters: Sequence[Node], step: Node
    ) -> tuple[Nodes, State]:
        before = [state[word] for word in remembered]
        found = [
            rule(step, *quantities)
            for quantities in zip(gradients, parameters, *before, strict=True)
        ]
        news, *after = zip(*found, strict=True) if found else [() for _ in (name, *remembered)]
        return news, dict(zip(remembered, after, strict=True))

    return Optimizer(name, initial, update)


def rate_at(rate: Rate, step: Node) -> Node:
    """The rate in a step, the first of which is 1, as a float64."""
    return rate_after(rate, step - 1)


def rate_after(rate: Rate, done: Node) -> Node:
    """The rate after so many steps, as a float64.

    Raises:
        DataProblem: a schedule of the user's does what cannot be done with nodes.
    """
    try:
        found = rate(done) if callable(rate) else rate
    except (TypeError, ValueError) as problem:
        raise DataProblem(
            f"{getattr(rate, '__name__', rate)} is no schedule: the number of steps is not known "
            "yet, so that NumPy's functions and `if` do not take it. Write the rate with +, -, *, "
            "/ and **, or take one such as cr.piecewise or cr.cosine_decay"
        ) from problem
    if isinstance(found, Node) and found.shape == ():
        return found
    return constant(within("the rate", found, 0.0), FLOAT)


def in_type_of(parameter: Node, number: Node) -> Node:
    """A number of float64 in the precision of a parameter: it is rounded once, at the end."""
    return cast(number, parameter.dtype)


def check_rate(rate: Rate) -> None:
    """Raises `DataProblem` unless the rate is a number from 0 on, or a schedule."""
    rate_after(rate, variable(()))


def within(what: str, value: Any, least: float, most: float = math.inf) -> float:
    """A number, if it lies where it has to: from `least` on, and below `most`.

    Raises:
        DataProblem: it does not, or is no number.
    """
    is_number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if not is_number or not least <= value < most:
        bound = "" if math.isinf(most) else f" and below {exact(most)}"
        raise DataProblem(f"{what} is a number from {exact(least)} on{bound}, not {value!r}")
    return float(value)


def difference(a: float, b: float) -> float:
    """a − b as one writes it: 1 − 0.9 is 0.1, not 0.09999999999999998.

    >>> difference(1, 0.9)
    0.1
    """
    return float(Decimal(repr(float(a))) - Decimal(repr(float(b))))


def named(kind: str, *settings: Any) -> str:
    """How something was made: `adam(0.001, 0.9)`."""
    shown = [repr(one) if callable(one) else exact(float(one)) for one in settings]
    return f"{kind}({', '.join(shown)})"
