"""Drawings to be tested: of programs, of random graphs; and what of a picture may not meet."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from hypothesis import strategies as st

from chainrule.cli.functions import load_function
from chainrule.explain.drawing.build import drawing_of
from chainrule.explain.drawing.canvas import Box
from chainrule.explain.drawing.graph import Block, Constant, Drawing, Edge, Gradient, Quantity
from chainrule.explain.drawing.picture import Picture, Wire
from chainrule.explain.explanation import Sentence
from chainrule.explain.options import Options
from chainrule.graph.source import Source
from chainrule.paper.elaborate import elaborate
from chainrule.paper.parser import parse
from chainrule.paper.program import Paper

__all__ = [
    "EXAMPLES",
    "LECTURE",
    "drawing",
    "drawings",
    "edge_between",
    "named",
    "overlaps",
    "paper_in",
]

ROOT = Path(__file__).parents[2]
FUNCTION = "network.py:loss"
EXAMPLES = [*sorted(path.name for path in (ROOT / "examples").glob("*.chain")), FUNCTION]
TOUCHING = 0.2  # coordinates are rounded to a tenth
Frame = tuple[float, float, float, float]


def paper_in(name: str) -> Paper:
    """The program of an example."""
    path = ROOT / "examples" / name
    if name == FUNCTION:
        return load_function(str(path), str(ROOT / "examples" / "network.npz"))
    return elaborate(parse(Source(path.read_text(encoding="utf-8"), str(path))))


LECTURE = paper_in("000-C.chain")


def drawing(text: str, of: str | None = None, *wrt: str, digits: int = 4) -> Drawing:
    """The drawing of a program."""
    paper = elaborate(parse(Source(text)))
    top = None if of is None else paper.graph[of]
    return drawing_of(paper, top, [paper.graph[name] for name in wrt], Options(digits=digits))


def named(found: Drawing, name: str) -> Quantity:
    """The one quantity of that name."""
    (quantity,) = [one for one in found.quantities if one.name == name]
    return quantity


def edge_between(found: Drawing, lower: str, upper: str) -> Edge:
    """The one edge between two quantities."""
    names = [one.name for one in found.quantities]
    (edge,) = [one for one in found.edges if (names[one.lower], names[one.upper]) == (lower, upper)]
    return edge


# --- random drawings ------------------------------------------------------------------------------

NAMES = st.text("aWxŷ손λ1", min_size=1, max_size=24)
FORMULAS = st.text("abW + *(@),손ᵀ", max_size=90).map(lambda text: " ".join(text.split()))
ROWS = st.integers(1, 5).flatmap(
    lambda count: st.integers(1, 34).map(lambda width: ("0" * width,) * count)
)
BLOCKS = st.builds(Block, st.sampled_from("=≈"), ROWS, st.booleans())
LABELS = st.lists(st.text("∂hW1=(", min_size=1, max_size=26), max_size=3).map(tuple)


@st.composite
def drawings(draw: st.DrawFn, most: int = 30) -> Drawing:
    """Any graph without cycles, with any texts."""
    count = draw(st.integers(1, most))
    few = draw(st.lists(_quantities(), min_size=1, max_size=6))
    quantities = tuple(few[at % len(few)] for at in range(count))
    pairs = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1))
    linked = draw(st.lists(pairs, max_size=3 * count, unique=True))
    ends = sorted({(min(pair), max(pair)) for pair in linked if pair[0] != pair[1]})
    labels = draw(st.lists(LABELS, min_size=1, max_size=6))
    numbers = (None, Block("≈", ("0.1234",)))
    edges = [
        Edge(lower, upper, "∂u/∂v", (1, 1), labels[at % len(labels)], numbers[at % 2])
        for at, (lower, upper) in enumerate(ends)
    ]
    layers = draw(st.sampled_from(("both", "forward", "backward")))
    return Drawing(
        Sentence("drawing:title", (("of", "u"),)), quantities, tuple(edges), layers=layers
    )


def _quantities() -> st.SearchStrategy[Quantity]:
    constants = st.builds(Constant, NAMES, st.just(()), BLOCKS)
    gradients = st.builds(Gradient, NAMES.map("∂u/∂{}".format), BLOCKS)
    return st.builds(
        Quantity,
        NAMES,
        st.sampled_from(("given", "declared", "defined")),
        FORMULAS,
        st.just(()),
        BLOCKS,
        st.none() | gradients,
        st.lists(constants, max_size=2).map(tuple),
    )


# --- what may not meet ----------------------------------------------------------------------------


def overlaps(picture: Picture) -> list[str]:
    """Every meeting of texts, of boxes, of a text and the rim of a box, of a wire and either."""
    texts = [(text.frame, text.text) for text in picture.texts]
    boxes = [(_frame(box), box.kind) for box in picture.boxes]
    found = [f"{a} / {b}" for (one, a), (other, b) in _pairs(texts) if _meet(one, other)]
    found += [f"{a} / {b}" for (one, a), (other, b) in _pairs(boxes) if _meet(one, other)]
    found += [
        f"{text} / {kind}"
        for one, text in texts
        for other, kind in boxes
        if _meet(one, other) and not _inside(one, other)
    ]
    page = (0.0, 0.0, picture.width, picture.height)
    found += [f"{what} / page" for one, what in [*texts, *boxes] if not _inside(one, page)]
    for wire in picture.wires:
        points = list(_along(wire))
        found += [
            f"wire / {what}"
            for frame, what in [*texts, *boxes]
            if any(_holds(frame, x, y) for x, y in points)
        ]
    return found


def _pairs(
    found: list[tuple[Frame, str]],
) -> Iterator[tuple[tuple[Frame, str], tuple[Frame, str]]]:
    """Those that could meet, from left to right."""
    order = sorted(found)
    for at, one in enumerate(order):
        for other in order[at + 1 :]:
            if other[0][0] >= one[0][2]:
                break
            yield one, other


def _frame(box: Box) -> Frame:
    return box.x, box.y, box.x + box.width, box.y + box.height


def _shrunk(frame: Frame) -> Frame:
    left, top, right, bottom = frame
    return left + TOUCHING, top + TOUCHING, right - TOUCHING, bottom - TOUCHING


def _meet(one: Frame, other: Frame) -> bool:
    one = _shrunk(one)
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _inside(one: Frame, other: Frame) -> bool:
    near = one[0] >= other[0] - TOUCHING and one[1] >= other[1] - TOUCHING
    return near and one[2] <= other[2] + TOUCHING and one[3] <= other[3] + TOUCHING


def _holds(frame: Frame, x: float, y: float) -> bool:
    left, top, right, bottom = _shrunk(frame)
    return left < x < right and top < y < bottom


def _along(wire: Wire) -> Iterator[tuple[float, float]]:
    """Points of a wire, as close as a letter is wide."""
    points = wire.points
    for number, ((x, y), (to_x, to_y)) in enumerate(pairwise(points)):
        steps = max(2, int(abs(to_x - x) + abs(to_y - y)) // 5)
        for step in range(steps + 1):
            t = step / steps
            bend = t if number % 2 == 0 else t * t * (3 - 2 * t)
            along = t if number % 2 == 0 else _eased(t)
            yield x + (to_x - x) * along, y + (to_y - y) * bend


def _eased(t: float) -> float:
    """How far to the right a curve is whose two middle points stand in the middle."""
    return 1.5 * t * (1 - t) ** 2 + 1.5 * t * t * (1 - t) + t**3
