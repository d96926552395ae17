"""Functions that choose, compare and shift: exact, and of whole numbers and truth values, too."""

from __future__ import annotations

from chainrule.run.native.functions.lanes import Lanes
from chainrule.run.native.ssa import SIZES, lanes_of, scalar_of, suffix_of, vector_of

__all__ = [
    "absolute",
    "added",
    "converted",
    "equal",
    "greater",
    "greater_equal",
    "heaviside",
    "larger",
    "larger_number",
    "less",
    "less_equal",
    "multiplied",
    "not_equal",
    "shifted_left",
    "shifted_right",
    "sign",
    "smaller",
    "smaller_number",
    "unsigned_larger",
    "unsigned_shifted_right",
    "unsigned_smaller",
    "where",
]


def where(condition: Lanes, a: Lanes, b: Lanes) -> Lanes:
    """a where the condition holds, b elsewhere."""
    return condition.choose(a, b)


def added(a: Lanes, b: Lanes) -> Lanes:
    """a + b; of truth values whether one of them holds."""
    return a | b if a.is_truth else a + b


def multiplied(a: Lanes, b: Lanes) -> Lanes:
    """a b; of truth values whether both hold."""
    return a & b if a.is_truth else a * b


def absolute(x: Lanes) -> Lanes:
    """|x|."""
    return x if x.is_truth else abs(x)


def sign(x: Lanes) -> Lanes:
    """−1, 0 or 1; NaN of NaN."""
    if not x.is_float:
        return (x > 0).choose(1, (x < 0).choose(x.like(-1), 0))
    flat = x.equals(0.0).choose(0.0, x.like(1.0).signed_as(x))
    return x.is_nan().choose(x, flat)


def heaviside(x: Lanes, at_zero: Lanes) -> Lanes:
    """0 below 0, 1 above, and at 0 what is given."""
    found = x.equals(0.0).choose(at_zero, (x > 0.0).choose(x.like(1.0), 0.0))
    return x.is_nan().choose(x, found)


# The larger and the smaller one: NaN if one is NaN, or else (`_number`) the other one.


def larger(a: Lanes, b: Lanes) -> Lanes:
    """max(a, b)."""
    return a | b if a.is_truth else _preferred(a, b, "ogt", "sgt")


def smaller(a: Lanes, b: Lanes) -> Lanes:
    """min(a, b)."""
    return a & b if a.is_truth else _preferred(a, b, "olt", "slt")


def _preferred(a: Lanes, b: Lanes, floats: str, whole: str) -> Lanes:
    if not a.is_float:
        return a.compare(whole, b).choose(a, b)
    if _is_known(b):  # and no NaN: one instruction, which gives its second operand where a is NaN
        return b.compare(floats, a).choose(b, a)
    chosen = a.compare(floats, b).choose(a, b)
    return chosen if _is_known(a) else a.is_nan().choose(a, chosen)


def _is_known(x: Lanes) -> bool:
    """Whether it is a constant other than NaN."""
    return not x.value.text.startswith("%") and "0x7FF8" not in x.value.text


def larger_number(a: Lanes, b: Lanes) -> Lanes:
    """max(a, b) of what is not NaN."""
    if not a.is_float:
        return larger(a, b)
    return b.is_nan().choose(a, (a > b).choose(a, b))


def smaller_number(a: Lanes, b: Lanes) -> Lanes:
    """min(a, b) of what is not NaN."""
    if not a.is_float:
        return smaller(a, b)
    return b.is_nan().choose(a, (a < b).choose(a, b))


def unsigned_larger(a: Lanes, b: Lanes) -> Lanes:
    return a.compare("ugt", b).choose(a, b)


def unsigned_smaller(a: Lanes, b: Lanes) -> Lanes:
    return a.compare("ult", b).choose(a, b)


# Comparisons: false where one of them is NaN, but for "not equal".


def less(a: Lanes, b: Lanes) -> Lanes:
    return ~a & b if a.is_truth else a < b


def less_equal(a: Lanes, b: Lanes) -> Lanes:
    return ~a | b if a.is_truth else a <= b


def greater(a: Lanes, b: Lanes) -> Lanes:
    return less(b, a)


def greater_equal(a: Lanes, b: Lanes) -> Lanes:
    return less_equal(b, a)


def equal(a: Lanes, b: Lanes) -> Lanes:
    return a.equals(b)


def not_equal(a: Lanes, b: Lanes) -> Lanes:
    return a.differs(b)


# Shifts: by as many bits as there are or more, nothing is left but the sign.


def shifted_left(a: Lanes, by: Lanes) -> Lanes:
    inside = by.compare("ult", _bits_of(a))
    return inside.choose(a << inside.choose(by, 0), 0)


def unsigned_shifted_right(a: Lanes, by: Lanes) -> Lanes:
    inside = by.compare("ult", _bits_of(a))
    return inside.choose(a >> inside.choose(by, 0), 0)


def shifted_right(a: Lanes, by: Lanes) -> Lanes:
    most = _bits_of(a) - 1
    by = by.compare("ult", most).choose(by, most)
    return Lanes(a.function, a.function.bits("ashr", a.value, by.value))


def _bits_of(a: Lanes) -> int:
    return 8 * SIZES[scalar_of(a.value.type)]


def converted(x: Lanes, scalar: str, unsigned: bool = False, to_unsigned: bool = False) -> Lanes:
    """Numbers of another type: NumPy's `astype`.

    `unsigned` and `to_unsigned` tell of whole numbers what LLVM's types do not.  A float that is no
    whole number of the size becomes the nearest one, NaN becomes 0.
    """
    own = scalar_of(x.value.type)
    if own == scalar:
        return x
    if scalar == "i1":
        return x.differs(0)
    if scalar in ("float", "double"):
        if x.is_float:
            return x.cast("fpext" if scalar == "double" else "fptrunc", scalar)
        return x.cast("uitofp" if unsigned or own == "i1" else "sitofp", scalar)
    if x.is_float:
        name = "fptoui.sat" if to_unsigned else "fptosi.sat"
        type_ = vector_of(scalar, lanes_of(x.value.type))
        kinds = f"{suffix_of(type_)}.{suffix_of(x.value.type)}"
        return Lanes(x.function, x.function.intrinsic(name, x.value, returns=type_, kinds=kinds))
    if SIZES[scalar] < SIZES[own]:
        return x.cast("trunc", scalar)
    if SIZES[scalar] == SIZES[own] and own != "i1":
        return x
    return x.cast("zext" if unsigned or own == "i1" else "sext", scalar)
