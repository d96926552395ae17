"""Functions of which only the shapes are known: `f : R^2 -> R` and its derivatives as symbols.

The derivative of such a function is another one, of one order more, so that the chain rule holds
without any formula for `f`.  What is derived from it can be checked by numbers all the same: a
stand-in that obeys every law, `f_i(x) = sin(a_i · x + c_i)`, with coefficients that depend on
nothing but the function's name.  Its numbers are never shown.

>>> from chainrule.graph.node import variable
>>> f = abstract_function("f", inputs=((2,),), output=())
>>> f(variable((2,))).shape, f.derivative(0).shape((2,))
((), (2,))
"""

from __future__ import annotations

import math
import re
from typing import Any
from zlib import crc32

import numpy as np

from chainrule.errors import ShapeError
from chainrule.graph.node import Kernels, Node, Shape, size_of
from chainrule.jacobians.kinds import Dense, Diagonal, LinearMap
from chainrule.ops.contract import Elementwise, Operation, show_shape
from chainrule.ops.transposition import permute

__all__ = [
    "AbstractElementwise",
    "AbstractFunction",
    "abstract_elementwise",
    "abstract_function",
]

QUARTER = math.pi / 2  # each derivative of a sine is the sine a quarter of a turn ahead


class AbstractFunction(Operation):
    """f : arrays of the shapes `takes` -> an array of the shape `gives`, or a derivative of it.

    `orders` says how often it is differentiated by each input.  The result has the shape of the
    function's own, and behind it the shape of an input for each time that input is taken.
    """

    name = "abstract_function"
    derivatives = ("D(f)(x)",)
    sentence = "Only the shapes of this function are known, so its Jacobian stays a symbol."
    called: str
    takes: tuple[Shape, ...]
    gives: Shape
    orders: tuple[int, ...]

    @property
    def text(self) -> str:  # type: ignore[override]
        """`f({0})`, `grad(f)({0})`, `D(D(f))({0})`; of several inputs `D(f, 1)({0}, {1})`."""
        written, shape = self._written()
        to = ", ".join(map(str, self._result()))
        return written if shape == self._result() else f"reshape({written}, to=[{to}])"

    @property
    def latex(self) -> str:  # type: ignore[override]
        r"""`f\left({0}\right)`, `\nabla f\left({0}\right)`, `D^{2} f\left({0}\right)`."""
        order = sum(self.orders)
        sign = r"\nabla" if order == 1 and self.gives == () else "D"
        power = f"^{{{{{order}}}}}" if order > 1 else ""
        by = ",".join(map(str, self._by())) if len(self.takes) > 1 else ""
        index = f"_{{{{{by}}}}}" if by else ""
        taken = f"{sign}{index}{power} " if order else ""
        return rf"{taken}{_latex_name(self.called)}\left({_places(len(self.takes))}\right)"

    def settings(self, inputs: tuple[Node, ...]) -> list[tuple[str, Any]]:
        return []

    def shape(self, *shapes: Shape) -> Shape:
        if shapes != self.takes:
            wanted = " and ".join(map(show_shape, self.takes))
            given = " and ".join(map(show_shape, shapes))
            raise ShapeError(f"{self.called} takes {wanted}, not {given}")
        return self._result()

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        rows, *columns = (int(size_of(shape)) for shape in (self.gives, *self.takes))
        weights = _coefficients(self.called, rows, columns)
        weights = [k.asarray(each, dtype=values[0].dtype) for each in weights]
        turned = sum(self.orders) * QUARTER
        angle = k.asarray(np.arange(1, rows + 1), dtype=values[0].dtype)
        for weight, value in zip(weights, values, strict=True):
            angle = angle + weight @ k.reshape(value, (-1,))
        found = k.reshape(k.sin(angle + turned), (rows, 1))
        for position in self._by():
            found = k.reshape(found[:, :, None] * weights[position][:, None, :], (rows, -1))
        return k.reshape(found, self._result())

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return tuple(self._jacobian(y, inputs, position) for position in range(len(inputs)))

    def cost(self, *shapes: Shape) -> tuple[int, int]:
        size = size_of(self.gives) * sum(map(size_of, self.takes))
        return size, 20 * size + 2 * size_of(self._result())

    def derivative(self, position: int) -> AbstractFunction:
        """The same function's derivative of one order more, by the input at `position`.

        Its axes for one input stand together, those of the first input first.
        """
        orders = (count + (at == position) for at, count in enumerate(self.orders))
        return AbstractFunction(self.called, self.takes, self.gives, tuple(orders))

    def _jacobian(self, y: Node, inputs: tuple[Node, ...], position: int) -> LinearMap:
        entries = self.derivative(position)(*inputs)
        later = sum(len(self.takes[at]) for at in self._by() if at > position)
        own = len(self.takes[position])
        axes = list(range(entries.ndim))
        moved = axes[entries.ndim - later - own : entries.ndim - later]
        kept = [axis for axis in axes if axis not in moved]
        return Dense(permute(entries, (*kept, *moved)), y.shape, inputs[position].shape)

    def _by(self) -> list[int]:
        """The inputs it is differentiated by, each as often as it is."""
        return [at for at, count in enumerate(self.orders) for _ in range(count)]

    def _result(self) -> Shape:
        shape = self.gives
        for position in self._by():
            shape += self.takes[position]
        return shape

    def _written(self) -> tuple[str, Shape]:
        """As the paper language writes it, and the shape that means there.

        There the derivative of anything but a number is a matrix, outputs × inputs.
        """
        text, shape = self.called, self.gives
        for position in self._by():
            which = f", {position}" if len(self.takes) > 1 else ""
            own = self.takes[position]
            text = f"grad({text}{which})" if shape == () else f"D({text}{which})"
            shape = own if shape == () else (size_of(shape), size_of(own))
        return f"{text}({_places(len(self.takes))})", shape


