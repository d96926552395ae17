"""What written numbers stand for: literals, scientific notation, written arithmetic."""

from __future__ import annotations

import pytest

from chainrule.errors import ChainruleError
from chainrule.marking.reading.displayed import Displayed, Written, displayed
from chainrule.marking.reading.solution import read_solution

NAMES = frozenset(("x", "W", "l"))


def written(text: str) -> Written:
    """The numbers of `x = text`."""
    (line,) = read_solution(f"x = {text}", NAMES).lines
    (link,) = line.links
    assert link.written is not None, link.problem
    return link.written


def cell(text: str) -> Displayed:
    """The one number of `x = text`."""
    found = written(text)
    assert found.shape == ()
    assert found.cells[0] is not None
    return found.cells[0]


def problem(text: str) -> str:
    """Why `x = text` cannot be read."""
    (line,) = read_solution(f"x = {text}", NAMES).lines
    assert (line.links[0].written, line.links[0].expression) == (None, None)
    return line.links[0].problem


@pytest.mark.parametrize(
    ("text", "value", "unit", "coarse", "is_whole"),
    [
        ("0.27", 0.27, 0.01, 0.01, False),
        ("0.20", 0.2, 0.01, 0.01, False),
        ("-15.888", -15.888, 0.001, 0.001, False),
        (".5", 0.5, 0.1, 0.1, False),
        ("2.0", 2.0, 0.1, 0.1, False),
        # whole numbers below 100 are counted, also as NumPy prints them
        ("4", 4.0, 1.0, 1.0, True),
        ("-4", -4.0, 1.0, 1.0, True),
        ("4.", 4.0, 1.0, 1.0, True),
        ("99", 99.0, 1.0, 1.0, True),
        ("10", 10.0, 1.0, 1.0, True),
        ("0", 0.0, 1.0, 1.0, True),
        ("-0", 0.0, 1.0, 1.0, True),
        ("0.0", 0.0, 0.1, 0.1, False),
        # trailing zeros of larger ones may hold a place only
        ("100", 100.0, 1.0, 100.0, False),
        ("1200", 1200.0, 1.0, 100.0, False),
        ("1230", 1230.0, 1.0, 10.0, False),
        ("1203", 1203.0, 1.0, 1.0, False),
        ("1200.", 1200.0, 1.0, 1.0, False),
        ("1200.0", 1200.0, 0.1, 0.1, False),
        # an exponent moves the last place
        ("2.7E-10", 2.7e-10, 1e-11, 1e-11, False),
        ("2.70e-10", 2.7e-10, 1e-12, 1e-12, False),
        ("-3.58e9", -3.58e9, 1e7, 1e7, False),
        ("1e3", 1000.0, 1000.0, 1000.0, False),
        ("12e2", 1200.0, 100.0, 100.0, False),
        ("120e1", 1200.0, 10.0, 100.0, False),
        # but nothing is no coarser for it
        ("0e9", 0.0, 1.0, 1.0, True),
        ("0.00e9", 0.0, 0.01, 0.01, False),
        ("0e-9", 0.0, 1e-9, 1e-9, True),
        ("1e-400", 0.0, 5e-324, 5e-324, False),
    ],
)
def test_a_literal(text: str, value: float, unit: float, coarse: float, is_whole: bool) -> None:
    assert displayed(text) == Displayed(text, value, unit, 0.0, is_whole, coarse)
    assert cell(text) == displayed(text)


@pytest.mark.parametrize(
    "text", ["", "-", ".", "-.", "e5", "1e", "0x10", "1_000", "nan", "inf", "１"]
)
def test_no_number(text: str) -> None:
    with pytest.raises(ChainruleError, match="is not a number"):
        displayed(text)


def test_a_number_beyond_all_floats_is_refused() -> None:
    with pytest.raises(ChainruleError, match="too large"):
        displayed("1e309")
    assert "too large" in problem("[1, 2e999]")


@pytest.mark.parametrize(
    ("text", "like"),
    [
        ("3.58*10^9", "3.58e9"),
        ("3.58 × 10^9", "3.58e9"),
        ("3.58 x 10^9", "3.58e9"),
        ("3.58·10^9", "3.58e9"),
        ("1.6×10⁻⁵", "1.6e-5"),
        ("1.6 × 10⁺⁵", "1.6e5"),
        ("−1.6*10^−5", "-1.6e-5"),
        ("10^-5 * 1.6", "1.6e-5"),
        ("2*10^-3", "2e-3"),
        ("2e1*10^-3", "2e-2"),
        ("-(3.58*10^9)", "-3.58e9"),
        ("-(-0.50)", "0.50"),
        ("(0.50)", "0.50"),
        ("−0.50", "-0.50"),
        ("–0.50", "-0.50"),
        ("+0.50", "0.50"),
    ],
)
def test_other_ways_to_write_a_literal(text: str, like: str) -> None:
    assert cell(text).key()[1:] == displayed(like).key()[1:]


