"""The numbers that a link of an equality chain writes down, from its syntax tree."""

from __future__ import annotations

from collections.abc import Callable, Collection

import numpy as np

from chainrule.errors import ShapeError, TooLarge
from chainrule.graph.node import Array, size_of
from chainrule.graph.source import Source
from chainrule.marking.reading.displayed import Displayed, Written, displayed
from chainrule.paper.limits import MOST_AXES
from chainrule.paper.syntax import (
    COMPARISON,
    LEVELS,
    Bracket,
    Call,
    Expression,
    Name,
    Negative,
    Number,
    Power,
    Sequence,
    Transpose,
)

__all__ = ["Numerals", "is_layout"]

MOST_WORK = 20_000  # additions and multiplications of a text
RAGGED = 4  # times as many cells as there are numbers: beyond, it is no matrix with a gap


class Numerals:
    """Reads the numbers of one text, which has a limit on its arithmetic."""

    def __init__(self, names: Collection[str]) -> None:
        self.names = names  # of the problem's: a function of its own is not ours
        self._work: object = None

    def written(self, source: Source, expression: Expression) -> Written | None:
        """The numbers, None if the problem is needed to know them.

        Raises:
            DomainProblem, ShapeError, TooLarge: they cannot be computed.
        """
        if not self._is_numeric(expression):
            return None
        found = self._read(source, expression)
        if len(found.shape) > MOST_AXES:
            raise TooLarge(f"An array has at most {MOST_AXES} axes.")
        return found

    def _is_numeric(self, expression: Expression) -> bool:
        """Whether numbers are all there is, and arithmetic with them."""
        if isinstance(expression, Bracket):
            return all(map(self._is_numeric, expression.items))
        if isinstance(expression, Negative | Transpose):
            return self._is_numeric(expression.operand)
        if isinstance(expression, Power):
            return self._is_numeric(expression.base) and self._is_numeric(expression.exponent)
        if isinstance(expression, Sequence):
            operands = [expression.first, *[operand for _, _, operand in expression.rest]]
            is_compared = LEVELS[expression.rest[0][0]] == COMPARISON
            return not is_compared and all(map(self._is_numeric, operands))
        if isinstance(expression, Call):
            return self._is_ours(expression) and self._is_numeric(expression.arguments[0])
        return isinstance(expression, Number)

    def _is_ours(self, call: Call) -> bool:
        from chainrule.marking.reading.arithmetic import FUNCTIONS

        name = call.function.name if isinstance(call.function, Name) else ""
        is_plain = len(call.arguments) == 1 and not call.keywords
        return is_plain and name in FUNCTIONS and name not in self.names

    def _read(self, source: Source, expression: Expression) -> Written:
        """Literals keep their last place, whatever is computed has none."""
        if isinstance(expression, Number):
            return Written((), (displayed(expression.text),))
        if isinstance(expression, Bracket):
            items = expression.items
            numbers = [item for item in items if isinstance(item, Number)]
            if len(numbers) == len(items):
                return Written((len(items),), tuple([displayed(item.text) for item in numbers]))
            return _stacked([self._read(source, item) for item in items])
        if isinstance(expression, Negative):
            return _each(self._read(source, expression.operand), _negated)
        if isinstance(expression, Transpose):
            return _transposed(self._read(source, expression.operand))
        if isinstance(expression, Sequence) and (scaled := _scientific(expression)):
            mantissas, exponent = scaled
            return _each(self._read(source, mantissas), lambda one: _shifted(one, exponent))
        return self._computed(source, expression)

    def _computed(self, source: Source, expression: Expression) -> Written:
        from chainrule.marking.reading.arithmetic import Work, amounts

        if not isinstance(self._work, Work):
            self._work = Work(MOST_WORK)
        found = amounts(expression, self._work)
        text = " ".join(source.slice(expression.span).split())
        cells = []
        for amount in found.flat:
            value = float(amount.value)
            shown = text if found.shape == () else f"{value:.6g}"
            cells.append(Displayed(shown, value, 0.0, float(amount.radius)))
        return Written(found.shape, tuple(cells))


def is_layout(expression: Expression) -> bool:
    """Whether it is a number or brackets of numbers, with no arithmetic in it."""
    if isinstance(expression, Bracket):
        return all(map(is_layout, expression.items))
    return isinstance(expression, Number)


def _scientific(expression: Sequence) -> tuple[Expression, int] | None:
    """The mantissas and the exponent of `3.58*10^9`, `[1.2, 3.4] × 10^-3`, `10^-3*[1.2, 3.4]`."""
    sign, _, right = expression.rest[0]
    if len(expression.rest) > 1 or sign not in "*·":
        return None
    for mantissas, power in ((expression.first, right), (right, expression.first)):
        if is_layout(mantissas) and (exponent := _exponent_of_ten(power)) is not None:
            return mantissas, exponent
    return None


def _exponent_of_ten(power: Expression) -> int | None:
    """k of `10^k`."""
    if not isinstance(power, Power) or not isinstance(power.base, Number):
        return None
    if not isinstance(power.exponent, Number) or power.base.text != "10":
        return None
    text = power.exponent.text
    return int(text) if text.removeprefix("-").isdecimal() and len(text) <= 4 else None


def _shifted(number: Displayed, exponent: int) -> Displayed:
    mantissa, _, own = number.text.lower().partition("e")
    found = displayed(f"{mantissa}e{int(own or 0) + exponent}")
    return Displayed(f"{number.text}*10^{exponent}", *found.key()[1:])


def _negated(number: Displayed) -> Displayed:
    text = number.text
    opposite = text[1:] if text.startswith("-") else f"-{text}"
    return Displayed(opposite if number.unit else f"-({text})", -number.value, *number.key()[2:])


def _each(written: Written, act: Callable[[Displayed], Displayed]) -> Written:
    cells = [None if cell is None else act(cell) for cell in written.cells]
    return Written(written.shape, tuple(cells))


def _transposed(written: Written) -> Written:
    array = _as_array(written).T
    return Written(array.shape, tuple(array.flat))


def _as_array(written: Written) -> Array:
    array = np.empty(len(written.cells), object)
    array[:] = written.cells
    return array.reshape(written.shape)


def _stacked(rows: list[Written]) -> Written:
    """The rows below each other; where one is shorter, cells are missing.

    Raises:
        ShapeError: most of the cells would be missing.
    """
    shapes = {row.shape for row in rows}
    cells = [cell for row in rows for cell in row.cells]
    given = len(cells) - cells.count(None)
    if len(shapes) == 1:
        return Written((len(rows), *shapes.pop()), tuple(cells))
    depth = max(map(len, shapes))
    padded = [row.shape + (1,) * (depth - len(row.shape)) for row in rows]
    shape = len(rows), *map(max, zip(*padded, strict=True))
    if size_of(shape) > RAGGED * (given + RAGGED):
        raise ShapeError("The rows of a matrix have one length; these differ too much.")
    array = np.full(shape, None, object)
    for place, (row, own) in enumerate(zip(rows, padded, strict=True)):
        array[place][tuple(map(slice, own))] = _as_array(row).reshape(own)
    return Written(shape, tuple(array.flat))
