"""Lengths whose number is not known: whole polynomials in the names of sizes, as in `n·m + 1`.

A `Size` is an int, so that shapes stay tuples of ints; the int is a stand-in, by which arrays can
be laid out, but never the length itself.  Two sizes are equal if their polynomials are, and none
is equal to a plain number: what an unknown length may or may not be is not decided.

>>> sizes = named_sizes(("n", "m"))
>>> n, m = sizes["n"], sizes["m"]
>>> n * m == m * n, n == m, n == 11, n - n, 2 * n + m * n // n
(True, False, False, 0, 2·n + m)
>>> n // 2
Traceback (most recent call last):
chainrule.errors.ShapeError: n is not known to be a multiple of 2.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from math import prod
from typing import NoReturn, TypeAlias

from chainrule.errors import ShapeError, TooLarge

__all__ = ["Size", "counted", "is_at_least", "named_sizes", "smallest"]

Monomial: TypeAlias = tuple[tuple[int, str], ...]  # stand-ins with their names, in order
SMALLEST = 11  # the first stand-in: lengths that are written out are mostly smaller
MOST_TERMS = 64
HIGHEST_DEGREE = 24
LARGEST_FACTOR = 10**9


class Size(int):
    """A polynomial in names of sizes, with whole coefficients; at least one name is in it.

    Sums, products and differences are exact.  A quotient is where it comes out even for every
    number; else it raises `ShapeError`, as taking the size for a float does.  `<` and `>` compare
    the stand-ins: they serve to choose between two ways, never to decide what is true.
    """

    terms: tuple[tuple[Monomial, int], ...]

    def __new__(cls, terms: tuple[tuple[Monomial, int], ...]) -> Size:
        value = sum(factor * prod(one for one, _ in monomial) for monomial, factor in terms)
        size = super().__new__(cls, value)
        size.terms = terms
        return size

    @property
    def names(self) -> tuple[str, ...]:
        """The names in it, each once."""
        return tuple(dict.fromkeys(name for monomial, _ in self.terms for _, name in monomial))

    @property
    def is_length(self) -> bool:
        """Whether it is above 0 whatever the sizes are: nothing is subtracted."""
        return all(factor > 0 for _, factor in self.terms)

    def at(self, sizes: Mapping[str, int]) -> int:
        """The number that it is where the named sizes are these numbers.

        >>> n = named_sizes("n")["n"]
        >>> (2 * n + 1).at({"n": 3})
        7
        """
        return sum(
            factor * prod(sizes[name] for _, name in monomial) for monomial, factor in self.terms
        )

    def written(self, times: str = "·") -> str:
        """The polynomial as text, with this sign for a product."""
        text = ""
        for monomial, factor in self.terms:
            parts = [name for _, name in monomial]
            if abs(factor) != 1 or not parts:
                parts.insert(0, str(abs(factor)))
            sign = "-" if factor < 0 else "+" if text else ""
            text += f" {sign} " if text else sign
            text += times.join(parts)
        return text

    def __repr__(self) -> str:
        return self.written()

    __str__ = __repr__

    def __format__(self, form: str) -> str:
        return format(self.written(), form)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Size) and self.terms == other.terms

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self.terms)

    def __neg__(self) -> int:
        return _combined(self, 0, -1)

    def __add__(self, other: object) -> int:
        return _combined(self, other) if isinstance(other, int) else NotImplemented

    __radd__ = __add__

    def __sub__(self, other: object) -> int:
        return _combined(self, other, 1, -1) if isinstance(other, int) else NotImplemented

    def __rsub__(self, other: object) -> int:
        return _combined(self, other, -1) if isinstance(other, int) else NotImplemented

    def __mul__(self, other: object) -> int:
        return _product(self, other) if isinstance(other, int) else NotImplemented

    __rmul__ = __mul__

    def __pow__(self, exponent: int, modulo: None = None) -> int:  # type: ignore[override]
        if exponent > HIGHEST_DEGREE:
            raise TooLarge(f"A size has at most {HIGHEST_DEGREE} names in a product")
        return prod([self] * exponent)

    def __floordiv__(self, other: int) -> int:
        return _quotient(self, other)

    def __rfloordiv__(self, other: int) -> int:
        return _quotient(other, self)

    def __mod__(self, other: int) -> int:
        _quotient(self, other)
        return 0

    def __rmod__(self, other: int) -> int:
        _quotient(other, self)
        return 0

    def __rpow__(self, base: int, modulo: None = None) -> NoReturn:  # type: ignore[override]
        raise ShapeError(_no_number(self))

    def __divmod__(self, other: int) -> tuple[int, int]:
        return _quotient(self, other), 0

    def __abs__(self) -> int:
        return self if self.is_length else abs(counted(self))

    def __bool__(self) -> bool:
        return True  # it is not known to be 0, whatever its stand-in is

    def __float__(self) -> float:
        return float(counted(self))

    def __truediv__(self, other: object) -> NoReturn:
        raise ShapeError(_no_number(self))

    def __rtruediv__(self, other: object) -> NoReturn:
        raise ShapeError(_no_number(self))


def is_at_least(one: int, other: int) -> bool:
    """Whether one length is known not to be below another, where each name is at least 1.

    >>> n = named_sizes("n")["n"]
    >>> is_at_least(n, 1), is_at_least(n, 2), is_at_least(2 * n + 1, n + 2), is_at_least(n - 1, 0)
    (True, False, True, True)
    """
    left = one - other
    if not isinstance(left, Size):
        return left >= 0
    grows = all(factor > 0 for monomial, factor in left.terms if monomial)
    return grows and left.at(dict.fromkeys(left.names, 1)) >= 0


def named_sizes(names: Iterable[str], taken: Collection[int] = ()) -> dict[str, Size]:
    """A size for each name; its stand-in is a prime that divides none of the lengths `taken`.

    >>> [int(size) for size in named_sizes("nmk", taken=(3, 26)).values()]
    [11, 17, 19]
    """
    sizes: dict[str, Size] = {}
    stand_in = SMALLEST
    for name in dict.fromkeys(names):
        while not _is_prime(stand_in) or any(length % stand_in == 0 for length in taken if length):
            stand_in += 1
        sizes[name] = Size(((((stand_in, name),), 1),))
        stand_in += 1
    return sizes


def counted(length: int) -> int:
    """The length itself, where what is built depends on its number.

    Raises:
        ShapeError: only its name is known.
    """
    if isinstance(length, Size):
        raise ShapeError(_no_number(length))
    return length


def _no_number(size: Size) -> str:
    return f"This takes {size} as a number, and it is known by name only"


def smallest(*lengths: int) -> int:
    """The smallest length, where that is known whatever the sizes are.

    >>> n, m = named_sizes("nm").values()
    >>> smallest(n + 1, n), smallest(n, 1)
    (n, 1)

    Raises:
        ShapeError: it is not.
    """
    least = min(lengths)
    for length in lengths:
        more = length - least
        if isinstance(more, Size) and not _grows(more):
            raise ShapeError(f"Whether {least} or {length} is smaller is not known")
    return least


def _grows(size: Size) -> bool:
    """Whether a size is at least what it is where all names are 1, and that is not below 0."""
    ones = dict.fromkeys(size.names, 1)
    negative = [monomial for monomial, factor in size.terms if factor < 0]
    return size.at(ones) >= 0 and negative in ([], [()])


def _is_prime(number: int) -> bool:
    return all(number % divisor for divisor in range(2, int(number**0.5) + 1))


def _terms(length: int) -> tuple[tuple[Monomial, int], ...]:
    if isinstance(length, Size):
        return length.terms
    return (((), int(length)),) if length else ()


def _made(terms: Mapping[Monomial, int]) -> int:
    """The size, or the number it has come to; factors in the order the names were met."""
    kept = {monomial: factor for monomial, factor in terms.items() if factor}
    if not any(kept):  # no name is left
        return kept.get((), 0)
    if len(kept) > MOST_TERMS or max(map(len, kept)) > HIGHEST_DEGREE:
        raise TooLarge(
            f"A size has at most {MOST_TERMS} terms of at most {HIGHEST_DEGREE} names each"
        )
    if max(map(abs, kept.values())) > LARGEST_FACTOR:
        raise TooLarge(f"The numbers in a size go up to {LARGEST_FACTOR:,}")
    return Size(tuple(sorted(kept.items(), key=lambda term: (-len(term[0]), term[0]))))


def _combined(a: int, b: int, of_a: int = 1, of_b: int = 1) -> int:
    total: dict[Monomial, int] = {}
    for length, times in ((a, of_a), (b, of_b)):
        for monomial, factor in _terms(length):
            total[monomial] = total.get(monomial, 0) + times * factor
    return _made(total)


def _product(a: int, b: int) -> int:
    total: dict[Monomial, int] = {}
    for left, of_left in _terms(a):
        for right, of_right in _terms(b):
            monomial = tuple(sorted(left + right))
            total[monomial] = total.get(monomial, 0) + of_left * of_right
    return _made(total)


def _quotient(a: int, b: int) -> int:
    """a / b where it comes out even for every number that the names may stand for: long division.

    Raises:
        ShapeError: it is not known to.
    """
    found, rest = 0, a
    while rest != 0:
        part = _divided(_terms(rest)[0], _terms(b)[0]) if b else None
        if part is None:
            raise ShapeError(f"{a} is not known to be a multiple of {b}")
        found, rest = found + part, rest - part * b
    return found


def _divided(term: tuple[Monomial, int], by: tuple[Monomial, int]) -> int | None:
    """One term by another, or None."""
    names = list(term[0])
    for name in by[0]:
        if name not in names:
            return None
        names.remove(name)
    return None if term[1] % by[1] else _made({tuple(names): term[1] // by[1]})
