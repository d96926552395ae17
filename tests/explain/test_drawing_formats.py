"""Drawings as SVG, as a page, as text, as data."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from html import unescape

import pytest
from hypothesis import given, settings
from tests.explain.drawings import EXAMPLES, LECTURE, drawing, drawings, named, paper_in

from chainrule.explain.drawing.build import drawing_of
from chainrule.explain.drawing.canvas import SIZES
from chainrule.explain.drawing.data import drawing_json
from chainrule.explain.drawing.graph import Block, Constant, Drawing, Edge, Gradient, Quantity
from chainrule.explain.drawing.measure import cells
from chainrule.explain.drawing.page import page
from chainrule.explain.drawing.svg import svg
from chainrule.explain.drawing.text import text_lines
from chainrule.explain.explanation import Sentence
from chainrule.explain.options import Options

SVG = "{http://www.w3.org/2000/svg}"


# --- SVG and HTML ---------------------------------------------------------------------------------


def parsed(found: Drawing) -> ElementTree.Element:
    return ElementTree.fromstring(svg(found))


def test_every_text_says_how_long_it_is() -> None:
    root = parsed(drawing_of(paper_in("002-A.chain"), options=Options(language="ko")))
    texts = list(root.iter(f"{SVG}text"))
    assert any(cells(one.text or "") > len(one.text or "") for one in texts)  # Hangul
    for one in texts:
        size = SIZES[one.attrib["class"]]
        assert float(one.attrib["font-size"]) == size
        assert float(one.attrib["textLength"]) == pytest.approx(
            0.6 * size * cells(one.text or ""), abs=0.06
        )


def test_the_layers_are_groups() -> None:
    root = parsed(drawing_of(LECTURE))
    styles = {
        group.attrib["id"]: {text.attrib["class"] for text in group.iter(f"{SVG}text")}
        for group in root.iter(f"{SVG}g")
    }
    assert styles == {
        "graph": {"title", "name"},
        "forward": {"formula", "value", "constant"},
        "backward": {"gradient", "local"},
    }


@pytest.mark.parametrize(("layers", "empty"), [("forward", "backward"), ("backward", "forward")])
def test_a_layer_may_be_left_out(layers: str, empty: str) -> None:
    root = parsed(drawing_of(LECTURE, layers=layers))
    counts = {group.attrib["id"]: len(list(group)) for group in root.iter(f"{SVG}g")}
    assert counts[empty] == 0
    assert counts[layers] > 0


HOSTILE = "<script>alert(1)</script>]]>&\"'\x00<!--"


def hostile_drawing() -> Drawing:
    block = Block("=", (HOSTILE,))
    quantity = Quantity(
        HOSTILE, "given", "", (), block, Gradient(HOSTILE, block), (Constant(HOSTILE, (), block),)
    )
    edge = Edge(0, 1, HOSTILE, (1, 1), (HOSTILE,), block)
    title = Sentence("drawing:title", (("of", HOSTILE),))
    return Drawing(title, (quantity, quantity), (edge,), quantity.constants)


def test_names_do_nothing_but_stand_there() -> None:
    clean = drawing_json(hostile_drawing())
    found = page(hostile_drawing())
    assert "<script" not in found
    assert "<!--" not in found
    assert clean["quantities"][0]["name"] == HOSTILE
    assert "<script>alert(1)</script>" in unescape(found)


def test_formulas_are_shown_on_one_line_of_printable_text() -> None:
    found = drawing("x = [1,\n  2]\ny = sum(x *\n\t  2)")
    assert named(found, "y").formula == "sum(x * 2)"


def test_the_page_stands_by_itself() -> None:
    found = page(drawing_of(LECTURE))
    assert re.findall(r"https?://(?!www\.w3\.org/2000/svg)", found) == []
    assert re.findall(r"<(script|link|img|iframe|object)", found) == []
    assert re.findall(r'<input type="checkbox" id="(.*?)" checked>', found) == [
        "show-forward",
        "show-backward",
    ]
    ids = re.findall(r'\sid="(.*?)"', found)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'(?:for|aria-labelledby)="(.*?)"', found)) <= {
        *ids,
        "drawing-title drawing-description",
    }


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_table_has_all_that_the_picture_has(name: str) -> None:
    found = drawing_of(paper_in(name))
    table = unescape(page(found).partition("<table>")[2])
    for quantity in found.quantities:
        assert quantity.value is None or quantity.value.text in table
        assert quantity.gradient is None or quantity.gradient.symbol in table
    for edge in found.edges:
        assert " ".join(edge.text) in table


# --- text -----------------------------------------------------------------------------------------

DIAMOND = """\
Computation graph of d

○    a = 2
│      ∂d/∂a = 40
├─●  b = a^2 = 4
│ │    ∂b/∂a = 2a = 4
│ │    ∂d/∂b = 8
●─┤  c = a * b = 8
│ │    ∂c/∂a = b = 4
│ │    ∂c/∂b = a = 2
│ │    ∂d/∂c = 2
●─╯  d = c * b / 2 = 16
       ∂d/∂c = b/2 = 2
       ∂d/∂b = c/2 = 4
       ∂d/∂d = 1
"""


def test_wires_run_down_to_what_reads_them() -> None:
    found = drawing("a = 2\nb = a^2\nc = a * b\nd = c * b / 2\ndd/da")
    assert "\n".join(text_lines(found)) + "\n" == DIAMOND


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_line_is_no_wider_than_it_may_be(name: str) -> None:
    found = drawing_of(paper_in(name))
    assert max(map(cells, text_lines(found))) <= 100
    assert max(map(cells, text_lines(found, 80))) <= 80


@given(drawings(most=30))
@settings(max_examples=50, deadline=None)
def test_every_row_is_joined_to_all_it_reads(found: Drawing) -> None:
    """A wire is taken where it ends or goes on, or it is the one that the row stands on."""
    plain = [Quantity(f"q{at}", "given", "", (), None, None) for at in range(len(found.quantities))]
    bare = [Edge(one.lower, one.upper, "", (1, 1)) for one in found.edges]
    lines = list(text_lines(Drawing(found.title, tuple(plain), tuple(bare), layers="forward"), 400))
    reads = {at: len([one for one in bare if one.upper == at]) for at in range(len(plain))}
    for line in lines[2:]:
        lanes, _, name = line.rpartition(" ")
        if not lanes.strip():
            continue  # too many wires to be drawn
        count = reads[int(name.removeprefix("q"))]
        taken = sum(map(lanes.count, "├┼┤╰┴╯"))
        assert taken in ((count, count - 1) if count else (0,))
        assert ("●" in lanes) == (count > 0)


# --- data -----------------------------------------------------------------------------------------


def test_as_data() -> None:
    found = drawing_json(drawing("x : R^n\nc = 2\ny = c * x\nl = sum(y)\ndl/dx"))
    assert found["quantities"][0] == {
        "name": "x",
        "kind": "declared",
        "formula": None,
        "shape": ["n"],
        "value": None,
        "gradient": {"symbol": "∂l/∂x", "value": None},
        "constants": [],
    }
    assert found["edges"][0] == {
        "from": 0,
        "to": 1,
        "symbol": "∂y/∂x",
        "shape": ["n", "n"],
        "derivative": "c * eye(n)",
        "value": None,
    }
