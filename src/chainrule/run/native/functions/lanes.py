"""Values with Python's operators, so that formulas look like formulas.

>>> from chainrule.run.native.ssa import Module
>>> function = Module().function("f", [("<4 x float>", "x")])
>>> x = Lanes(function, function.parameters[0])
>>> y = (x > 1.0).choose(2.0 * x, -x)
>>> y.value.type
'<4 x float>'
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chainrule.graph.record import Record
from chainrule.run.native.ssa import FLOATS, Function, Value, literal, scalar_of

__all__ = ["DOUBLE", "FLOAT", "Format", "Lanes", "Number", "lanewise", "polynomial", "widened"]


class Format(Record):
    """A floating-point type: LLVM's name, the whole numbers of its size, how its bits are divided.

    `digits` are the bits of the fraction, `bias` is what is added to the exponent; `ulp_one` is
    the largest number whose neighbours are 1 apart.  Source: IEEE 754.
    """

    scalar: str
    whole: str
    digits: int
    bias: int

    @property
    def magic(self) -> float:
        """A number to add, and to subtract again, that leaves the nearest whole number."""
        return 1.5 * 2.0**self.digits

    @property
    def smallest(self) -> float:
        """The smallest number that is not denormal."""
        return 2.0 ** (1 - self.bias)


FLOAT = Format("float", "i32", 23, 127)
DOUBLE = Format("double", "i64", 52, 1023)
FORMATS = {one.scalar: one for one in (FLOAT, DOUBLE)}


class Lanes:
    """What the lanes of a value hold; operators act lane by lane, numbers stand for every lane."""

    __slots__ = ("function", "value")

    def __init__(self, function: Function, value: Value) -> None:
        self.function = function
        self.value = value

    @property
    def format(self) -> Format:
        """The floating-point type of the lanes."""
        return FORMATS[scalar_of(self.value.type)]

    @property
    def is_float(self) -> bool:
        return scalar_of(self.value.type) in FLOATS

    @property
    def is_truth(self) -> bool:
        return scalar_of(self.value.type) == "i1"

    def like(self, number: Number) -> Lanes:
        """The number in lanes as these are."""
        if isinstance(number, Lanes):
            return number
        return Lanes(self.function, literal(number, self.value.type))

    def _with(self, name: str, other: Number) -> Lanes:
        write: Callable[[Value, Value], Value] = getattr(self.function, name)
        return Lanes(self.function, write(self.value, self.like(other).value))

    # Arithmetic.

    def __add__(self, other: Number) -> Lanes:
        return self._with("add", other)

    def __radd__(self, other: float) -> Lanes:
        return self.like(other) + self

    def __sub__(self, other: Number) -> Lanes:
        return self._with("sub", other)

    def __rsub__(self, other: float) -> Lanes:
        return self.like(other) - self

    def __mul__(self, other: Number) -> Lanes:
        return self._with("mul", other)

    def __rmul__(self, other: float) -> Lanes:
        return self * other

    def __truediv__(self, other: Number) -> Lanes:
        return self._with("div", other)

    def __rtruediv__(self, other: float) -> Lanes:
        return self.like(other) / self

    def __neg__(self) -> Lanes:
        if not self.is_float:
            return self.like(0) - self
        return Lanes(self.function, self.function.neg(self.value))

    def __abs__(self) -> Lanes:
        if not self.is_float:
            return (self < 0).choose(-self, self)
        return Lanes(self.function, self.function.intrinsic("fabs", self.value))

    def root(self) -> Lanes:
        """The square root; NaN of what is negative."""
        return Lanes(self.function, self.function.intrinsic("sqrt", self.value))

    def signed_as(self, other: Lanes) -> Lanes:
        """This size with the other's sign, that of a zero included."""
        found = self.function.intrinsic("copysign", self.value, other.value)
        return Lanes(self.function, found)

    # Bits.

    def _bits(self, name: str, other: Number) -> Lanes:
        return Lanes(self.function, self.function.bits(name, self.value, self.like(other).value))

    def __and__(self, other: Number) -> Lanes:
        return self._bits("and", other)

    def __or__(self, other: Number) -> Lanes:
        return self._bits("or", other)

    def __xor__(self, other: Number) -> Lanes:
        return self._bits("xor", other)

    def __lshift__(self, other: Number) -> Lanes:
        return self._bits("shl", other)

    def __rshift__(self, other: Number) -> Lanes:
        """Zeros move in from the left."""
        return self._bits("lshr", other)

    def __invert__(self) -> Lanes:
        return self._bits("xor", 1 if self.is_truth else -1)

    def bits(self) -> Lanes:
        """The bits of floating-point numbers as whole numbers."""
        return self.cast("bitcast", self.format.whole)

    def as_float(self) -> Lanes:
        """Whole numbers taken as the bits of floating-point numbers."""
        return self.cast("bitcast", {"i32": "float", "i64": "double"}[scalar_of(self.value.type)])

    def cast(self, name: str, scalar: str) -> Lanes:
        """See `Function.cast`."""
        return Lanes(self.function, self.function.cast(name, self.value, scalar))

    def shortened(self, bits: int) -> Lanes:
        """The number without the last bits of its fraction: products of two such are exact."""
        return (self.bits() & (-1 << bits)).as_float()

    # Choices.

    def compare(self, predicate: str, other: Number) -> Lanes:
        """See `Function.compare`."""
        found = self.function.compare(predicate, self.value, self.like(other).value)
        return Lanes(self.function, found)

    def __lt__(self, other: Number) -> Lanes:
        return self.compare("olt" if self.is_float else "slt", other)

    def __le__(self, other: Number) -> Lanes:
        return self.compare("ole" if self.is_float else "sle", other)

    def __gt__(self, other: Number) -> Lanes:
        return self.compare("ogt" if self.is_float else "sgt", other)

    def __ge__(self, other: Number) -> Lanes:
        return self.compare("oge" if self.is_float else "sge", other)

    def equals(self, other: Number) -> Lanes:
        return self.compare("oeq" if self.is_float else "eq", other)

    def differs(self, other: Number) -> Lanes:
        return self.compare("une" if self.is_float else "ne", other)

    def is_nan(self) -> Lanes:
        return self.compare("uno", self)

    def choose(self, yes: Lanes | float, no: Lanes | float) -> Lanes:
        """One number where these truth values hold, another elsewhere; one of them is of lanes."""
        known = yes if isinstance(yes, Lanes) else no
        if not isinstance(known, Lanes):
            raise TypeError("two bare numbers have no type")
        chosen = self.function.select(self.value, known.like(yes).value, known.like(no).value)
        return Lanes(self.function, chosen)

    def at_most(self, limit: Number) -> Lanes:
        """The smaller one; NaN stays NaN."""
        return self.like(limit).compare("olt", self).choose(self.like(limit), self)

    def at_least(self, limit: Number) -> Lanes:
        """The larger one; NaN stays NaN."""
        return self.like(limit).compare("ogt", self).choose(self.like(limit), self)


