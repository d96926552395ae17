"""The elementwise functions beside NumPy's: special numbers, whole numbers, truth values, casts.

How many digits of the others are right is in `test_functions_accuracy`.
"""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import pytest
from tests.run.native.elementwise import arguments_of, compiled, emitter, rounds, run, text_of
from tests.run.native.sample import kinds

from chainrule.run.kernels import erf, erfc
from chainrule.run.native import functions
from chainrule.run.native.elf import sections_of, symbols_of
from chainrule.run.native.functions import FUNCTIONS, UNSIGNED
from chainrule.run.native.machine import compile_object
from chainrule.run.native.processor import AVX2, AVX512, BASELINE, Processor, detect

EXACT_ONE = [
    "negative", "positive", "absolute", "fabs", "sign", "square", "reciprocal", "rint", "floor",
    "ceil", "trunc", "sqrt", "isnan", "isinf", "isfinite", "signbit", "logical_not",
]  # fmt: skip
EXACT_TWO = [
    "add", "subtract", "multiply", "divide", "floor_divide", "remainder", "fmod", "maximum",
    "minimum", "fmax", "fmin", "copysign", "heaviside", "less", "less_equal", "greater",
    "greater_equal", "equal", "not_equal", "logical_and", "logical_or", "logical_xor",
]  # fmt: skip
ROUNDED_ONE = [
    "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sin", "cos", "tan", "sinc", "arcsin",
    "arccos", "arctan", "sinh", "cosh", "tanh", "arcsinh", "arccosh", "arctanh", "cbrt", "deg2rad",
    "rad2deg",
]  # fmt: skip
ROUNDED_TWO = ["power", "float_power", "hypot", "arctan2", "logaddexp", "logaddexp2"]
OURS = {  # what NumPy lacks
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "erf": erf,
    "erfc": erfc,
}
WHOLE_ONE = [
    "negative", "absolute", "sign", "square", "invert", "floor", "isnan", "isinf", "isfinite",
    "logical_not",
]  # fmt: skip
WHOLE_TWO = [
    "add", "subtract", "multiply", "floor_divide", "remainder", "fmod", "maximum", "minimum",
    "fmax", "fmin", "power", "bitwise_and", "bitwise_or", "bitwise_xor", "left_shift",
    "right_shift", "less", "less_equal", "greater", "greater_equal", "equal", "not_equal",
    "logical_and", "logical_or", "logical_xor",
]  # fmt: skip


def special(kind: str) -> np.ndarray:
    """Zeros, infinities, NaN, denormal and huge numbers, halves, even and odd ones."""
    info = np.finfo(kind)
    positive = [
        0.0, 1.0, 0.5, 1.5, 2.0, 2.5, 3.0, 7.0, 33.0, 1e-3, 1e9, 2.0**24 + 2, math.inf,
        2.0 ** (info.nmant + 1) - 1, float(info.max), float(info.tiny), float(info.tiny) / 8,
        float(info.smallest_subnormal), 1 + float(info.eps), 1 - float(info.eps) / 2,
    ]  # fmt: skip
    return np.array([*positive, *[-one for one in positive], math.nan], kind)


def pairs(values: np.ndarray) -> list[np.ndarray]:
    return [one.ravel() for one in np.meshgrid(values, values)]


def assert_same_numbers(found: np.ndarray, expected: np.ndarray) -> None:
    """The same bits, but for those of NaN."""
    np.testing.assert_array_equal(found, expected)
    if expected.dtype.kind == "f":
        known = ~np.isnan(expected)
        np.testing.assert_array_equal(np.signbit(found[known]), np.signbit(expected[known]))


@pytest.mark.parametrize("processor", kinds(), ids=lambda one: one.kind)
@pytest.mark.parametrize("kind", ["f4", "f8"])
@pytest.mark.parametrize("name", [*EXACT_ONE, *EXACT_TWO])
def test_what_is_exact_is_numpys(name: str, kind: str, processor: Processor) -> None:
    values = special(kind)
    arguments = [values] if name in EXACT_ONE else pairs(values)
    with np.errstate(all="ignore"):
        expected = getattr(np, name)(*arguments)
    for lanes in (0, 3, 16):
        found = run(name, *arguments, processor=processor, lanes=lanes)
        if name in ("maximum", "minimum", "fmax", "fmin"):  # of 0 and −0 either will do
            found, expected = found + 0.0, expected + 0.0
        assert_same_numbers(found, expected)


