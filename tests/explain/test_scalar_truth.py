"""The scalar view: what is written is true, and the sums over paths are the derivatives."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.explain.derived import WITH_NUMBERS, example, paper
from tests.explain.scalar_steps import line, parts, steps, totals
from tests.explain.truth import answers, shown_array
from tests.rewrite.random_programs import BY, program

from chainrule.errors import TooLarge
from chainrule.explain.explanation import Equal, Step
from chainrule.notation.formula import Formula, Line, Matrix, inline
from chainrule.ops.contract import PAPER

Found = TypeVar("Found")
DIGITS = 8
RELATIVE = 10.0 ** (2 - DIGITS)
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
