"""docs/paper-language.md: every example is solved, every error is the one shown."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from chainrule.errors import ChainruleError
from chainrule.explain.solution import Solution, solve
from chainrule.graph.source import Source
from chainrule.ops import all_functions
from chainrule.paper import calls, elaborate, lexer, parser

PAGE = (Path(__file__).parents[2] / "docs" / "paper-language.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```chain\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
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


@pytest.mark.parametrize(("text", "message"), ERRORS)
def test_an_error_is_the_one_shown(text: str, message: str) -> None:
    with pytest.raises(ChainruleError) as caught:
        solution(text)
    assert str(caught.value) == message.rstrip("\n")


def test_the_page_has_examples_and_errors() -> None:
    assert len(EXAMPLES) == PAGE.count("```chain\n") > 10
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