@pytest.mark.parametrize("processor", kinds(), ids=lambda one: one.kind)
@pytest.mark.parametrize("kind", ["f4", "f8"])
@pytest.mark.parametrize("name", [*ROUNDED_ONE, *ROUNDED_TWO, *OURS])
def test_special_numbers_are_numpys(name: str, kind: str, processor: Processor) -> None:
    """NaN, infinities and signed zeros in the same places; nearly the same numbers elsewhere."""
    values = special(kind)
    arguments = pairs(values) if name in ROUNDED_TWO else [values]
    with np.errstate(all="ignore"):
        expected = (OURS.get(name) or getattr(np, name))(*arguments).astype(kind)
    found = run(name, *arguments, processor=processor)
    np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))
    np.testing.assert_array_equal(np.isinf(found), np.isinf(expected))
    zero = (found == 0) & (expected == 0)
    np.testing.assert_array_equal(np.signbit(found[zero]), np.signbit(expected[zero]))
    info = np.finfo(kind)
    lost = 16 * info.eps if name.startswith("logaddexp") else 4 * info.smallest_subnormal
    np.testing.assert_allclose(found, expected, rtol=20 * float(info.eps), atol=float(lost))


@pytest.mark.parametrize("kind", ["f4", "f8"])
def test_denormal_numbers_are_left_alone(kind: str) -> None:
    tiny = float(np.finfo(kind).tiny)
    x = np.array([tiny / 3, -tiny / 5, tiny / 1000], kind)
    for name in ("tanh", "sin", "tan", "expm1", "log1p", "arctan", "arcsinh", "arcsin", "sinh"):
        np.testing.assert_array_equal(run(name, x, processor=detect()), x, err_msg=name)
    small = np.log(tiny / 100)
    below = run("exp", np.array([small], kind), processor=detect())
    np.testing.assert_allclose(below, tiny / 100, rtol=1e-3)
    np.testing.assert_allclose(run("sigmoid", np.array([small], kind), processor=detect()), below)


@pytest.mark.parametrize("kind", ["i4", "i8", "u4", "u8"])
@pytest.mark.parametrize("name", [*WHOLE_ONE, *WHOLE_TWO])
def test_whole_numbers_are_numpys(name: str, kind: str) -> None:
    """Overflow included; NumPy warns where it divides by 0, and refuses powers below 0."""
    info = np.iinfo(kind)
    small = [0, 1, 2, 3, 7, 31, 32, 33, 63, 64, info.max, info.max - 1, info.min, info.min + 1]
    values = np.array(small + [-1, -2, -7] * (info.min < 0), kind)
    arguments = [values] if name in WHOLE_ONE else pairs(values)
    if name == "power":
        arguments = [one[arguments[1] >= 0] for one in arguments]
    with np.errstate(all="ignore"):
        expected = getattr(np, name)(*arguments)
    for lanes in (0, 3, 8):
        found = run(name, *arguments, processor=detect(), lanes=lanes)
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("base", "expected"), [(1, [1, 1]), (-1, [-1, 1]), (2, [0, 0]), (-3, [0, 0])]
)
def test_a_negative_power_of_a_whole_number_loses_its_decimals(
    base: int, expected: list[int]
) -> None:
    found = run("power", np.array([base, base]), np.array([-1, -2]), processor=detect())
    np.testing.assert_array_equal(found, expected)


def truths(name: str) -> np.ndarray:
    """A function of all pairs of truth values, which it is given as whole numbers."""

    def emit(function, *values):  # type: ignore[no-untyped-def]
        given = [functions.cast(function, one, "i1") for one in values]
        return functions.cast(function, FUNCTIONS[name](function, *given), "i32")

    bits = np.array([0, 1], np.int32)
    return compiled(emit, "i4", 2, 4, detect(), "i4")(*pairs(bits)).astype(bool)


@pytest.mark.parametrize(
    "name",
    [
        "add", "multiply", "maximum", "minimum", "less", "less_equal", "greater", "greater_equal",
        "equal", "not_equal", "logical_and", "logical_or", "logical_xor", "bitwise_and",
        "bitwise_or", "bitwise_xor",
    ],
)  # fmt: skip
def test_truth_values_are_numpys(name: str) -> None:
    expected = getattr(np, name)(*pairs(np.array([False, True])))
    np.testing.assert_array_equal(truths(name), expected)


@pytest.mark.parametrize("kind", ["f4", "f8"])
def test_where_takes_one_or_the_other(kind: str) -> None:
    def emit(function, x, a, b):  # type: ignore[no-untyped-def]
        return FUNCTIONS["where"](function, functions.cast(function, x, "i1"), a, b)

    x, a, b = np.array([0, -0.0, 1, math.nan], kind), np.arange(4.0), -np.arange(4.0)
    found = compiled(emit, kind, 3, 4, detect(), kind)(x, a.astype(kind), b.astype(kind))
    np.testing.assert_array_equal(found, np.where(x, a, b))


@pytest.mark.parametrize(
    "exponent", [-3.0, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 7.0]
)
@pytest.mark.parametrize("kind", ["f4", "f8"])
def test_a_known_power_is_numpys(exponent: float, kind: str) -> None:
    def emit(function, x):  # type: ignore[no-untyped-def]
        return functions.power_of_number(function, x, exponent)

    x = special(kind)
    found = compiled(emit, kind, 1, 4, detect(), kind)(x)
    with np.errstate(all="ignore"):
        expected = np.power(x, np.array(exponent, kind))
    np.testing.assert_allclose(
        found, expected, rtol=4 * float(np.finfo(kind).eps), atol=float(np.finfo(kind).tiny)
    )
    known = ~np.isnan(expected)
    np.testing.assert_array_equal(np.signbit(found[known]), np.signbit(expected[known]))


