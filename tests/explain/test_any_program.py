"""Random programs and functions: all are explained, in every way, and paths add up to gradients."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.explain.derived import paper
from tests.explain.truth import answers
from tests.functions.test_random_programs import QUIET, Program
from tests.functions.test_random_programs import programs as functions
from tests.rewrite.random_programs import BY, program

import chainrule as cr
from chainrule.errors import ChainruleError
from chainrule.explain.explain import VIEWS, explanation
from chainrule.explain.explanation import Explanation, Sentence, Step
from chainrule.explain.function import explain
from chainrule.explain.language.catalogue import is_known, say
from chainrule.explain.options import Options
from chainrule.explain.topics import topics_of
from chainrule.graph.node import Array
from chainrule.notation.formula import (
    FIRST_MARK,
    Formula,
    Matrix,
    Number,
    Summary,
    inline,
    typeset,
)

LANGUAGES = ("en", "ko")
INSIDE = re.compile(r"<\w+ \w+\[|Traceback|object at|None|same\(|[\ue000-\uf8ff]")  # how it is done
DIGITS = 15

OPTIONS = st.builds(
    Options,
    digits=st.integers(1, 17),
    decimals=st.none() | st.integers(0, 6),
    by_hand=st.booleans(),
    layout=st.sampled_from(["numerator", "denominator"]),
    flatten=st.sampled_from(["rows", "columns"]),
    language=st.sampled_from(LANGUAGES),
)


@st.composite
def texts(draw: Any) -> str:
    """A program, and what it asks for."""
    length = draw(st.integers(1, 6))
    text = program(lambda options: draw(st.sampled_from(list(options))), length)
    wanted = draw(st.lists(st.sampled_from(BY), min_size=1, max_size=3, unique=True))
    of = draw(st.sampled_from(["l", "l", f"v{length - 1}"]))
    update = ["W := W - 0.1 * ∂l/∂W"] if draw(st.booleans()) else []
    return "\n".join([text, *(f"∂{of}/∂{name}" for name in wanted), *update])


def check_is_sensible(refusal: ChainruleError) -> None:
    """A refusal is a sentence or two that can be read, without how it is done inside."""
    message = refusal.message
    assert message.endswith(".")
    assert 20 < len(message) < 500
    assert not INSIDE.search(message), message


def check_all_is_said(found: Explanation, language: str) -> None:
    """Every sentence has words, every formula is written out, and nothing of the inside shows."""
    assert found.language == language
    assert found.steps
    for step in found.walk():
        for sentence in sentences(step):
            assert is_known(sentence.code, language), sentence.code
            assert not INSIDE.search(say(sentence, language)), say(sentence, language)
        for formula in formulas(step):
            written = inline(formula)
            assert written.strip()
            assert not INSIDE.search(written), written
            assert typeset(formula).strip()
            assert chr(FIRST_MARK) not in typeset(formula)


def sentences(step: Step) -> Iterator[Sentence]:
    yield from (one for one in (step.title, step.rule, step.why, *step.remarks) if one is not None)


def formulas(step: Step) -> Iterator[Formula]:
    yield from ([] if step.what is None else [step.what])
    yield from (side.formula for side in step.sides)


# Numbers of lines.


def numbers(formula: Formula) -> Array | None:
    """The numbers of a result, row by row; None of what is not written out."""
    if isinstance(formula, Number):
        above, _, below = formula.text.partition("/")
        return np.array([float(above) / float(below or 1)])
    if isinstance(formula, Summary):
        return None
    assert isinstance(formula, Matrix)
    if formula.kind == "diagonal":
        (entries,) = formula.rows
        found = [numbers(one) for one in entries]
        return np.diag(np.concatenate([one for one in found if one is not None])).reshape(-1)
    parts = [numbers(one) for row in formula.rows for one in row]
    return np.concatenate([one for one in parts if one is not None])


def result(step: Step) -> Array | None:
    """What a line comes to."""
    sides = [side for side in step.sides if side.role == "result"]
    return numbers(sides[-1].formula) if sides else None


def sums(found: Explanation) -> list[tuple[Array, list[Array]]]:
    """Sums over paths, and the products of all of their paths."""
    pairs = []
    for step in found.walk():
        if step.rule is None or step.rule.code != "sum_over_paths" or not step.steps:
            continue
        (count,) = [value for name, value in step.rule.details if name == "count"]
        whole, parts = result(step), [result(path) for path in step.steps]
        known = [part for part in parts if part is not None]
        if whole is not None and len(known) == int(str(count).replace(",", "")):
            pairs.append((whole, known))
    return pairs


def derivative(found: Explanation, of: str, wrt: str) -> Array | None:
    """The numbers that the derivative ends in."""
    names = [f"{d}{of}/{d}{wrt}" for d in "∂d"]
    names += [f"d{wrt} = {names[0]}", f"d{wrt}"]
    known = [result(step) for step in found.walk() if step.what and inline(step.what) in names]
    numbers = [one for one in known if one is not None]
    return numbers[-1] if numbers else None


def check_sums(found: Explanation) -> int:
    pairs = sums(found)
    for whole, parts in pairs:
        size = np.sum([np.abs(part) for part in parts], axis=0)
        assert (np.abs(np.sum(parts, axis=0) - whole) <= 1e-12 * size).all()
    return len(pairs)


def check_derivatives(found: Explanation, of: str, wanted: Sequence[tuple[str, Array]]) -> int:
    """How many of the derivatives stand in full on the page, all as they should be."""
    shown = [(derivative(found, of, name), value.reshape(-1)) for name, value in wanted]
    known = [(one, value) for one, value in shown if one is not None]
    for one, value in known:
        scale = max(1.0, float(np.abs(value).max()))
        np.testing.assert_allclose(one, value, rtol=1e-9, atol=1e-9 * scale)
    return len(known)


# Programs of the paper language.


def explained(text: str, view: str, options: Options) -> Explanation:
    read = paper(text)
    return explanation(read, topics_of(read), view, options)


def explained_or_refused(text: str, view: str, options: Options) -> Explanation | None:
    """None where there is a sensible reason."""
    try:
        return explained(text, view, options)
    except ChainruleError as refusal:
        check_is_sensible(refusal)
        return None


def check_program(text: str, view: str, options: Options) -> None:
    found = explained_or_refused(text, view, options)
    if found is None:
        return
    check_all_is_said(found, options.language)
    assert found.to("text").strip()


def check_gradients(text: str, view: str) -> None:
    asked = dict.fromkeys(re.findall(r"^∂l/∂(\w+)$", text, re.MULTILINE))
    found = explained_or_refused(text, view, Options(digits=DIGITS))
    if found is None:
        return
    check_sums(found)
    values = answers(text, [], [f"∂l/∂{name}" for name in asked])
    check_derivatives(found, "l", list(zip(asked, values, strict=True)))


@given(texts(), st.sampled_from(VIEWS), OPTIONS)
@settings(max_examples=60)
@pytest.mark.filterwarnings("ignore::chainrule.errors.BroadcastWarning")
def test_any_program_is_explained(text: str, view: str, options: Options) -> None:
    check_program(text, view, options)


@pytest.mark.parametrize("view", VIEWS)
@given(text=texts())
@settings(max_examples=12)
@pytest.mark.filterwarnings("ignore::chainrule.errors.BroadcastWarning")
def test_paths_add_up_and_derivatives_are_the_answers(view: str, text: str) -> None:
    check_gradients(text, view)


@pytest.mark.soak
@pytest.mark.parametrize("view", VIEWS)
@given(text=texts(), options=OPTIONS)
@settings(max_examples=500)
@pytest.mark.filterwarnings("ignore::chainrule.errors.BroadcastWarning")
def test_many_programs_are_explained(view: str, text: str, options: Options) -> None:
    check_program(text, view, options)
    check_gradients(text, view)


# NumPy functions.


def check_function(one: Program, view: str, options: Options) -> None:
    """`program` of three arrays: explained, with sums and gradients as they should be."""
    found = _explained(one, view, options)
    if found is not None:
        check_all_is_said(found, options.language)
    exact = _explained(one, view, Options(digits=DIGITS))
    if exact is not None:
        check_sums(exact)
        gradients = cr.grad(one.function(), wrt=(0, 1, 2))(*one.inputs)
        named = zip(("x0", "x1", "x2"), gradients, strict=True)
        check_derivatives(exact, "program", list(named))


def _explained(one: Program, view: str, options: Options) -> Explanation | None:
    named = dict(zip(options.fields, options.key(), strict=True))
    language = named.pop("language")
    try:
        return explain(one.function(), *one.inputs, view=view, lang=language, **named)
    except ChainruleError as refusal:
        check_is_sensible(refusal)
        return None


@QUIET
@given(functions(), st.sampled_from(VIEWS), OPTIONS)
@settings(max_examples=25)
def test_any_function_is_explained(one: Program, view: str, options: Options) -> None:
    check_function(one, view, options)


@pytest.mark.soak
@pytest.mark.parametrize("view", VIEWS)
@QUIET
@given(one=functions(), options=OPTIONS)
@settings(max_examples=500)
def test_many_functions_are_explained(view: str, one: Program, options: Options) -> None:
    check_function(one, view, options)


# That something was checked above.


@pytest.mark.parametrize("view", ["chain", "scalar"])
def test_sums_over_paths_are_found(view: str) -> None:
    text = "x = 0.5\na = sin(x)\nb = cos(x)\ny = a * b\ndy/dx"
    found = explained(text, view, Options(digits=DIGITS))
    assert check_sums(found) == 1


@pytest.mark.parametrize("view", VIEWS)
def test_derivatives_are_found(view: str) -> None:
    text = "x = [0.5, 1]\na = sin(x)\nl = sum(a * x)\n∂l/∂x"
    found = explained(text, view, Options(digits=DIGITS))
    value = np.cos([0.5, 1]) * [0.5, 1] + np.sin([0.5, 1])
    assert check_derivatives(found, "l", [("x", value)]) == 1
    with pytest.raises(AssertionError):
        check_derivatives(found, "l", [("x", value + 1e-6)])
