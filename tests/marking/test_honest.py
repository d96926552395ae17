"""Honest work is never wrong, whatever its digits; and what is beyond the rounding never right."""

from __future__ import annotations

import re

import numpy as np
import pytest
from benchmarks.marking_networks import Network, network, problem_text
from benchmarks.marking_students import WORKINGS, Paper, Student, student, with_slips, work
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.graph.source import Source
from chainrule.marking.marker import Marker
from chainrule.marking.report import Cell, Report

PRECISIONS = ("2 decimals", "3 decimals", "5 decimals", "2 figures", "4 figures")
SEEDS = st.integers(0, 2**32 - 1)
few = settings(max_examples=30, deadline=None)


def drawn(seed: int, precision: str, working: str) -> tuple[Network, Student, str]:
    random = np.random.default_rng(seed)
    one = network(random)
    return one, student(one, random, precision, working), problem_text(one, random)


def marked(problem: str, solution: str) -> Report:
    return Marker(Source(problem)).check(solution)


@given(SEEDS, st.sampled_from(PRECISIONS), st.sampled_from(WORKINGS))
@few
def test_honest_work_is_never_wrong(seed: int, precision: str, working: str) -> None:
    one, by, problem = drawn(seed, precision, working)
    report = marked(problem, work(one, by).text)
    assert len(report.claims) == len(by.shown)
    assert [claim for claim in report.claims if claim.verdict in ("wrong", "unreadable")] == []


@given(SEEDS, st.sampled_from(PRECISIONS), st.sampled_from((1.01, 3.0, 100.0)))
@few
def test_a_number_beyond_its_radius_is_not_accepted(
    seed: int, precision: str, times: float
) -> None:
    """The last line's first number, moved off both the true value and what was carried."""
    one, by, problem = drawn(seed, precision, "mixed")
    lines = work(one, by).text.splitlines()
    cell = marked(problem, "\n".join(lines)).claims[-1].cells[0]
    lines[-1] = lines[-1].replace(cell.claimed, moved(cell, times), 1)
    again = marked(problem, "\n".join(lines)).claims[-1].cells[0]
    assert again.verdict not in ("exact", "consistent")


def moved(cell: Cell, times: float) -> str:
    """Beyond the reported radius of every value that could be meant, with the digits kept."""
    assert cell.value is not None
    assert cell.expected is not None
    values = [cell.expected] if cell.carried is None else [cell.expected, cell.carried]
    unit = unit_of(cell.claimed)
    away = max(values) + times * cell.radius + 2 * unit
    return f"{away:.{max(0, -round(np.log10(unit)))}f}"


def unit_of(text: str) -> float:
    """The place value of the last digit: 0.01 for 0.27, 1e-11 for 2.7e-10."""
    mantissa, _, power = text.partition("e")
    return 10.0 ** (int(power or 0) - len(mantissa.partition(".")[2]))


RENAMED = {"X": "input", "T": "goal", "y": "ŷ", "L": "Cost", "η": "α"}


@given(SEEDS, st.integers(0, 2))
@few
def test_marking_is_unchanged_by_renaming(seed: int, mistakes: int) -> None:
    one, by, problem = drawn(seed, "3 decimals", "rounded")
    slips = with_slips(one, by, np.random.default_rng(seed), mistakes) if mistakes else ()
    paper = work(one, by, slips)
    original, other = marked(problem, paper.text), marked(renamed(problem), renamed(paper.text))
    assert [claim.verdict for claim in other.claims] == [claim.verdict for claim in original.claims]
    assert codes(other) == codes(original)


def renamed(text: str) -> str:
    """Every name of the problem by another: z1 by net1, W1 by weights1."""
    text = re.sub(r"\b(?P<letter>[zaWb])(?P<layer>\d)\b", r"\g<letter>_of_\g<layer>", text)
    text = re.sub(r"∂(?P<letter>[zaWb])(?P<layer>\d)\b", r"∂\g<letter>_of_\g<layer>", text)
    for old, new in RENAMED.items():
        text = re.sub(rf"(?<![\w])(∂?){old}(?!\w)", rf"\g<1>{new}", text)
    return text


def codes(report: Report) -> list[list[str]]:
    return [[mistake.code for mistake in claim.mistakes] for claim in report.claims]


@pytest.mark.parametrize("working", WORKINGS)
def test_the_generator_writes_what_it_computes(working: str) -> None:
    """Two digits of a student who makes no mistake are those of one who writes six."""
    one, by, _ = drawn(7, "2 decimals", working)
    assert numbers(work(one, by)) == pytest.approx(
        numbers(work(one, by._replace(precision="6 decimals"))), abs=0.2
    )


def numbers(paper: Paper) -> list[float]:
    lines = [text.split("=", 1)[1] for _, text in paper.lines]
    return [float(text) for line in lines for text in re.findall(r"-?[\d.]+", line)]
