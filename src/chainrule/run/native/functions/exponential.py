"""Exponentials: e^x, 2^x, e^x − 1, the sigmoid, the hyperbolic functions.

x = 2h·log 2 + r with a whole h and |r| ≤ log 2, so that e^x = e^r · 2^h · 2^h: the second factor
rounds once where the result is denormal, and overflows where it does.  The logarithm is taken in
two parts (W. J. Cody, W. Waite, Software manual for the elementary functions, 1980).  The
polynomials and quotients are minimax approximations by the exchange of E. Remez (J.-M. Muller,
Elementary functions, 3rd ed., ch. 3), computed with 160 bits.
"""

from __future__ import annotations

import math

from chainrule.run.native.functions.lanes import DOUBLE, FLOAT, Lanes, polynomial, widened

__all__ = [
    "cosine_hyperbolic",
    "exponential",
    "exponential_less_one",
    "exponential_of_two",
    "powers_of_two",
    "remaining",
    "sigmoid",
    "sine_hyperbolic",
    "tangent_hyperbolic",
]

LOG_TWO = {  # Cephes, S. Moshier, 1989: the first part has few digits, its multiples are exact
    FLOAT: (0.693359375, -2.12194440e-4),
    DOUBLE: (6.93145751953125e-1, 1.42860682030941723212e-6),
}
# (e^r − 1 − r) / r² for |r| ≤ log 2.  The relative errors of e^r are 2^−26 and 2^−56; those of
# e^r − 1 with the longer float32 one 2^−29, with the float64 one 2^−55.
SHORT = (
    0.5000003473194317, 0.16666613990841445, 0.04166125825294248, 0.008336108816831257,
    0.001410467678696694, 0.00019611347344434434,
)  # fmt: skip
QUADRATIC = {
    FLOAT: (
        0.5000000026802737, 0.16666672201471425, 0.0416666210940547, 0.008332627209532208,
        0.0013890429478586822, 0.00020096023189168055, 2.478113921315515e-05,
    ),
    DOUBLE: (
        0.4999999999999996, 0.16666666666666743, 0.04166666666669056, 0.0083333333333121,
        0.001388888888475284, 0.0001984126985998272, 2.4801590319812816e-05,
        2.7557312365380886e-06, 2.7556257180473326e-07, 2.5053069727800753e-08,
        2.105522061562648e-09, 1.6060911066047246e-10,
    ),
}  # fmt: skip
RANGE = {FLOAT: (-104.0, 89.0), DOUBLE: (-746.0, 710.0)}  # beyond, e^x is 0 or infinite
BASE_TWO = {FLOAT: (-151.0, 129.0), DOUBLE: (-1076.0, 1025.0)}
MINUS_ONE = {FLOAT: -20.0, DOUBLE: -40.0}  # below, e^x − 1 is −1

# The same for |r| ≤ ½ log 2, relative errors of e^r − 1 2^−26 and 2^−56.
NARROW = {
    FLOAT: (
        0.49999998144139124, 0.16666543178256785, 0.041667201760816126, 0.008366580321004976,
        0.0013882511220225397,
    ),
    DOUBLE: (
        0.5000000000000006, 0.16666666666666588, 0.04166666666657611, 0.008333333333389962,
        0.0013888888931795013, 0.00019841269718335583, 2.4801504978866535e-05,
        2.7557407871637624e-06, 2.7626161427884276e-07, 2.5053774108747067e-08,
    ),
}  # fmt: skip
TANH_IS_ONE = {FLOAT: 10.0, DOUBLE: 20.0}
# (sinh x / x − 1) / x² in x² for |x| ≤ 1, relative error 2^−63.
SINH = (
    0.16666666666666669, 0.008333333333333137, 0.00019841269841438524, 2.755731915506136e-06,
    2.505212344375746e-08, 1.6057236718466207e-10, 7.759425058813783e-13,
)  # fmt: skip


def powers_of_two(halves: Lanes) -> tuple[Lanes, Lanes]:
    """The whole number h nearest to each, and 2^h."""
    form = halves.format
    lifted = halves + (form.magic + form.bias)
    scale = (lifted.bits() << form.digits).as_float()
    return lifted - (form.magic + form.bias), scale


