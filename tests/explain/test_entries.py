"""Single numbers: what is exact, which sign is certain, how large the error and the size can be."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.explain.numbers.entry import Entry, Undecided, rational, rough, written
from chainrule.explain.numbers.points import POINTS, POSITIVE


@pytest.mark.parametrize(
    ("name", "point", "value"),
    [
        ("exp", "0", "1"),
        ("exp2", "-3", "1/8"),
        ("expm1", "0", "0"),
        ("log", "1", "0"),
        ("log2", "1/8", "-3"),
        ("log10", "1000", "3"),
        ("log1p", "0", "0"),
        ("sqrt", "9/4", "3/2"),
        ("sqrt", "0", "0"),
        ("cbrt", "-8/27", "-2/3"),
        ("sin", "0", "0"),
        ("cos", "0", "1"),
        ("tan", "0", "0"),
        ("arcsin", "0", "0"),
        ("arccos", "1", "0"),
        ("arctan", "0", "0"),
        ("sinh", "0", "0"),
        ("cosh", "0", "1"),
        ("tanh", "0", "0"),
        ("arcsinh", "0", "0"),
        ("arccosh", "1", "0"),
        ("arctanh", "0", "0"),
        ("erf", "0", "0"),
        ("erfc", "0", "1"),
    ],
)
def test_rational_points(name: str, point: str, value: str) -> None:
    entry = rational(Fraction(point)).applied(name)
    assert entry.exact == Fraction(value)
    assert POINTS[name].value(float(Fraction(point))) == pytest.approx(float(Fraction(value)))


@pytest.mark.parametrize("name", sorted(POINTS))
def test_elsewhere_they_are_irrational(name: str) -> None:
    for point in (Fraction(1, 3), Fraction(3, 2), Fraction(-1, 2)):
        entry = rational(point).applied(name)
        assert entry.exact is None
        assert entry.differs == (np.isfinite(entry.value) and name[:3] != "erf")
        assert name not in POSITIVE or entry.sign == 1


@pytest.mark.parametrize(
    ("made", "exact"),
    [
        (lambda: written(0.1) + 0.2, "3/10"),
        (lambda: 1 - written(0.1), "9/10"),
        (lambda: 2 / written(3.0), "2/3"),
        (lambda: written(4.0) ** 0.5, "2"),
        (lambda: written(4.0) ** -2.0, "1/16"),
        (lambda: written(0.25) ** 1.5, "1/8"),
        (lambda: written(0.0) ** 0.0, "1"),
        (lambda: written(7.0) // 2, "3"),
        (lambda: written(-7.0) % 3, "2"),
        (lambda: abs(written(-0.5)), "1/2"),
        (lambda: 0 * written(2.0).exp(), "0"),
        (lambda: 0 / written(2.0).exp(), "0"),
        (lambda: written(2.0).exp() ** 0, "1"),
        (lambda: written(-8.0) ** (1 / 3), None),  # as in float64, where it is no number
        (lambda: written(1.0) / 0, None),
        (lambda: 0 * (written(1.0) / 0), None),
        (lambda: written(0.0) ** -1.0, None),
        (lambda: written(3.0) ** 400.0, None),  # too many digits
        (lambda: written(2 / 3) + 0, None),  # of a float that is no short decimal
        (lambda: written(float("nan")), None),
    ],
)
def test_arithmetic(made: Callable[[], Entry], exact: str | None) -> None:
    assert made().exact == (None if exact is None else Fraction(exact))


def test_comparisons_are_certain_or_undecided() -> None:
    e = written(1.0).exp()
    assert e > 2.718281828
    assert e != 2.71828
    assert e == e
    assert (-1000 * e).exp() > 0
    assert (-1000 * e).exp().value == 0
    for unsure in (rough(1.0), (e + 1) - 1 - e):
        with pytest.raises(Undecided):
            assert unsure < unsure.value


@pytest.mark.parametrize(
    ("made", "is_lost"),
    [
        (lambda: written(-800.0).exp(), True),
        (lambda: 1 - 1 / (1 + written(-40.0).exp()), True),
        (lambda: 1 - written(30.0).tanh() ** 2, True),
        (lambda: 1 - written(9.0).applied("erf"), True),
        (lambda: written(-800.0).exp() * written(-1.5), True),
        (lambda: written(-800.0).exp() + written(-900.0).exp(), True),
        (lambda: written(-800.0).exp() - written(-900.0).exp(), False),  # it may be 0
        (lambda: written(-800.0).exp() * 0, False),
        (lambda: rough(0.0), False),
        (lambda: rational(0), False),
    ],
)
def test_lost(made: Callable[[], Entry], is_lost: bool) -> None:
    with np.errstate(all="ignore"):
        assert made().is_lost == is_lost


@pytest.mark.parametrize(
    ("made", "is_underflow", "has_cancelled"),
    [
        (lambda: written(-800.0).exp(), True, False),
        (lambda: written(-800.0).exp() * 1000, True, False),
        (lambda: written(-800.0).exp() / 1e-300, False, True),
        (lambda: written(-800.0).exp() * 1e300, False, True),
        (lambda: written(-800.0).exp() ** 0.5, False, True),
        (lambda: written(-400.0).exp() ** 2, True, False),
        (lambda: 1 / written(800.0).exp(), True, False),
        (lambda: 1 / (1 + written(800.0).exp()), True, False),
        (lambda: 1 / (1 - written(800.0).exp()), True, False),
        (lambda: 1 / (written(799.9).exp() - written(800.0).exp()), False, False),  # by 1 / nan
        (lambda: (-(written(800.0).exp())).exp(), False, True),
        (lambda: written(30.0).applied("erfc"), True, False),
        (lambda: written(-800.0).exp().log1p(), True, False),
        (lambda: 1 - 1 / (1 + written(-50.0).exp()), False, True),
        (lambda: written(2.0).sqrt() * written(2.0).sqrt() - 2, False, True),
        (lambda: written(2.0).sqrt() - 1, False, False),
        (lambda: rough(0.0), False, False),
        (lambda: rational(0), False, False),
    ],
)
def test_why_something_is_zero(
    made: Callable[[], Entry], is_underflow: bool, has_cancelled: bool
) -> None:
    with np.errstate(all="ignore"):
        entry = made()
    assert (entry.is_underflow, entry.has_cancelled) == (is_underflow, has_cancelled)


# Random programs, beside the same in extended precision.

Moves = tuple[tuple[str, Callable[[Any, Any], Any]], ...]
Numbers = list[tuple[Entry, np.longdouble]]  # what is known of a number, and what it is


@st.composite
def computed(draw: st.DrawFn, moves: Moves, largest: int, most: int) -> Numbers:
    """All numbers of a random program.

    It starts from two numbers of up to `largest` tenths and makes at most `most` moves.
    """
    start = draw(st.lists(st.integers(-largest, largest), min_size=2, max_size=2))
    known: list[Any] = [np.array(rational(Fraction(n, 10)), dtype=object) for n in start]
    precise: list[Any] = [np.longdouble(n) / 10 for n in start]
    with np.errstate(all="ignore"):
        for _ in range(draw(st.integers(1, most))):
            a, b = (draw(st.integers(0, len(known) - 1)) for _ in range(2))
            _, move = draw(st.sampled_from(moves))
            known.append(np.array(move(known[a], known[b]), dtype=object))
            precise.append(move(precise[a], precise[b]))
    return [(boxed[()], number) for boxed, number in zip(known, precise, strict=True)]


MOVES: Moves = (
    ("a + b", lambda a, b: a + b),
    ("a - b", lambda a, b: a - b),
    ("a * b", lambda a, b: a * b),
    ("a / b", lambda a, b: a / b),
    ("a ** 2", lambda a, b: a**2),
    ("sin(a)", lambda a, b: np.sin(a)),
    ("exp(tanh(a))", lambda a, b: np.exp(np.tanh(a))),
    ("log(1 + a * a)", lambda a, b: np.log(1 + a * a)),
    ("1e9 + a", lambda a, b: 1_000_000_000 + a),
    ("a / 3 - b", lambda a, b: a / 3 - b),
)


@given(computed(MOVES, largest=30, most=8))
def test_the_error_is_bounded(numbers: Numbers) -> None:
    """Beside the same in extended precision: no value is further off than it says."""
    for entry, number in numbers:
        if not np.isfinite(number) or not np.isfinite(entry.error):
            continue
        slack = 1e-18 * abs(number) * 1000  # of the extended precision itself
        if entry.exact is None:
            assert abs(number - np.longdouble(entry.value)) <= entry.error + slack
        if entry.sign and abs(number) > 1000 * slack + entry.error * 1e-3:
            assert entry.sign == np.sign(number)


FAR_MOVES: Moves = (
    ("a + b", lambda a, b: a + b),
    ("a - b", lambda a, b: a - b),
    ("a * b", lambda a, b: a * b),
    ("1 / (1 + a)", lambda a, b: 1 / (1 + a)),
    ("a ** 2", lambda a, b: a**2),
    ("exp(a)", lambda a, b: np.exp(a)),
    ("exp(100 * a)", lambda a, b: np.exp(100 * a)),
    ("exp2(-99 * a)", lambda a, b: np.exp2(-99 * a)),
    ("expm1(a)", lambda a, b: np.expm1(a)),
    ("sqrt(a * a)", lambda a, b: np.sqrt(a * a)),
    ("log1p(a * a)", lambda a, b: np.log1p(a * a)),
)


@given(computed(FAR_MOVES, largest=120, most=7))
def test_the_size_is_bounded(numbers: Numbers) -> None:
    """Extended precision goes down to 2^-16000: what float64 calls 0 is as small as it says."""
    with np.errstate(all="ignore"):
        for entry, number in numbers:
            if not np.isfinite(number):
                return
            if entry.exact is None and number:
                low, high = entry.span
                slack = 1e-6 + 1e-12 * abs(np.log2(abs(number)))
                assert np.log2(abs(number)) <= high + slack or abs(number) < 1e-4000
                if low > -10_000:
                    assert low - slack <= np.log2(abs(number))
            if entry.is_underflow:
                assert abs(number) < np.longdouble(5e-324)