@pytest.mark.parametrize(
    ("text", "value", "operands"),
    [
        # whole numbers, their ratios and their powers are exact
        ("3/4", 0.75, 0.0),
        ("2^9*10^-3", 0.512, 0.0),
        ("-2^9*10^-3", -0.512, 0.0),
        ("2^10*10^-3/2", 0.512, 0.0),
        ("2⁹·10⁻³", 0.512, 0.0),
        ("(1 + 2)*3 - 4", 5.0, 0.0),
        ("2^-1", 0.5, 0.0),
        ("4^0.5", 2.0, 0.0),
        ("-(1/2)", -0.5, 0.0),
        # a decimal stands for all that rounds to it
        ("2*(0.0561 - 8)", -15.8878, 0.0001),
        ("1 + 0.013", 1.013, 0.0005),
        ("1 - 0.6975", 0.3025, 0.00005),
        ("0.0891 + 0.0418 + 0.019", 0.1499, 0.0006),
        ("0.8*(1 - 0.8)", 0.16, 0.0525),
        ("-0.8*0.2", -0.16, 0.0525),
        ("0.5/2", 0.25, 0.025),
        ("2/0.5", 4.0, 4 / 0.9 - 4 + 0.0),
        ("0.5^2", 0.25, 0.0525),
        ("(-0.5)^2", 0.25, 0.0525),
        ("0.01^2", 0.0001, 0.000125),
        ("1/0.5^2", 4.0, 1 / 0.2025 - 4),
        ("1e-3*4", 0.004, 0.002),
        # a divisor that may be nothing: to first order
        ("1/(0.1 - 0.08)", 50.0, 0.055 / 0.02**2),
        ("0.0^2", 0.0, 0.0025),
        # functions of numbers
        ("exp(0)", 1.0, 0.0),
        ("ln(1)", 0.0, 0.0),
        ("log(1.0)", 0.0, 0.05129329438755058),
        ("sqrt(4)", 2.0, 0.0),
        ("sqrt(0.25)", 0.5, 0.5 - 0.245**0.5),
        ("tanh(0)", 0.0, 0.0),
        ("sigmoid(0)", 0.5, 0.0),
        ("σ(0)", 0.5, 0.0),
        ("relu(-3)", 0.0, 0.0),
        ("relu(0.5)", 0.5, 0.05),
        ("sum([0.5, 0.25])", 0.75, 0.055),
        ("[1, 2] @ [3, 4]", 11.0, 0.0),
        ("[1, 2]·[3, 4]", 11.0, 0.0),
        ("-log(0.0)", None, None),
        ("1/0", None, None),
        ("0^-1", None, None),
        ("9^9^9^9", None, None),
        ("exp(1000)", None, None),
        ("(-1)^0.5", None, None),
        ("sqrt(-1)", None, None),
    ],
)
def test_written_arithmetic(text: str, value: float | None, operands: float | None) -> None:
    if value is None:
        assert problem(text) == "This has no finite value: 1/0, log(0), sqrt(-1) have none."
        return
    found = cell(text)
    assert found.value == pytest.approx(value, rel=1e-15, abs=1e-300)
    assert found.operands == pytest.approx(operands, rel=1e-12, abs=1e-300)
    assert (found.unit, found.coarse, found.is_whole) == (0.0, 0.0, False)
    assert found.text == text.replace("−", "-")


