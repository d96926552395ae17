"""Every number that the worked lectures ask for, through the library and through the command."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from tests.lectures.table import EXAMPLES, PROBLEMS, example, same_numbers, truth_of

from chainrule.explain.solution import Solution, solve
from chainrule.graph.source import Source
from chainrule.paper.elaborate import elaborate
from chainrule.paper.parser import parse


def solved(text: str) -> Solution:
    """From the text to the numbers, as a user of the library would go."""
    return solve(elaborate(parse(Source(text))))


def as_typed_in_the_truth(question: str) -> str:
    """∂ in the place of the d of a derivative: 000-C writes dl/dW1."""
    above, slash, below = question.partition("/")
    return f"∂{above[1:]}/∂{below[1:]}" if slash and above[0] + below[0] == "dd" else question


@pytest.mark.parametrize("problem", PROBLEMS)
def test_every_true_number_can_be_asked_for(problem: str) -> None:
    truth = truth_of(problem)
    solution = solved("\n".join([example(problem), *truth]))
    answers = solution.answers[-len(truth) :]
    for answer, (expression, wanted) in zip(answers, truth.items(), strict=True):
        assert answer.text == expression
        same_numbers(answer.value, wanted, expression)


@pytest.mark.parametrize("problem", PROBLEMS)
def test_the_example_asks_what_the_lecture_asks(problem: str) -> None:
    solution = solved(example(problem))
    found: dict[str, Any] = {one.name: one.value for one in solution.values}
    found |= {as_typed_in_the_truth(one.text): one.value for one in solution.answers}
    found |= {f"new({one.name})": one.new for one in solution.changes}
    truth = truth_of(problem)
    for name, value in found.items():
        same_numbers(value, truth[name], name)


@pytest.mark.parametrize("problem", PROBLEMS)
def test_the_command_solves_the_example(problem: str) -> None:
    command = [sys.executable, "-m", "chainrule.cli.main", "solve"]
    done = subprocess.run(
        [*command, str(EXAMPLES / f"{problem}.chain"), "--json"],
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    found = json.loads(done.stdout)
    truth = truth_of(problem)
    givens = solved(example(problem)).givens
    for name, value in givens:
        same_numbers(found["values"].pop(name)["value"], value, name)
    for name, one in (found["values"] | found["derivatives"]).items():
        wanted = truth[as_typed_in_the_truth(name)]
        same_numbers(one["value"], wanted, name)
        assert one["shape"] == list(wanted.shape)
    for name, change in found["updates"].items():
        same_numbers(change["new"], truth[f"new({name})"], name)
        same_numbers(change["gradient"], truth[f"∂L/∂{name}"], name)
        same_numbers(change["old"], dict(givens)[name], name)
    assert done.stderr == ""


def test_the_saturated_softmax_keeps_its_digits() -> None:
    """000-C: S₁ is e⁻²², so that 1 − S₀ has lost half of its digits and log S₁ is not −22."""
    solution = solved(example("000-C"))
    found = {one.name: one.value for one in solution.values}
    found |= {one.text: one.value for one in solution.answers}
    same_numbers(found["l"], 22.000000000278947, "l")
    assert f"{found['S'][1]:.9e}" == "2.789468092e-10"
    assert f"{found['dS/dO'][0, 0]:.11e}" == "2.78946809131e-10"
    assert found["dl/dS"][0] == 0
    assert found["dO/dW1"].tolist() == [[4, 0, 1, 0], [0, 4, 0, 1]]
