"""Numbers as texts: rounded to digits or decimals, half away from zero as at school; exact forms.

>>> rounded_text(Fraction(2, 3), Options()), rounded_text(2.78946809e-10, Options())
('0.6667', '2.789e-10')
>>> rounded_text(0.00016, Options(decimals=3)), rounded_text(-0.0, Options(decimals=2))
('0.000', '0.00')
>>> texts_of([Fraction(1, 4), Fraction(2, 3)], Options())
(['1/4', '2/3'], True)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction

from chainrule.explain.options import Options

__all__ = ["number_of", "rounded_text", "texts_of"]

LARGEST_WHOLE = 10**9  # a whole number below it is written in full
LARGEST_FIXED = 10**15  # a number above it has no decimals to speak of
MOST_DENOMINATOR = 99  # of a fraction that says more than its decimals
MOST_NUMERATOR = 999


def texts_of(
    numbers: Sequence[Fraction] | Sequence[float], options: Options
) -> tuple[list[str], bool]:
    """The numbers of one array, all treated alike, and whether the texts are the true numbers.

    Fractions are known exactly: they are whole numbers or decimals that end within the digits, if
    all are; else simple fractions, if all are; else rounded.
    """
    exact = [number for number in numbers if isinstance(number, Fraction)]
    is_known = len(exact) == len(numbers)
    has_decimals = options.decimals is not None
    if has_decimals and is_known and all(number.denominator == 1 for number in exact):
        options = Options(options.digits)  # whole numbers have no decimals
    texts = [rounded_text(number, options) for number in numbers]
    if not is_known:
        return texts, False
    if all(_says(text, number) for text, number in zip(texts, exact, strict=True)):
        return texts, True
    if options.decimals is None and all(map(_is_simple, exact)):
        return [str(number) for number in exact], True
    return texts, False


def rounded_text(number: Fraction | float, options: Options) -> str:
    """One number with the digits, or the decimals, that are asked for; without -0."""
    if isinstance(number, float) and not math.isfinite(number):
        return str(number)
    whole = int(number)
    if whole == number and -LARGEST_WHOLE < whole < LARGEST_WHOLE and not options.decimals:
        return str(whole)
    if options.decimals is not None and -LARGEST_FIXED < number < LARGEST_FIXED:
        return _with_decimals(Fraction(number), options.decimals)
    return _with_digits(number, options.digits)


def number_of(text: str) -> Fraction | float:
    """The number that a text of this module says.

    >>> number_of("2/3"), number_of("2.5e-1"), number_of("-inf")
    (Fraction(2, 3), Fraction(1, 4), -inf)
    """
    return float(text) if text.lstrip("-") in ("inf", "nan") else Fraction(text)


def _says(text: str, number: Fraction) -> bool:
    """Whether a text is the true number."""
    return text == str(number) or Fraction(text) == number


def _is_simple(number: Fraction) -> bool:
    """Whether a fraction says more than its decimals: 2/3 and 1/64 do, 754/25 is 30.16."""
    if number.denominator > MOST_DENOMINATOR or abs(number.numerator) > MOST_NUMERATOR:
        return False
    return number.denominator == 1 or abs(number.numerator) <= MOST_DENOMINATOR or not _ends(number)


def _ends(number: Fraction) -> bool:
    """Whether the decimals end: nothing is left of the denominator but 2s and 5s."""
    rest = number.denominator
    for factor in (2, 5):
        while rest % factor == 0:
            rest //= factor
    return rest == 1


def _with_decimals(number: Fraction, decimals: int) -> str:
    scaled = abs(number) * 10**decimals
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    written = str(whole).rjust(decimals + 1, "0")
    sign = "-" if number < 0 and whole else ""
    point = len(written) - decimals
    return sign + written[:point] + ("." + written[point:] if decimals else "")


def _with_digits(number: Fraction | float, digits: int) -> str:
    """As `%g` writes it, but the exponent without leading zeros."""
    context = Context(prec=digits, rounding=ROUND_HALF_UP)
    if isinstance(number, Fraction):
        rounded = context.divide(Decimal(number.numerator), Decimal(number.denominator))
    else:
        rounded = context.plus(Decimal(number))
    short = rounded.normalize(context)
    exponent = short.adjusted()
    if -5 < exponent < digits:
        return f"{short:f}"
    return f"{short.scaleb(-exponent, context):f}e{exponent}"