@pytest.mark.parametrize("decimals", [-2, -1, 0, 1, 3])
def test_rounding_to_decimals_is_numpys(decimals: int) -> None:
    emit = partial(_rounded, decimals=decimals)
    x = np.array([0.5, 1.5, -0.05, 15.0, 25.0, 149.9999, 2.6755, -1e17, math.inf, math.nan])
    found = compiled(emit, "f8", 1, 4, detect(), "f8")(x)
    np.testing.assert_array_equal(found, np.round(x, decimals))


def _rounded(function, x, decimals: int):  # type: ignore[no-untyped-def]
    return functions.rounded(function, x, decimals)


CASTS = [
    ("f8", "f4", [1.1, -0.0, 1e300, math.nan]),
    ("f4", "f8", [1.5, -0.0, math.inf, math.nan]),
    ("f8", "i8", [1.9, -1.9, 0.0, 1e18]),
    ("f8", "i4", [1.9, -1.9, 0.0, 1e9]),
    ("f4", "u4", [1.9, 0.0, 4e9, 7.0]),
    ("i8", "f4", [3, -3, 2**62, -(2**63)]),
    ("u8", "f8", [3, 2**63, 2**64 - 1, 0]),
    ("u4", "f4", [3, 2**31, 2**32 - 1, 0]),
    ("i8", "i4", [3, -3, 2**40 + 5, -(2**40) - 5]),
    ("i4", "i8", [3, -3, 2**31 - 1, -(2**31)]),
    ("u4", "i8", [3, 2**32 - 1, 2**31, 0]),
]


@pytest.mark.parametrize(("given", "to", "values"), CASTS, ids=lambda one: str(one))
def test_casts_are_numpys(given: str, to: str, values: list[float]) -> None:
    def emit(function, x):  # type: ignore[no-untyped-def]
        scalar = {"f4": "float", "f8": "double"}.get(to, f"i{8 * int(to[1])}")
        return functions.cast(function, x, scalar, given[0] == "u", to[0] == "u")

    x = np.array(values, given)
    with np.errstate(all="ignore"):
        expected = x.astype(to)
    for processor in kinds():
        for lanes in (0, 4):
            found = compiled(emit, given, 1, lanes, processor, to)(x)
            assert_same_numbers(found, expected)


def test_what_no_whole_number_holds_becomes_the_nearest_one() -> None:
    def emit(function, x):  # type: ignore[no-untyped-def]
        return functions.cast(function, x, "i32")

    x = np.array([1e30, -1e30, math.inf, math.nan])
    found = compiled(emit, "f8", 1, 4, detect(), "i4")(x)
    np.testing.assert_array_equal(found, [2**31 - 1, -(2**31), 2**31 - 1, 0])


def test_a_maximum_with_a_known_number_is_one_instruction() -> None:
    """So that ReLU costs nothing; NaN stays NaN."""
    from chainrule.run.native.ssa import literal

    def emit(function, x):  # type: ignore[no-untyped-def]
        return FUNCTIONS["maximum"](function, x, literal(0.0, x.type))

    x = special("f4")
    np.testing.assert_array_equal(
        compiled(emit, "f4", 1, 16, detect(), "f4")(x), np.maximum(x, np.float32(0))
    )
    text = text_of(emit, "f4", 1, 16, rounds=True)
    assert [text.count(word) for word in ("fcmp", "select")] == [1, 1]


def test_the_table_names_everything_that_is_tested() -> None:
    tested = {*EXACT_ONE, *EXACT_TWO, *ROUNDED_ONE, *ROUNDED_TWO, *OURS, *WHOLE_ONE, *WHOLE_TWO}
    assert set(FUNCTIONS) == tested | {"where"}
    assert set(UNSIGNED) < set(FUNCTIONS)


@pytest.mark.parametrize("processor", [BASELINE, AVX2, AVX512], ids=lambda one: one.kind)
@pytest.mark.parametrize("lanes", [0, 16])
def test_no_function_calls_a_library(processor: Processor, lanes: int) -> None:
    for name in sorted(set(FUNCTIONS) - {"where"}):
        for kind in ("i8", "u4") if name in WHOLE_TWO + WHOLE_ONE else ("f4", "f8"):
            missing = undefined(name, kind, lanes, processor)
            assert not missing, f"{name} of {kind}: {missing}"


def undefined(name: str, kind: str, lanes: int, processor: Processor) -> list[str]:
    """The functions that are called, but are not in the object."""
    count = arguments_of(name)
    text = text_of(emitter(name, kind), kind, count, lanes, rounds(processor))
    code = compile_object(text, processor)
    symbols = symbols_of(code, sections_of(code))
    return [one.name for one in symbols if one.name and one.is_elsewhere]
