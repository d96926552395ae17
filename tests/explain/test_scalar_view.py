"""The scalar view: what is written is true, and the sums over paths are the derivatives."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.explain.derived import EXAMPLES, WITH_NUMBERS, example, ladder, paper, said_by
from tests.explain.truth import answers, shown_array
from tests.rewrite.random_programs import BY, program

from chainrule.errors import ChainruleError, DataProblem, TooLarge
from chainrule.explain.explain import explanation
from chainrule.explain.explanation import Equal, Step
from chainrule.explain.language.catalogue import is_known, say
from chainrule.explain.options import Options
from chainrule.explain.topics import topics_of
from chainrule.explain.views.scalar import MOST_PATHS, MOST_SCALARS, scalar
from chainrule.explain.views.scalar_sums import MOST_IN_FULL
from chainrule.graph.node import Array
from chainrule.notation.formula import FIRST_MARK, Formula, Line, Matrix, inline, typeset
from chainrule.ops.contract import PAPER

Found = TypeVar("Found")
DIGITS = 8
RELATIVE = 10.0 ** (2 - DIGITS)
SMALL = """
X = [[1, 2], [0, -1]]
T = [[1], [0]]
W = [[0.5], [-1]]
ŷ = sigmoid(X @ W + 0.5)
l = sum((ŷ - T)^2)
∂l/∂W
"""


def parts(text: str, **options: Any) -> list[Step]:
    """The parts that explain all that a text asks for."""
    read = paper(text)
    asked = [one for topic in topics_of(read) for one in topic.asked]
    return list(scalar(read, asked, Options(**options)))


def steps(found: Iterable[Step]) -> list[Step]:
    """All that is said, as it is read."""
    return [step for one in found for step in one.walk()]


def equation(step: Step) -> str:
    """What is found and its sides on one line."""
    sides = [f"{'=' if one.is_exact else '≈'} {inline(one.formula)}" for one in step.sides]
    return " ".join([*([] if step.what is None else [inline(step.what)]), *sides])


def line(step: Step) -> str:
    """The same with its sentences."""
    said = [say(one) for one in (step.title, step.rule, step.why, *step.remarks) if one]
    return " ".join([equation(step), *[f"[{one}]" for one in said]]).strip()


def lines(text: str, **options: Any) -> list[str]:
    return list(map(line, steps(parts(text, **options))))


def equations(text: str, **options: Any) -> list[str]:
    """The same without sentences."""
    return list(map(equation, steps(parts(text, **options))))


# Pages of lectures.


def test_the_page_of_the_lecture() -> None:
    """003, problem 1: each node, each edge, each gradient as a product along its path."""
    found = equations(example("003-1.x1"))
    for expected in [
        "a1 = x2·W02 = 2·0.03 = 0.06",
        "e1 = d1 + c1 = 0.08 + 0.01 = 0.09",
        "f1 = sigmoid(e1) = sigmoid(0.09) ≈ 0.5225",
        "h1 = f1v1 ≈ 0.5225·0.02 ≈ 0.01045",
        "ŷ = h1 + h2 + h3 + v0 ≈ 0.01045 + 0.0156 + 0.0207 + 0.01 ≈ 0.05675",
        "∂L/∂ŷ = 2(ŷ-y) ≈ 2(0.05675-8) ≈ -15.89",
        "∂ŷ/∂h1 = 1",
        "∂h1/∂v1 = f1 ≈ 0.5225",
        "∂f1/∂e1 = f1(1-f1) ≈ 0.5225·(1-0.5225) ≈ 0.2495",
        "∂a1/∂W02 = x2 = 2",
        "∂ŷ/∂W00 = ∂ŷ/∂h1 · ∂h1/∂f1 · ∂f1/∂e1 · ∂e1/∂c1 · ∂c1/∂W00 = v1·f1·(1-f1)·x0 "
        "≈ 1 · 0.02 · 0.2495 · 1 · 1 ≈ 0.00499",
        "∂L/∂v1 = ∂L/∂ŷ · ∂ŷ/∂h1 · ∂h1/∂v1 = 2(ŷ-y)·f1 ≈ -15.89 · 1 · 0.5225 ≈ -8.3",
        "∂L/∂x0 ≈ -0.0007927 + (-0.003569) + (-0.003173) ≈ -0.007535",
    ]:
        assert expected in found


def test_entries_of_arrays() -> None:
    found = equations(example("000-C"))
    for expected in [
        "h0 = I0·W0[0,0] + I1·W0[1,0] = 2·1 + 1·2 = 4",
        "h1 = I0·W0[0,1] + I1·W0[1,1] = 2·(-2) + 1·5 = 1",
        "S0 = exp(O0)/(exp(O0)+exp(O1)) = exp(11)/(exp(11)+exp(-11)) ≈ 1",
        "∂S0/∂O1 = -S0S1 ≈ -1·(2.789e-10) ≈ -2.789e-10",
        "∂L0/∂h0 = [h0>0] = [4>0] = 1",
        "∂O/∂W1 = [L0 0 L1 0; 0 L0 0 L1] = [4 0 1 0; 0 4 0 1]",
        "∂l/∂O0 = ∂l/∂S0 · ∂S0/∂O0 + ∂l/∂S1 · ∂S1/∂O0 ≈ 0 + 1 ≈ 1",
        "∂l/∂S1 · ∂S1/∂O0 = label1/S1·S1·S0 ≈ (-3.585e9) · (-2.789e-10) ≈ 1",
        "∂l/∂W0 ≈ [12 -4; 6 -2]",
    ]:
        assert expected in found
    assert any("l = -(label0·log(S0)+label1·log(S1))" in one for one in found)


def test_a_batch_has_its_rows_in_the_names_of_entries() -> None:
    found = equations(SMALL)
    assert "u1 = X @ W + 0.5" in found
    assert "u1[1,0] = X10·W00 + X11·W10 + 0.5 = 0·0.5 + (-1)(-1) + 0.5 = 1.5" in found
    assert (
        "∂l/∂W10 = ∂l/∂ŷ00 · ∂ŷ00/∂u1[0,0] · ∂u1[0,0]/∂W10 + ∂l/∂ŷ10 · ∂ŷ10/∂u1[1,0] · "
        "∂u1[1,0]/∂W10 ≈ -0.5749 + (-0.2439) ≈ -0.8188"
    ) in found


def test_an_inner_result_is_introduced_where_it_is_needed() -> None:
    shown = lines(SMALL)
    assert any(one.startswith("u1 = X @ W + 0.5 [It has no name") for one in shown)
    again = equations(SMALL.replace("ŷ", "u1"))
    assert "v1 = X @ W + 0.5" in again


def test_indices_count_as_the_file_does() -> None:
    found = equations(example("001-A"))
    assert "y1[1,1] = x11·y11 + x12·y21 + z11 = 1·0.5 + 1·0.5 + 0.25 = 1.25" in found


@pytest.mark.parametrize(
    ("base", "first", "slope"),
    [
        ("index_base 1\n", "u1 = g(x)[1]", "∂u1/∂x2 = D(g)(x)[1, 2]"),
        ("", "u0 = g(x)[0]", "∂u0/∂x1 = D(g)(x)[0, 1]"),
    ],
)
def test_entries_of_a_function_count_as_the_file_does(base: str, first: str, slope: str) -> None:
    text = f"{base}x : R^2\ng : R^2 -> R^2\nf : R^2 -> R\nu = g(x)\ny = f(u)\n∂y/∂x"
    found = equations(text)
    assert first in found
    assert slope in found


def test_a_file_that_counts_from_1_says_so() -> None:
    read = paper(example("000-A2"))
    assert "Indices count from 1." in said_by(explanation(read, topics_of(read), "scalar"))
    read = paper(example("000-A3"))
    assert not any("count from" in one for one in said_by(explanation(read, topics_of(read))))


def test_paths_of_functions_without_a_formula_are_symbols() -> None:
    found = equations(example("000-A2"))
    assert "∂y/∂x1 = ∂y/∂u1 · ∂u1/∂x1 + ∂y/∂u2 · ∂u2/∂x1" in found
    assert "∂y/∂u2 = grad(f)(u)[2]" in found
    assert not any("≈" in one for one in found)


@pytest.mark.parametrize("problem", [path.stem for path in EXAMPLES])
def test_every_equation_has_two_sides(problem: str) -> None:
    if "R^n" in example(problem):
        return
    for step in steps(parts(example(problem))):
        says_something = step.sides or step.steps or (step.why and step.shape)
        assert step.kind != "quantity" or says_something, line(step)


def test_what_cannot_be_written_is_left_out_and_that_is_said() -> None:
    found = parts("X : R^(2 x 2)\nF : R^(2 x 2) -> R\ny = F(X)\nz = 2 * y\n∂z/∂X")
    assert all(one.sides for one in steps(found) if one.kind == "quantity")


# Batches.


def test_the_paths_of_examples_add_up() -> None:
    """Each entry of ∂E/∂v is a sum of three paths: one of each example."""
    shown = lines(example("003-1d"))
    examples = [re.search(r"\[path (\d), example (\d)\]", one) for one in shown]
    numbers = [one.groups() for one in examples if one]
    assert numbers == [("1", "1"), ("2", "2"), ("3", "3")] * (len(numbers) // 3)
    assert len(numbers) > 12
    said = [one for one in shown if "Each of the 3 examples has paths" in one]
    assert len(said) == 2
    assert not any("examples has" in one for one in lines(example("000-C")))


# Layout.


def numbers_of(formula: Formula) -> Array:
    """The numbers of a result, a diagonal matrix written out."""
    shown = shown_array(formula)
    assert shown is not None
    is_diagonal = isinstance(formula, Matrix) and formula.kind == "diagonal"
    return np.diag(shown.reshape(-1)) if is_diagonal else shown


@pytest.mark.parametrize("problem", ["000-C", "002-A", "003-2c"])
@pytest.mark.parametrize("layout", ["numerator", "denominator"])
@pytest.mark.parametrize("flatten", ["rows", "columns"])
def test_the_matrix_of_a_derivative_stands_as_it_is_laid_out(
    problem: str, layout: str, flatten: str
) -> None:
    """Its entries, its numbers and its size, held against the chain view."""
    how: dict[str, Any] = {"layout": layout, "flatten": flatten}
    read = paper(example(problem))
    chain = explanation(read, topics_of(read), "chain", Options(**how))
    wanted = {
        inline(one.what): numbers_of(one.sides[-1].formula)
        for one in chain.walk()
        if one.what is not None and one.sides and one.sides[-1].role == "result"
    }
    compared = 0
    for step in steps(parts(example(problem), **how)):
        what = "" if step.what is None else inline(step.what)
        is_gradient = what.startswith(("∂l/", "∂L/∂"))
        if is_gradient or len(step.shape or ()) != 2 or what not in wanted:
            continue
        shown = numbers_of(step.sides[-1].formula)
        assert shown.shape == step.shape
        np.testing.assert_array_equal(shown, wanted[what])
        compared += 1
    assert compared > 1


def test_names_of_a_function_hold_in_its_own_part() -> None:
    first, second, third, verified = parts(example("003-2c"))
    assert [say(one.title) for one in (first, second, third) if one.title] == [
        "∂G/∂x, taken apart",
        "∂F/∂(x, y), taken apart",
        "∂(F∘G)/∂x, taken apart",
    ]
    assert "∂F1/∂y = 8y = 8·4 = 32" in map(line, second.walk())
    assert [one.code for one in verified.remarks] == ["scalar:all_same"]
    latex = [typeset(step.what) for step in second.walk() if step.what is not None]
    assert r"\frac{\partial F_{1}}{\partial y}" in latex


# Nothing is missing, nothing is said in vain.


def test_a_quantity_that_is_read_on_another_way_too_has_a_total_derivative() -> None:
    found = equations("x = 3\ny = x^2\nz = y * x\ndz/dx")
    assert "dz/dx = ∂z/∂y · ∂y/∂x + ∂z/∂x = 18 + 9 = 27" in found
    assert "∂z/∂x = y = 9" in found


def test_entries_without_a_path_are_0_and_named() -> None:
    found = lines("x = [1, 2, 3]\ny = x[1]^2\nl = 2 * y\ndl/dx")
    assert "[No path leads there: ∂l/∂x0, ∂l/∂x2 = 0.]" in found
    assert "∂l/∂x = [0 8 0]" in found


def test_many_entries_without_a_path_are_counted() -> None:
    (said,) = [
        one for one in lines("x = ones(40)\ny = x[0]^2\nl = 2 * y\ndl/dx") if "path leads" in one
    ]
    assert "∂l/∂x1, ∂l/∂x2" in said
    assert "27 more are 0" in said


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("dl/dl", "Every quantity changes one for one with itself."),
        ("dx/dx", "Every quantity changes one for one with itself."),
        ("dl/dy", "l does not depend on y: the derivative is zero."),
        ("dx/dy", "x does not depend on y: the derivative is zero."),
    ],
)
def test_what_has_no_path_at_all(asked: str, said: str) -> None:
    shown = lines(f"x = [1, 2]\ny = [3, 4]\nl = sum(x)\n{asked}")
    assert any(said in one for one in shown)


def test_beyond_some_entries_only_the_sums_are_shown() -> None:
    text = "x = ones(20)\nW = ones(3, 20)\nv = [1, 2, 3]\nl = v @ tanh(W @ x)\ndl/dW\ndl/dx"
    found = parts(text)
    totals = [line(step) for step in steps(found) if step.what and step.steps]
    shown = lines(text)
    assert len(totals) <= MOST_IN_FULL
    assert "[The other sums over paths are found in the same way.]" in shown
    for at in range(20):
        assert sum(one.startswith(f"∂l/∂x{at if at < 10 else f'[{at}]'} ") for one in shown) == 1


WITH_ENTRIES = [path for path in EXAMPLES if "R^n" not in path.read_text(encoding="utf-8")]
each_example = pytest.mark.parametrize("path", WITH_ENTRIES, ids=lambda path: path.stem)


@each_example
def test_no_mark_is_left_and_every_sentence_is_known(path: Path) -> None:
    found = steps(parts(path.read_text(encoding="utf-8"), by_hand=True, layout="denominator"))
    for step in found:
        for formula in [*([step.what] if step.what else []), *(one.formula for one in step.sides)]:
            assert not re.search(f"[{chr(FIRST_MARK)}-\uf8ff]", inline(formula) + typeset(formula))
        for said in (step.title, step.rule, step.why, *step.remarks):
            assert said is None or is_known(said.code, "en")


# What is written is true.


CALL = rf"(?:{'|'.join(sorted(filter(str.isidentifier, PAPER), key=len, reverse=True))})(?=\()"
TOKEN = re.compile(r"\[\d+(?:, ?\d+)*\]|\d+(?:\.\d+)?(?:e[+-]?\d+)?|[²·]|[^\W\d][^\W²]*|\S")


def read(text: str, names: dict[str, str]) -> str:
    """A formula as one writes it by hand, in the paper language: S0(1-S0) as S[0]*(1-S[0])."""
    known = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
    ends = r"(?![\w\u0300-\u036f])"
    token = re.compile(rf"(?:{known}){ends}|{CALL}|(?:{known})(?=[^\W\d])|{TOKEN.pattern}")
    found: list[str] = []
    for one in token.findall(text):
        is_operand = one in names or one[0].isalpha() or one[0].isdecimal() or one in "(["
        if found and is_operand and _ends(found[-1], names):
            found.append("*")
        found.append({"·": "*", "²": "^2", "[": "(", "]": ")"}.get(one, one))
    return "".join(names.get(one, one) for one in found)


def _ends(token: str, names: dict[str, str]) -> bool:
    return token in names or token[0].isdecimal() or token in (")", "^2") or token[0] == "["


def test_reading_by_hand() -> None:
    names = {"S0": "S[0]", "W0[0,1]": "W0[0,1]", "x": "x"}
    for text, wanted in [
        ("S0(1-S0)", "S[0]*(1-S[0])"),
        ("-2S0S0", "-2*S[0]*S[0]"),
        ("[S0>0]·W0[0,1]x²", "(S[0]>0)*W0[0,1]*x^2"),
        ("exp(x)[1] + log(S0)", "exp(x)[1]+log(S[0])"),
    ]:
        assert read(text, names) == wanted


def names_in(text: str, found: list[Step]) -> tuple[dict[str, str], list[str]]:
    """What entries are called, in the paper language, and definitions of inner results."""
    graph = paper(text).graph
    known = {name: graph[name].shape for name in graph.names}
    inner: dict[str, Step] = {}
    for step in found:
        name = inline(step.what) if step.what is not None else ""
        if re.fullmatch(r"[uvqsp]\d+", name) and not any(one[0] == name[0] for one in graph.names):
            inner.setdefault(name, step)
    known |= {name: step.shape or () for name, step in inner.items()}
    names = {}
    for name, shape in known.items():
        for index in np.ndindex(shape):
            entry = f"[{', '.join(map(str, index))}]" if index else ""
            short = name + "".join(map(str, index))
            long = f"{name}[{','.join(map(str, index))}]" if index else name
            names[long] = f"{name}{entry}"
            if short not in known:
                names[short] = f"{name}{entry}"
    definitions = []
    for name, step in inner.items():
        formula = inline(step.sides[0].formula)
        definitions.append(f"{name} = {formula if step.shape else read(formula, names)}")
    return names, definitions


def claims(found: list[Step]) -> Iterator[tuple[Step, str, Equal]]:
    """Every formula without ∂ in it beside the number that it comes to."""
    for step in found:
        if step.kind != "quantity" or not step.sides or step.sides[-1].role != "result":
            continue
        result = step.sides[-1]
        for side in step.sides[:-1]:
            pairs = [(side.formula, result.formula)]
            if isinstance(side.formula, Matrix) and isinstance(result.formula, Matrix):
                pairs = [
                    (one, other)
                    for row, values in zip(side.formula.rows, result.formula.rows, strict=True)
                    for one, other in zip(row, values, strict=True)
                ]
            for formula, number in pairs:
                if "∂" not in inline(formula):
                    yield step, inline(formula), Equal(number, side.role, result.is_exact)


def check_truth(text: str, roles: tuple[str, ...] = ("symbolic",), **options: Any) -> int:
    """All formulas of a page, read back and evaluated; how many there were."""
    found = steps(parts(text, digits=DIGITS, **options))
    names, definitions = names_in(text, found)
    asked = [one for one in claims(found) if one[2].role in roles]
    values = answers(text, definitions, [read(formula, names) for _, formula, _ in asked])
    for (step, formula, side), value in zip(asked, values, strict=True):
        shown = shown_array(side.formula)
        assert shown is not None
        close = np.allclose(value, shown, rtol=RELATIVE, atol=RELATIVE * 1e-3)
        assert close, f"{line(step)}: {formula} is {value}"
    return len(asked)


@pytest.mark.parametrize(
    "problem", ["000-C", "002-A", "003-1.x2", "003-1d", "003-2d", "003-3", "004-A"]
)
def test_every_formula_of_an_example_is_true(problem: str) -> None:
    assert check_truth(example(problem)) > 30


@pytest.mark.parametrize("problem", ["002-A", "003-1.x1", "003-2d", "004-A"])
def test_by_hand_the_numbers_put_in_come_to_the_displayed_result(problem: str) -> None:
    assert check_truth(example(problem), ("substituted",), by_hand=True) > 20


def test_by_hand_a_path_is_rounded_and_then_added() -> None:
    found = steps(parts(example("003-1d"), by_hand=True))
    sums = [one for one in found if one.rule and one.rule.code == "sum_over_paths" and one.steps]
    assert len(sums) > 5
    for step in sums:
        for path in step.steps:
            numbers = [float(inline(one).strip("()")) for one in factors(path)]
            assert ends_in(path) == as_displayed(math.prod(numbers))
        assert ends_in(step) == as_displayed(sum(map(ends_in, step.steps)))


def ends_in(step: Step) -> float:
    shown = shown_array(step.sides[-1].formula)
    assert shown is not None
    return float(shown)


def as_displayed(value: float) -> Any:
    return pytest.approx(float(f"{value:.4g}"), rel=1e-12)


def factors(path: Step) -> list[Formula]:
    """The numbers that are multiplied along a path."""
    (side,) = [one for one in path.sides if one.role == "substituted"]
    assert isinstance(side.formula, Line)
    return [one for one in side.formula.parts if "·" not in inline(one)]


def results(found: list[Step]) -> dict[str, Array]:
    """What each equation comes to, by its left side."""
    return {
        inline(step.what): shown
        for step in found
        if step.what is not None and step.sides and step.sides[-1].role == "result"
        if (shown := shown_array(step.sides[-1].formula)) is not None
    }


def totals(text: str, **options: Any) -> dict[str, Array]:
    """The derivatives as a whole; one that is only summarized from its entries."""
    found: dict[str, Array] = {}
    for one in steps(parts(text, **options)):
        if one.title is None or one.title.code != "derivative":
            continue
        symbol = say(one.title)
        shown = results(list(one.walk()))
        found[symbol.replace("d", "∂")] = shown.get(symbol, np.array(math.nan))
    return found


@pytest.mark.parametrize("path", WITH_NUMBERS, ids=lambda path: path.stem)
def test_derivatives_of_examples_are_the_answers(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    shown = totals(text, digits=12)
    for question in paper(text).questions:
        if question.is_plain and question.text in shown:
            (wanted,) = answers(text, [], [question.text])
            found = shown[question.text]
            if np.isnan(found).all():  # summarized: larger than anybody reads
                assert wanted.size > 24
            else:
                np.testing.assert_allclose(found.ravel(), wanted.ravel(), rtol=1e-10, atol=1e-13)


def test_all_derivatives_of_an_example_are_there() -> None:
    asked = [one.text.replace("d", "∂") for one in paper(example("000-C")).questions]
    assert list(totals(example("000-C"))) == asked


def unless_too_large(explained: Callable[[], Found]) -> Found | None:
    """What is found; None where the view refuses, and says what to use."""
    try:
        return explained()
    except TooLarge as refusal:
        if "--view backward" not in refusal.message:
            raise
        return None


@st.composite
def texts(draw: Any) -> str:
    length = draw(st.integers(1, 4))
    return program(lambda options: draw(st.sampled_from(list(options))), length)


@given(texts())
@settings(max_examples=60)
@pytest.mark.filterwarnings("ignore::chainrule.errors.BroadcastWarning")
def test_random_programs_are_explained(text: str) -> None:
    """The sums over paths, read back from what is shown, are the gradients."""
    questions = [f"∂l/∂{name}" for name in BY]
    shown = unless_too_large(lambda: totals("\n".join([text, *questions]), digits=12)) or {}
    assume(shown)
    for question, wanted in zip(questions, answers(text, [], questions), strict=True):
        scale = max(1.0, float(np.abs(wanted).max()))
        found = np.nan_to_num(shown[question])  # of what does not depend there is no number
        np.testing.assert_allclose(found + 0 * wanted, wanted, rtol=1e-8, atol=1e-9 * scale)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.filterwarnings("ignore::chainrule.errors.BroadcastWarning")
def test_every_formula_of_a_random_program_is_true(seed: int) -> None:
    text = program(random.Random(seed).choice, 2)
    unless_too_large(lambda: check_truth(f"{text}\n∂l/∂x\n∂l/∂c"))


# Verified, or said that it is not.


@each_example
def test_every_derivative_is_verified_and_it_is_said_once(path: Path) -> None:
    found = parts(path.read_text(encoding="utf-8"))
    assert any(one.title and one.title.code == "derivative" for one in steps(found))
    remarks = [said for step in steps(found) for said in step.remarks]
    assert not any(said.code in ("scalar:differs", "not_verified") for said in remarks)
    (said,) = [said for said in remarks if "same" in said.code]
    assert found[-1].remarks == (said,)
    assert float(str(dict(said.details)["error"])) < 1e-9


def test_what_differs_is_said_where_it_is_and_the_rest_at_the_end() -> None:
    text = "x = 1e-9\na = x + 1\nb = a^3\nc = b - 3 * a\nd = c * 1e9\ndd/dx\ndd/dc\n"
    first, second, last = parts(text)[2:]
    assert [one.code for step in first.walk() for one in step.remarks][-1] == "scalar:differs"
    assert all("differs" not in one.code for step in second.walk() for one in step.remarks)
    assert [one.code for one in last.remarks] == ["scalar:same"]


def test_by_hand_the_distance_to_the_true_result_is_said() -> None:
    said = [one for one in lines(example("003-1d"), by_hand=True, digits=2) if "true result" in one]
    assert len(said) == 5


def test_too_few_digits_are_said_once() -> None:
    said = [one for one in lines(example("000-C")) if "too few" in one]
    assert len(said) == 1
    assert said[0].startswith("∂S0/∂O0 = S0(1-S0) ≈ 1·(1-1) ≈ 2.789e-10")
    assert not any("too few" in one for one in lines(example("000-C"), digits=12))


def test_a_saturated_softmax_keeps_its_small_slope() -> None:
    text = "x = [0, 40]\ny = 2 * x\nS = softmax(y)\nl = S[1]\ndl/dy"
    assert "∂S1/∂y1 = S1(1-S1) ≈ 1·(1-1) ≈ 1.805e-35" in equations(text)


def test_lost_digits_are_not_called_verified() -> None:
    found = lines("x = 1e-9\na = x + 1\nb = a^3\nc = b - 3 * a\nd = c * 1e9\ndd/dx")
    assert found[-1].startswith("[The sums over paths differ from what reverse mode gives by ")
    assert any("≈ (3e9) + (-3e9) ≈ 6" in one and "too few" in one for one in found)


def test_infinite_derivatives_are_not_called_verified() -> None:
    found = lines("x = [0, 1]\ny = sqrt(x)\nl = sum(y)\ndl/dx")
    assert any("∂l/∂x0" in one and "inf" in one for one in found)
    assert not any("Verified" in one for one in found)


# Limits.


@pytest.mark.parametrize(
    ("text", "problem", "found"),
    [
        ("x = ones(400)\nl = sum(x^2)\ndl/dx", TooLarge, "401 scalar nodes"),
        (
            "x = ones(784)\nW = ones(128, 784)\nV = ones(10, 128)\n"
            "l = sum(sigmoid(V @ sigmoid(W @ x)))\ndl/dW\ndl/dV",
            TooLarge,
            "101,909 scalar nodes",
        ),
        (f"{ladder(60)}\ndy/dx", TooLarge, f"{2**61:,} paths"),
        ("x : R^n\nl = x · x\ndl/dx", DataProblem, "x has (n)"),
    ],
)
def test_refusals_say_what_was_found_and_what_to_use(
    text: str, problem: type[ChainruleError], found: str
) -> None:
    with pytest.raises(problem, match="--view") as refused:
        parts(text)
    assert found in refused.value.message
    if problem is TooLarge:
        allowed = MOST_SCALARS if "nodes" in found else MOST_PATHS
        assert f"{allowed:,}" in refused.value.message


def test_a_number_of_unknown_size_on_no_path_is_no_hindrance() -> None:
    found = equations("x : R^n\ns : R\ny = s * sum(x)\nz = y^2\n∂z/∂s")
    assert "∂z/∂s = ∂z/∂y · ∂y/∂s = 2·y·sum(x)" in found


def test_parts_come_in_order() -> None:
    *found, verified = parts(SMALL)
    titles = [say(one.title) for one in found if one.title]
    assert verified.kind == "remark"
    assert titles == ["Scalar nodes", "Partial derivatives", "∂l/∂W"]
    for before, after in pairwise(titles):
        assert before != after
