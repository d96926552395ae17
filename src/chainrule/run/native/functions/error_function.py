"""The error function and its complement.

The polynomials are minimax approximations (E. Remez' exchange; J.-M. Muller, Elementary functions,
3rd ed., ch. 3).  What e^(y²) erfc y leaves, times 1 + 2y, is flat in (y − k)/(y + k): M. Shepherd,
J. Laframboise, Chebyshev approximation of (1 + 2x) exp(x²) erfc x, Mathematics of Computation 36,
1981.
"""

from __future__ import annotations

from chainrule.run.native.functions.exponential import exponential_within
from chainrule.run.native.functions.lanes import DOUBLE, FLOAT, Lanes, polynomial

__all__ = ["error_function", "error_function_complement"]

# erf x / x − 1 in x² for |x| ≤ 1, relative errors of erf x 2^−29.6 and 2^−57.
SMALL = {
    FLOAT: (
        0.1283791657267135, -0.37612625824215745, 0.11283585148351825, -0.026853811923966422,
        0.00518832766464742, -0.0008010193446308958, 7.853860784269767e-05,
    ),
    DOUBLE: (
        0.12837916709551256, -0.3761263890318352, 0.11283791670944185, -0.02686617064311146,
        0.005223977606118426, -0.0008548325929311893, 0.00012055293576816174,
        -1.492471230029015e-05, 1.6447131549126013e-06, -1.6206313583187198e-07,
        1.3710979620445635e-08, -7.779467009284168e-10,
    ),
}  # fmt: skip
# erfc(x)^(−1/8) for x ≥ 1 in float32, relative error of erf x 2^−26.3.
EIGHTH_ROOT = (
    0.996486903703109, 0.15921087828147965, 0.04941651235908053, 0.07373688614361687,
    -0.0330314842278988, 0.017750929108635148, -0.004002201874325955, 0.0005436709131340867,
)  # fmt: skip
IS_ONE = 3.95  # from where on erf x is 1 in float32
# k, and (1 + 2y) e^(y²) erfc y in (y − k)/(y + k), relative errors 2^−26 and 2^−56.
SCALED = {
    FLOAT: (
        2.0,
        (
            1.2769783939683632, -0.09276398500820997, -0.16603146107716724, 0.16405542538448706,
            -0.05420388275425926, -0.008060142203869754, 0.008630093571626793,
            0.0013133072550496974, -0.0012279983286638033, -0.00039944645777070814,
        ),
    ),
    DOUBLE: (
        4.0,
        (
            1.2329951186255526, -0.13962111684056286, 0.015379652102620088, 0.068097054254734,
            -0.10103906603632044, 0.0937328349969011, -0.06633036581211216, 0.03716751556087364,
            -0.016197734053834754, 0.00503196976953294, -0.0007577733675949029,
            -0.0001992555765570933, 0.00015062231617201248, -2.4402953212693207e-05,
            -1.1224888333065351e-05, 5.71747120353305e-06, 3.0137335120127037e-07,
            -8.346918396325842e-07, 6.281399779460788e-08, 1.1507382374187964e-07,
            -7.831799130338665e-09, -1.3611376638387869e-08, -1.788179106529686e-09,
        ),
    ),
}  # fmt: skip
VANISHES = {FLOAT: 10.2, DOUBLE: 27.3}  # erfc is 0 beyond
SPLIT = {FLOAT: 12, DOUBLE: 27}  # bits that are cut off, so that a square is exact


def error_function(x: Lanes) -> Lanes:
    """2/√π ∫ e^(−t²) dt from 0 to x."""
    size = abs(x)
    rest = _eighth_power(size) if x.format is FLOAT else _complement(size)
    return (size <= 1.0).choose(_near(x), (1.0 - rest).signed_as(x))


def error_function_complement(x: Lanes) -> Lanes:
    """1 − erf x, with all its digits where it is small."""
    size = abs(x)
    rest = _complement(size)
    return (size <= 0.5).choose(1.0 - _near(x), (x < 0.0).choose(2.0 - rest, rest))


def _near(x: Lanes) -> Lanes:
    """erf x for |x| ≤ 1."""
    return x + x * polynomial(x * x, SMALL[x.format])


def _eighth_power(size: Lanes) -> Lanes:
    """erfc of 1 and more, good enough to be subtracted from 1."""
    root = polynomial(size.at_most(IS_ONE), EIGHTH_ROOT)
    fourth = (root * root) * (root * root)
    return 1.0 / (fourth * fourth)


def _complement(y: Lanes) -> Lanes:
    """erfc y for y ≥ 0, with e^(−y²) from y² in two parts."""
    form = y.format
    y = y.at_most(VANISHES[form])
    k, (first, *others) = SCALED[form]
    place = (y - k) / (y + k)
    scaled = (first + place * polynomial(place, others)) / (1.0 + 2.0 * y)
    short = y.shortened(SPLIT[form])
    return scaled * exponential_within(-(short * short), -((y - short) * (y + short)))