class AbstractElementwise(Elementwise):
    """g : R -> R, entry by entry, or its derivative of some order: g(x), g'(x), g''(x)."""

    name = "abstract_elementwise"
    derivatives = ("f'(x)",)
    sentence = "Only the name of this function is known, so its derivative stays a symbol."
    called: str
    order: int = 0

    @property
    def text(self) -> str:  # type: ignore[override]
        """`g({0})`, `g'({0})` …"""
        return f"{self.called}{self.order * chr(39)}({{0}})"

    @property
    def latex(self) -> str:  # type: ignore[override]
        r"""`g\left({0}\right)`, `g'\left({0}\right)` …"""
        return rf"{_latex_name(self.called)}{self.order * chr(39)}\left({{0}}\right)"

    def settings(self, inputs: tuple[Node, ...]) -> list[tuple[str, Any]]:
        return []

    def evaluate(self, k: Kernels, *values: Any) -> Any:
        weight = float(_coefficients(self.called, 1, [1])[0][0, 0])
        return weight**self.order * k.sin(weight * values[0] + (1 + self.order * QUARTER))

    def jacobians(self, y: Node, *inputs: Node) -> tuple[LinearMap, ...]:
        return (Diagonal(self.derivative()(inputs[0])),)

    def derivative(self) -> AbstractElementwise:
        """The derivative of one order more."""
        return AbstractElementwise(self.called, self.order + 1)


def abstract_function(
    name: str, inputs: tuple[Shape, ...], output: Shape, order: int = 0
) -> AbstractFunction:
    """The function of that name between arrays of these shapes; with one input, a derivative of it.

    Raises:
        ValueError: a derivative is asked for of a function with several inputs.
    """
    if order and len(inputs) != 1:
        raise ValueError("of several inputs, each has its own order: take `derivative` by one")
    return AbstractFunction(name, inputs, output, (order,) * len(inputs))


def abstract_elementwise(name: str, order: int = 0) -> AbstractElementwise:
    """The function of a number of that name, taken entry by entry of whatever it is given.

    >>> abstract_elementwise("σ").derivative().text
    "σ'({0})"
    """
    return AbstractElementwise(name, order)


def _places(count: int) -> str:
    return ", ".join(f"{{{at}}}" for at in range(count))


def _coefficients(name: str, rows: int, columns: list[int]) -> list[Any]:
    """One matrix an input, fixed by the name; sines of squares, so that no row repeats another."""
    seed = 1 + crc32(name.encode()) % 10_007 / 97
    counts = np.arange(1, rows * sum(columns) + 1, dtype=np.float64).reshape(rows, -1)
    return np.split(np.sin(seed * counts**2), np.cumsum(columns)[:-1].tolist(), axis=1)


def _latex_name(name: str) -> str:
    """Digits at the end as an index, in a form whose braces are doubled."""
    stem, digits = re.fullmatch(r"(.*?)_?(\d*)", name, re.DOTALL).groups()  # type: ignore[union-attr]
    escaped = stem.replace("_", r"\_")
    letters = stem if len(stem) == 1 else rf"\mathrm{{{{{escaped}}}}}"
    return f"{letters}_{{{{{digits}}}}}" if digits else letters
