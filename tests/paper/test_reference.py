"""docs/paper-language.md: every example is solved, every error is the one shown."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from chainrule.errors import ChainruleError
from chainrule.explain.solution import Solution, solve
from chainrule.graph.facts import WORDS, Fact
from chainrule.graph.node import Array, Node
from chainrule.graph.source import Source
from chainrule.ops import all_functions
from chainrule.paper import calls, elaborate, lexer, parser
from chainrule.paper.program import Paper
from chainrule.run.interpreter import evaluate_all

PAGE = (Path(__file__).parents[2] / "docs" / "paper-language.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```chain\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
DECLARED = re.findall(r"^```chain-declared\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
ERRORS = re.findall(
    r"^```chain-error\n(.*?)^```\n\n```text\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL
)
SHOWN = re.compile(r"^(.*?) *#[^\n]*→ ([^\n]*)$", re.MULTILINE)


def solution(text: str) -> Solution:
    return solve(elaborate.elaborate(parser.parse(Source(text, "error.chain"))))


@pytest.mark.parametrize("text", EXAMPLES)
def test_an_example_has_the_values_shown(text: str) -> None:
    found = solution(text)
    values = {answer.text: answer.value for answer in found.answers}
    values |= {step.name: step.value for step in found.values}
    for statement, shown in SHOWN.findall(text):
        name = re.sub(r" = .*", "", statement)
        expected = np.array(json.loads(shown), float)
        assert values[name].shape == expected.shape, statement
        np.testing.assert_allclose(values[name], expected, rtol=1e-12, err_msg=statement)


@pytest.mark.parametrize("text", DECLARED)
def test_an_example_without_numbers_equals_the_formula_shown(text: str) -> None:
    shown = [formula for _, formula in SHOWN.findall(text)]
    program = parser.parse(Source("\n".join([text, *shown])))
    assert elaborate.elaborate(program).declared
    paper = elaborate.elaborate(program, {"n": 3, "m": 4})
    nodes = [question.node for question in paper.questions]
    assert len(nodes) == 2 * len(shown) > 0
    answers = evaluate_all(nodes, drawn(paper))
    for formula, found, wanted in zip(
        shown, answers[: len(shown)], answers[len(shown) :], strict=True
    ):
        np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-14, err_msg=formula)


def drawn(paper: Paper) -> dict[Node, Array]:
    """Random numbers for what is declared, of which its facts hold."""
    random = np.random.default_rng(7)
    hot = {one.node for one in paper.declarations if one.fact is Fact.ONE_HOT}
    return {
        one.node: np.eye(one.shape[-1])[1] if one.node in hot else random.uniform(1, 2, one.shape)
        for one in paper.declared
    }


@pytest.mark.parametrize("fact", WORDS)
def test_every_fact_is_mentioned(fact: str) -> None:
    assert f"`{fact}`" in PAGE


@pytest.mark.parametrize(("text", "message"), ERRORS)
def test_an_error_is_the_one_shown(text: str, message: str) -> None:
    with pytest.raises(ChainruleError) as caught:
        solution(text)
    assert str(caught.value) == message.rstrip("\n")


def test_the_page_has_examples_and_errors() -> None:
    assert len(EXAMPLES) == PAGE.count("```chain\n") > 10
    assert len(DECLARED) == PAGE.count("```chain-declared\n") > 3
    assert len(ERRORS) == PAGE.count("```chain-error\n") > 5


@pytest.mark.parametrize("name", [*all_functions(), *sorted(calls.SIZED)])
def test_every_function_is_mentioned(name: str) -> None:
    assert re.search(rf"`{re.escape(name)}[(`]", PAGE)


def test_every_sign_is_mentioned() -> None:
    for sign in set(lexer.SIGNS) - set("[](),:") - {"=", ":="}:
        assert f"`{sign}`" in PAGE


@pytest.mark.parametrize("limit", [lexer.MAX_CHARACTERS, lexer.MAX_TOKENS, lexer.MAX_DIGITS])
def test_the_limits_are_the_ones_stated(limit: int) -> None:
    assert f"| {limit:,} |" in PAGE
