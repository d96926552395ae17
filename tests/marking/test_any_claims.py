"""Whatever is claimed of whatever, in any order, is marked: nothing raises."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.graph.source import Source
from chainrule.marking.marker import Marker
from chainrule.marking.reports.schema import report_json

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = ("000-C", "002-A", "003-1d", "003-2d", "004-A")


@cache
def marker(name: str) -> Marker:
    return Marker(Source((EXAMPLES / f"{name}.chain").read_text("utf-8")))


@cache
def targets(name: str) -> list[str]:
    """Every quantity, every derivative of one by another, every update."""
    paper = marker(name).workbook.paper
    names = list(paper.graph.names)
    derivatives = [f"∂{of}/∂{wrt}" for of in names for wrt in names if of != wrt]
    return [*names, *derivatives, *[f"{one.name} :" for one in paper.updates]]


NUMBERS = st.sampled_from(["0", "1", "-2", "0.00", "0.5", "1.25", "-0.731", "3e-9", "12", "3/4"])


def rows(cells: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(cells, min_size=1, max_size=4).map(lambda some: f"[{', '.join(some)}]")


VALUES = NUMBERS | rows(NUMBERS) | rows(rows(NUMBERS))


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
def test_any_claims_are_marked(name: str, data: st.DataObject) -> None:
    line = st.builds(
        lambda target, value: f"{target}= {value}", st.sampled_from(targets(name)), VALUES
    )
    text = "\n".join(data.draw(st.lists(line, min_size=1, max_size=8)))
    report = marker(name).check(text)
    assert len(report.claims) == len(text.splitlines())
    assert report_json(report)