@pytest.mark.parametrize(
    ("text", "shape", "texts"),
    [
        ("[4, 1]", (2,), "4 1"),
        ("[[1, 2], [3, 4]]", (2, 2), "1 2 3 4"),
        ("[1, 2; 3, 4]", (2, 2), "1 2 3 4"),
        ("[1; 3]", (2, 1), "1 3"),
        ("[1 2; 3 4]", (2, 2), "1 2 3 4"),
        ("[4 -1]", (2,), "4 -1"),
        ("[ 4. -1. ]", (2,), "4. -1."),
        ("[4 - 1]", (1,), "4 - 1"),
        ("[[ 4. -1.] [ 0.  2.5]]", (2, 2), "4. -1. 0. 2.5"),
        ("[[[1 2] [3 4]] [[5 6] [7 8]]]", (2, 2, 2), "1 2 3 4 5 6 7 8"),
        ("[[1, 2], [3, 4]]ᵀ", (2, 2), "1 3 2 4"),
        ("[1, 2; 3, 4].T", (2, 2), "1 3 2 4"),
        ("[[1, 2, 3]]ᵀ", (3, 1), "1 2 3"),
        ("-[0.50, -2]", (2,), "-0.50 2"),
        ("[1.2, 3.4]*10^-3", (2,), "1.2*10^-3 3.4*10^-3"),
        ("10⁻³ × [1.2; 3.4]", (2, 1), "1.2*10^-3 3.4*10^-3"),
        ("[3/4, 0.5]", (2,), "3/4 0.5"),
        ("[0.8*(1-0.8), -0.8*0.2]", (2,), "0.8*(1-0.8) -0.8*0.2"),
        ("[0.8*(1 - 0.8); 3*10^9]", (2, 1), "0.8*(1 - 0.8) 3*10^9"),
        ("0.16*[[1,-1],[-1,1]]", (2, 2), "0.16 -0.16 -0.16 0.16"),
        ("(1/3)*[3, 1]", (2,), "1 0.333333"),
        ("[[1, 2], [3, 4]] @ [1, 1]", (2,), "3 7"),
        ("[1, 2] + [0.5, 0.5]", (2,), "1.5 2.5"),
    ],
)
def test_a_layout(text: str, shape: tuple[int, ...], texts: str) -> None:
    found = written(text)
    assert found.shape == shape
    assert " ".join([one.text for one in found.cells if one is not None]) == texts
    assert not found.is_ragged


@pytest.mark.parametrize(
    ("text", "shape", "cells"),
    [
        ("[[1, 2], [3]]", (2, 2), "1 2 3 ?"),
        ("[1, 2; 3]", (2, 2), "1 2 3 ?"),
        ("[[1], [2, 3]]", (2, 2), "1 ? 2 3"),
        ("[1, [2, 3]]", (2, 2), "1 ? 2 3"),
        ("[[1, 2], [3]]ᵀ", (2, 2), "1 3 2 ?"),
        ("-[[1, 2], [3]]", (2, 2), "-1 -2 -3 ?"),
        ("[[[1, 2], [3, 4]], [[5]]]", (2, 2, 2), "1 2 3 4 5 ? ? ?"),
    ],
)
def test_a_ragged_matrix_has_gaps(text: str, shape: tuple[int, ...], cells: str) -> None:
    found = written(text)
    assert found.is_ragged
    assert found.shape == shape
    assert " ".join(["?" if one is None else one.text for one in found.cells]) == cells


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[1, 2, 3], [1, 2]] @ [1, 2]", "The rows of a matrix have one length."),
        ("[1, 2] + [1, 2, 3]", "(2) and (3) do not fit."),
        ("[1, 2] @ 3", "(2) and a number do not fit."),
        ("[[[1]]] @ [1]", "(1 × 1 × 1) and (1) do not fit."),
        (f"[[{'1, ' * 99}1]{', [1]' * 99}]", "these differ too much"),
        (f"{'[' * 13}1{']' * 13}", "An array has at most 12 axes."),
        (f"[{'1; ' * 99}1] * [[{'1, ' * 100}1]]", "This is an array of (100 × 101)."),
        (f"[{'1; ' * 99}1] @ [[{'1, ' * 100}1]]", "This is an array of 100 × 101."),
    ],
)
def test_what_no_numbers_come_out_of(text: str, message: str) -> None:
    assert message in problem(text)


def test_the_arithmetic_of_one_text_has_a_limit() -> None:
    factor = f"[{', '.join(['[1.5, 2.5]'] * 50)}]"
    lines = read_solution(f"x = {factor} * {factor}\n" * 100, NAMES).lines
    problems = [line.links[0].problem for line in lines]
    assert problems[0] == ""
    assert problems[-1] == "This is more arithmetic than is done for one text."


@pytest.mark.parametrize(
    "text", ["pi", "2*x", "[x, 1]", "x[0]", "max(1, 2)", "sum([1], axis=0)", "1 < 2"]
)
def test_what_needs_the_problem_is_no_number(text: str) -> None:
    (line,) = read_solution(f"l = {text}", NAMES).lines
    assert line.links[0].written is None
    assert line.links[0].expression is not None


def test_a_function_of_the_problem_is_not_ours() -> None:
    (line,) = read_solution("l = exp(1)", NAMES | {"exp"}).lines
    assert line.links[0].written is None
    assert line.links[0].expression is not None