def _reduced(x: Lanes, tail: Lanes | None = None) -> tuple[Lanes, Lanes]:
    """r and 2^h with x + tail = 2h·log 2 + r."""
    high, low = LOG_TWO[x.format]
    whole = x if tail is None else x + tail
    h, scale = powers_of_two(whole * (0.5 / math.log(2)))
    r = x - h * (2 * high) - h * (2 * low)
    return r if tail is None else r + tail, scale


def remaining(r: Lanes) -> Lanes:
    """e^r − 1 for |r| ≤ log 2."""
    return r + (r * r) * polynomial(r, QUADRATIC[r.format])


def exponential(x: Lanes) -> Lanes:
    """e^x: beyond the range what it is there, chosen last, so that nothing waits for the choice."""
    low, high = RANGE[x.format]
    r, scale = _reduced(x)
    series = SHORT if x.format is FLOAT else QUADRATIC[x.format]
    found = ((scale * (r * r)) * polynomial(r, series) + scale * (1.0 + r)) * scale
    found = (x < low).choose(0.0, found)
    return (x > high).choose(math.inf, found)


def exponential_within(x: Lanes, tail: Lanes | None = None) -> Lanes:
    """e^(x + tail) where x is within RANGE and the tail smaller than 1."""
    r, scale = _reduced(x, tail)
    series = SHORT if x.format is FLOAT and tail is None else QUADRATIC[x.format]
    return (1.0 + (r + (r * r) * polynomial(r, series))) * scale * scale


def exponential_of_two(x: Lanes) -> Lanes:
    """2^x."""
    low, high = BASE_TWO[x.format]
    x = x.at_most(high).at_least(low)
    h, scale = powers_of_two(0.5 * x)
    return (1.0 + remaining((x - 2.0 * h) * math.log(2))) * scale * scale


def exponential_less_one(x: Lanes) -> Lanes:
    """e^x − 1, with all its digits near 0."""
    form = x.format
    r, scale = _reduced(x.at_most(RANGE[form][1]).at_least(MINUS_ONE[form]))
    inverse = ((2 * form.bias << form.digits) - scale.bits()).as_float()
    return (scale * (scale * remaining(r) + (scale - inverse))).signed_as(x)


def _of_negative(x: Lanes) -> Lanes:
    """e^−|x|."""
    return exponential_within((-abs(x)).at_least(RANGE[x.format][0]))


def sigmoid(x: Lanes) -> Lanes:
    """1 / (1 + e^−x), without overflow on either side."""
    small = _of_negative(x)
    return (x >= 0.0).choose(1.0, small) / (1.0 + small)


def tangent_hyperbolic(x: Lanes) -> Lanes:
    """tanh x = (e^2|x| − 1) / (e^2|x| + 1) with x's sign; near 0 the top has all its digits."""
    high, low = LOG_TWO[x.format]
    size = abs(x).at_most(TANH_IS_ONE[x.format])
    n, scale = powers_of_two(size * (2 / math.log(2)))
    r = (2.0 * size - n * high) - n * low
    less_one = r + (r * r) * polynomial(r, NARROW[x.format])
    raised = scale * less_one + (scale - 1.0)
    return (raised / (raised + 2.0)).signed_as(x)


def _half_exponential(x: Lanes) -> tuple[Lanes, Lanes]:
    """e^|x| / 2, finite as long as the hyperbolic functions are, and e^−|x| / 2."""
    r, scale = _reduced(abs(x).at_most(RANGE[x.format][1] + 1))
    half = 0.5 * (1.0 + remaining(r)) * scale * scale
    return half, 0.25 / half


@widened
def sine_hyperbolic(x: Lanes) -> Lanes:
    """sinh x."""
    half, rest = _half_exponential(x)
    square = x * x
    near = x + x * (square * polynomial(square, SINH))
    return (abs(x) < 1.0).choose(near, (half - rest).signed_as(x))


@widened
def cosine_hyperbolic(x: Lanes) -> Lanes:
    """cosh x."""
    half, rest = _half_exponential(x)
    return half + rest
