"""Where drawings put what they draw: nothing lies on anything else."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.explain.drawings import EXAMPLES, LECTURE, drawings, overlaps, paper_in

from chainrule.explain.drawing.build import drawing_of
from chainrule.explain.drawing.graph import Drawing
from chainrule.explain.drawing.layers import ranked
from chainrule.explain.drawing.picture import pictured


@pytest.mark.parametrize("layers", ["both", "forward", "backward"])
@pytest.mark.parametrize("name", EXAMPLES)
def test_nothing_lies_on_anything_else_in_an_example(name: str, layers: str) -> None:
    assert overlaps(pictured(drawing_of(paper_in(name), layers=layers))) == []


@given(drawings(most=30))
@settings(max_examples=60, deadline=None)
def test_nothing_lies_on_anything_else_in_any_drawing(found: Drawing) -> None:
    assert overlaps(pictured(found)) == []


@given(drawings(most=100))
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
def test_nothing_lies_on_anything_else_in_any_large_drawing(found: Drawing) -> None:
    assert overlaps(pictured(found)) == []


def test_what_overlaps_is_noticed() -> None:
    picture = pictured(drawing_of(LECTURE))
    texts = picture.texts[:1] * 2 + picture.texts
    state = dict(zip(picture.fields, picture.key(), strict=True)) | {"texts": texts}
    assert (
        overlaps(type(picture)(**state)) == ["Computation graph of l / Computation graph of l"] * 3
    )


GRAPHS = st.lists(
    st.tuples(st.integers(0, 19), st.integers(0, 19)).map(sorted).map(tuple), max_size=40
).map(lambda pairs: sorted({pair for pair in pairs if pair[0] != pair[1]}))


@given(GRAPHS)
def test_every_edge_leads_to_the_right(links: list[tuple[int, int]]) -> None:
    rank = ranked(20, links)
    assert all(rank[lower] < rank[upper] for lower, upper in links)
    assert min(rank) == 0


def test_an_input_stands_beside_what_reads_it_first() -> None:
    chain = list(pairwise(range(6)))
    assert ranked(8, [*chain, (6, 4), (6, 5), (7, 6)]) == [0, 1, 2, 3, 4, 5, 3, 2]


def test_a_long_chain_goes_on_in_the_next_row_under_its_name() -> None:
    picture = pictured(drawing_of(paper_in("004-A.chain")))
    texts = [text.text for text in picture.texts]
    assert texts.count("ez →") == texts.count("→ ez") == 1
    assert picture.width < 1920
    assert [box.kind for box in picture.boxes].count("connector") == 2
