"""The claims of five lectures, line by line, against the verdicts that people gave them.

A line of `lectures/*.txt` is a claim; behind it stand its line in the lecture, the listed verdict,
and the cause of what is wrong.  Lines without a remark introduce a name by a formula.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from chainrule.graph.source import Source
from chainrule.marking.marker import Marker
from chainrule.marking.report import Claim

LECTURES = Path(__file__).parent / "lectures"
PROBLEMS = Path(__file__).parents[2] / "examples"
LISTED = ("000-C", "002-A", "004-A")
EXAMINED = {  # by hand, before they were marked: how many claims each has
    "001-A": 6,
    "001-D": 1,
    "003-1.x1": 47,
    "003-1.x2": 37,
    "003-1.x3": 33,
    "003-1d": 16,
    "003-2b": 2,
    "003-2c": 8,
    "003-2d": 19,
}
NAMES = (*LISTED, *EXAMINED)

VERDICTS = {
    "given": {"exact"},
    "exact": {"exact"},
    "rounded": {"exact"},  # right as far as its digits go
    "consistent": {"consistent", "follow-through"},  # with earlier rounded values
    "truncated": {"truncated"},
    "cut": {"truncated", "consistent"},  # and within the rounding of what it comes from
    "wrong": {"wrong"},
}
# Each cause, and the codes of the catalogue that name it rightly.
CAUSES = {
    "sign": {"sign", "sign-of-cells"},
    "decimal slip": {"decimal"},
    "digit misread": {"digit", "arithmetic", "misquoted", "miscopied"},
    "missing cell": {"missing-cells"},
    "shape": {"shape", "wrong-shape", "misquoted"},
    "clipped logarithm": {"clipped"},
    "clipped probability": {"clipped"},
}
OUTSIDE = {"other argument", "misread formula"}  # no cause that a catalogue could hold
REMARK = re.compile(r"#\s+L\d+ (?P<verdict>\w+)(: (?P<cause>.+))?$")


class Listed(NamedTuple):
    """What is listed for a line of a transcribed solution."""

    name: str
    line: int
    text: str
    verdict: str
    cause: str


def listed(name: str) -> list[Listed]:
    text = (LECTURES / f"{name}.txt").read_text("utf-8")
    rows = [(at, row, REMARK.search(row)) for at, row in enumerate(text.split("\n"), 1)]
    return [
        Listed(name, at, row.split("#")[0].strip(), found["verdict"], found["cause"] or "")
        for at, row, found in rows
        if found
    ]


ALL = [one for name in NAMES for one in listed(name)]
WRONG = [one for one in ALL if one.cause in CAUSES]


@cache
def marked(name: str) -> dict[int, Claim]:
    """The last claim of each line: what stands before it in an equality chain leads to it."""
    problem = (PROBLEMS / f"{name}.chain").read_text("utf-8")
    report = Marker(Source(problem)).check((LECTURES / f"{name}.txt").read_text("utf-8"))
    return {claim.line: claim for claim in report.claims}


def show(one: Listed) -> str:
    return f"{one.name}:{one.line}"


def test_every_value_claim_is_transcribed() -> None:
    assert [len(listed(name)) for name in LISTED] == [66, 94, 34]
    assert {name: len(listed(name)) for name in EXAMINED} == EXAMINED


@pytest.mark.parametrize("one", ALL, ids=show)
def test_verdict(one: Listed) -> None:
    claim = marked(one.name)[one.line]
    assert claim.verdict in VERDICTS[one.verdict], f"{one.text}: {claim}"


def test_every_cause_is_known() -> None:
    assert {one.cause for one in ALL if one.verdict == "wrong"} == CAUSES.keys() | OUTSIDE


def test_four_of_five_causes_are_named() -> None:
    unnamed = [one for one in WRONG if not CAUSES[one.cause] & named(one)]
    assert len(unnamed) <= len(WRONG) / 5, [(one.text, one.cause, named(one)) for one in unnamed]


def named(one: Listed) -> set[str]:
    return {mistake.code for mistake in marked(one.name)[one.line].mistakes}