Number = Lanes | float


def lanewise(formula: Callable[..., Lanes]) -> Callable[..., Value]:
    """A formula in lanes as what the table holds: `emit(function, *values) -> Value`."""

    def emit(function: Function, *values: Value) -> Value:
        return formula(*[Lanes(function, value) for value in values]).value

    emit.__name__, emit.__doc__ = formula.__name__, formula.__doc__
    return emit


def widened(formula: Callable[..., Lanes]) -> Callable[..., Lanes]:
    """A formula whose float32 is computed in float64: right to the last digit, half as fast."""

    def wide(*arguments: Lanes) -> Lanes:
        if arguments[0].format is DOUBLE:
            return formula(*arguments)
        doubles = [one.cast("fpext", "double") for one in arguments]
        return formula(*doubles).cast("fptrunc", "float")

    wide.__name__, wide.__doc__ = formula.__name__, formula.__doc__
    return wide


def polynomial(x: Lanes, coefficients: Sequence[float]) -> Lanes:
    """c₀ + c₁ x + c₂ x² + …, in pairs of pairs: the additions need not wait for one another.

    Of a last term on its own no power is needed, which of a small x might be denormal, and slow.
    Source: G. Estrin, Organization of computer systems, 1960.
    """
    terms: list[Number] = list(coefficients)
    power = x
    while len(terms) > 1:
        if len(terms) > 2 and (len(terms) - 1) & (len(terms) - 2) == 0:
            *terms, low, high = terms
            terms.append(low + power * high)
        pairs: list[Number] = [low + power * high for low, high in _pairs(terms)]
        terms = pairs + terms[len(terms) & ~1 :]
        power = power * power if len(terms) > 1 else power
    return x.like(terms[0])


def _pairs(terms: list[Number]) -> list[tuple[Number, Number]]:
    return list(zip(terms[0::2], terms[1::2], strict=False))
