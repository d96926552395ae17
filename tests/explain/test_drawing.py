"""Drawings: what is drawn, that its numbers are true, and that nothing lies on anything else."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from fractions import Fraction
from html import unescape
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.explain.drawings import (
    EXAMPLES,
    drawing,
    drawings,
    edge_between,
    named,
    overlaps,
    paper_in,
)

from chainrule.errors import DataProblem, TooLarge
from chainrule.explain.drawing.build import drawing_of
from chainrule.explain.drawing.canvas import SIZES
from chainrule.explain.drawing.data import drawing_json
from chainrule.explain.drawing.graph import Block, Constant, Drawing, Edge, Gradient, Quantity
from chainrule.explain.drawing.layers import ranked
from chainrule.explain.drawing.measure import cells
from chainrule.explain.drawing.page import page
from chainrule.explain.drawing.picture import pictured
from chainrule.explain.drawing.svg import svg
from chainrule.explain.drawing.text import text_lines
from chainrule.explain.explanation import Sentence
from chainrule.explain.options import Options
from chainrule.explain.solution import solve

SVG = "{http://www.w3.org/2000/svg}"
UNIT = "x = [1, 2]\nW = [[1, 0], [2, 1]]\nh = x @ W\ns = sigmoid(h)\nl = sum(s^2)\ndl/dW\ndl/dx"
LECTURE = paper_in("000-C.chain")


def numbers(text: str) -> list[float]:
    """The numbers of a value as it is shown."""
    plain = re.sub(
        "×10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)",
        lambda found: "e" + found[1].translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")),
        text,
    )
    found = re.findall(r"-?\d+(?:\.\d+)?(?:e-?\d+)?(?:/\d+)?", plain)
    return [float(Fraction(one)) for one in found]


# --- what is drawn --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_quantity_of_an_example_is_drawn_once(name: str) -> None:
    paper = paper_in(name)
    found = drawing_of(paper)
    drawn = [one.name for one in found.quantities]
    beside = {constant.name for one in found.quantities for constant in one.constants}
    beside |= {constant.name for constant in found.aside}
    own = set(paper.graph.names)
    assert own <= {*drawn, *beside}
    assert not own & set(drawn) & beside
    assert len([name for name in drawn if name in own]) == len(own & set(drawn))


@pytest.mark.parametrize("name", EXAMPLES)
def test_inputs_stand_before_what_reads_them(name: str) -> None:
    assert all(edge.lower < edge.upper for edge in drawing_of(paper_in(name)).edges)


@pytest.mark.parametrize(
    ("lower", "upper", "lines"),
    [
        ("I", "h", ("W0ᵀ",)),
        ("W0", "h", ("kron(I, eye(2))",)),
        ("h", "L", ("diag(h > 0)",)),
        ("L", "O", ("W1ᵀ",)),
        ("O", "S", ("diag(S) - outer(S, S)",)),
        ("S", "l", ("-label / S",)),
    ],
)
def test_the_local_derivatives_of_the_lecture(
    lower: str, upper: str, lines: tuple[str, ...]
) -> None:
    assert edge_between(drawing_of(LECTURE), lower, upper).text == lines


@pytest.mark.parametrize(
    ("text", "lower", "upper", "lines", "number"),
    [
        ("a = 3\nb = sigmoid(a)", "a", "b", ("b(1-b)",), "≈ 0.04518"),
        ("a = 3\nb = a + 1", "a", "b", ("1",), None),
        ("x = [1, 2, 3]\na = 5 * x[2]\nda/dx", "x", "a", ("∂a/∂x2 = 5",), None),
        ("x = [1, 2, 3]\nw = 4\na = w * x[2]\nda/dx", "x", "a", ("∂a/∂x2 = w",), "= 4"),
        ("a = [[1, 2]]\nb = sigmoid(a)", "a", "b", ("diag(vec(b * (1 - b)))",), None),
        ("w = 2\nx = [1, 2]\nb = x * w\nl = sum(b)", "w", "b", ("x",), None),
        ("x = [3, 1, 2, 5, 4, 6]\nb = cumsum(x)\nl = sum(b)", "x", "b", ("(6 × 6)",), None),
        ("x : R^n\nA : R^(m x n)\nf : R -> R\ny = f(A @ x)\nl = sum(y)\ndl/dx", "x", "y",
         ("diag(f'(A @ x)) @ A",), None),
    ],
)  # fmt: skip
def test_a_local_derivative_stands_on_its_edge(
    text: str, lower: str, upper: str, lines: tuple[str, ...], number: str | None
) -> None:
    found = edge_between(drawing(text), lower, upper)
    assert found.text == lines
    assert (found.number and found.number.text) == number


def test_constants_stand_beside_what_reads_them() -> None:
    found = drawing_of(paper_in("002-A.chain"))
    assert [one.name for one in found.aside] == ["α"]
    assert [one.name for one in named(found, "L").constants] == ["Y"]
    assert not {"α", "Y"} & {one.name for one in found.quantities}


def test_the_labels_of_a_traced_function_are_constants() -> None:
    found = drawing_of(paper_in("network.py:loss"))
    assert [one.text for one in named(found, "loss").constants] == ["T = [1 0; 0 1; 1 0]"]
    assert named(found, "W1").gradient is not None


def test_between_two_quantities_all_else_is_constant() -> None:
    found = drawing(UNIT, "s", "W")
    assert [one.name for one in found.quantities] == ["W", "h", "s"]
    assert [one.text for one in named(found, "h").constants] == ["x = [1 2]"]


def test_a_part_is_what_a_quantity_is_computed_from() -> None:
    assert [one.name for one in drawing(UNIT, "h").quantities] == ["x", "W", "h"]


def test_two_losses_and_what_stands_alone() -> None:
    found = drawing("x = 2\ny = 3\na = x^2\nb = y^3\nc = 5\nda/dx\ndb/dy")
    shown = {one.name: one.gradient and one.gradient.symbol for one in found.quantities}
    assert shown == {"x": "∂a/∂x", "a": "∂a/∂a", "y": "∂b/∂y", "b": "∂b/∂b"}
    assert [one.text for one in found.aside] == ["c = 5"]


def test_a_function_is_drawn_at_the_point_it_is_differentiated_at() -> None:
    found = drawing("f(x, y) = x * y\ngrad(f)(2, 3)")
    assert [(one.name, one.value and one.value.text) for one in found.quantities] == [
        ("(x, y)", "= [2 3]"),
        ("f", "= 6"),
    ]
    gradient = found.quantities[0].gradient
    assert gradient is not None
    assert numbers(gradient.value.text) == [3, 2]


def test_without_numbers_there_are_spaces_and_closed_forms() -> None:
    found = drawing("x : R^n\nA : R^(n x n)\ny = A @ x\nl = x · y\ndl/dx\ndl/dy")
    assert named(found, "y").value == Block("∈", ("ℝ^n",))
    gradient = named(found, "y").gradient
    assert gradient == Gradient("∂l/∂y", Block("=", ("x",)))


@pytest.mark.parametrize(
    ("text", "of", "wrt", "said"),
    [
        ("", None, (), "names no quantity"),
        ("grad(f)(1)\nf(x) = x", None, (), None),
        ("x = 1\ny = 2\nz = x^2", "z", ("y",), "z does not depend on y"),
    ],
)
def test_what_cannot_be_drawn_is_said(
    text: str, of: str | None, wrt: tuple[str, ...], said: str | None
) -> None:
    if said is None:
        assert drawing(text, of, *wrt).quantities
        return
    with pytest.raises(DataProblem, match=said):
        drawing(text, of, *wrt)


def test_more_than_anybody_reads_is_refused() -> None:
    chain = "\n".join(f"x{at} = 2 * x{at - 1}" for at in range(1, 301))
    with pytest.raises(TooLarge, match="--of NAME or --wrt NAMES"):
        drawing(f"x0 = 1\n{chain}")
    assert len(drawing(f"x0 = 1\n{chain}", "x40").quantities) == 41


# --- the numbers are true -------------------------------------------------------------------------


@pytest.mark.parametrize("name", EXAMPLES)
def test_values_and_gradients_are_those_that_solve_finds(name: str) -> None:
    paper = paper_in(name)
    found = drawing_of(paper, options=Options(digits=12))
    solution = solve(paper)
    values = {one.name: one.value for one in solution.values} | dict(solution.givens)
    answers = {one.text.replace("d", "∂"): one.value for one in solution.answers}
    for quantity in found.quantities:
        if quantity.value is not None and quantity.name in values:
            _assert_close(quantity.value, values[quantity.name])
        if quantity.gradient is not None and quantity.gradient.symbol in answers:
            _assert_close(quantity.gradient.value, answers[quantity.gradient.symbol])


def _assert_close(shown: Block, value: np.ndarray) -> None:
    if shown.sign != "∈":
        np.testing.assert_allclose(numbers(shown.text), value.reshape(-1), rtol=1e-11, atol=1e-300)


@pytest.mark.parametrize("name", ["003-1.x1.chain", "003-1.x2.chain", "003-1.x3.chain"])
def test_a_gradient_is_the_sum_over_the_edges_of_local_derivative_times_gradient(name: str) -> None:
    found = drawing_of(paper_in(name), options=Options(digits=14))
    gradients = [numbers(one.gradient.value.text) for one in found.quantities if one.gradient]
    assert len(gradients) == len(found.quantities)
    for number, quantity in enumerate(found.quantities):
        above = [edge for edge in found.edges if edge.lower == number]
        if not above or quantity.shape != ():
            continue
        total = sum(_local_number(edge) * gradients[edge.upper][0] for edge in above)
        assert total == pytest.approx(gradients[number][0], rel=1e-10)


def _local_number(edge: Edge) -> float:
    (number,) = numbers(edge.number.text if edge.number else edge.text[0])
    return float(number)


def test_what_passes_no_derivative_on_has_a_gradient_of_zero() -> None:
    found = drawing("x = [1.5, 2.5]\ny = floor(x)\nl = sum(y)\ndl/dx")
    assert named(found, "x").gradient == Gradient("∂l/∂x", Block("=", ("0  0",), True))
    assert edge_between(found, "x", "y").text == ("0",)


@pytest.mark.parametrize(
    "text",
    [
        f"x = ones(900)\ny = {' + '.join(f'x[{at}]' for at in range(900))}\ndy/dx",
        f"x : R\ny = {' + '.join(['sin(x)'] * 900)}\ndy/dx",
        "x : R\n" + "\n".join(f"x{at + 1} = x{at} * x{at}" for at in range(60)).replace("x0", "x"),
    ],
)
def test_what_is_too_long_to_be_written_stands_as_its_shape(text: str) -> None:
    found = drawing(text)
    gradient = found.quantities[0].gradient
    assert gradient is not None
    assert len(gradient.value.text) < 40
    assert all(len(line) <= 26 for edge in found.edges for line in edge.text)


def test_equal_and_about_are_used_truthfully() -> None:
    found = drawing("x = 3\ny = x / 2\nz = sin(y)")
    signs = {one.name: one.value.sign for one in found.quantities if one.value}
    assert signs == {"x": "=", "y": "=", "z": "≈"}


# --- where it stands ------------------------------------------------------------------------------


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
