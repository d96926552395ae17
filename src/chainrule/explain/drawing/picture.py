"""A drawing with everything in its place: what stands in a box, above a wire, below the whole."""

from __future__ import annotations

from collections.abc import Iterator

from chainrule.explain.drawing.canvas import BASELINE, LEADING, SIZES, Box, Bracket, Canvas, Text
from chainrule.explain.drawing.fold import Folded, folded
from chainrule.explain.drawing.graph import Constant, Drawing, Edge, Quantity
from chainrule.explain.drawing.layout import Extent, Point
from chainrule.explain.drawing.local import LONGEST
from chainrule.explain.drawing.measure import ADVANCE, cells, wrapped
from chainrule.explain.explanation import Sentence
from chainrule.explain.language.catalogue import say
from chainrule.graph.record import Record

__all__ = ["Head", "Picture", "Wire", "pictured"]

MARGIN = 20.0
PADDING = 9.0
BETWEEN = 6.0  # a box and its constants, or its gradient
ABOVE_WIRE, BELOW_WIRE = 3.0, 2.0
FORMULA_WIDTH, FORMULA_LINES = 28, 2
MOST_ASIDE = 12
LONGEST_NAME = 8  # cells of a name that what follows is aligned with
FORWARD, BACKWARD, ALWAYS = "forward", "backward", ""


class Wire(Record):
    """A line through points, as `layout.Arrangement` has it; `title` says what it carries."""

    points: tuple[Point, ...]
    title: str


class Head(Record):
    """The tip of an arrow."""

    x: float
    y: float
    is_right: bool
    layer: str


class Picture(Record):
    """Everything that is drawn.  `title` and `description` are for those who do not see it."""

    width: float
    height: float
    title: str
    description: str
    boxes: tuple[Box, ...]
    wires: tuple[Wire, ...]
    heads: tuple[Head, ...]
    texts: tuple[Text, ...]
    brackets: tuple[Bracket, ...]


def pictured(drawing: Drawing, titled: bool = True) -> Picture:
    """The drawing, laid out; with its title, if nothing else has it.

    Raises:
        TooLarge: edges pass through more columns than anybody follows.
    """
    title = say(drawing.title, drawing.language)
    canvas = Canvas()
    top = MARGIN
    if titled:
        canvas.write(MARGIN, MARGIN, title, "title", ALWAYS)
        top = canvas.height + MARGIN / 2
    extents = [_extent(quantity, drawing) for quantity in drawing.quantities]
    fold = _folded(drawing, extents)
    found = fold.arrangement
    count = len(extents)
    for quantity, extent, (x, y) in zip(drawing.quantities, extents, found.boxes, strict=False):
        _draw_quantity(canvas, quantity, drawing, x + MARGIN, y + top, extent.width)
    for (box, is_end), (x, y) in zip(fold.connectors, found.boxes[count:], strict=True):
        name = drawing.quantities[box].name
        _draw_connector(canvas, name, is_end, x + MARGIN, y + top)
    for edge, (x, y) in zip(drawing.edges, found.labels, strict=False):
        _draw_local(canvas, edge, drawing, x + MARGIN, y + top)
    wires = [[(x + MARGIN, y + top) for x, y in wire] for wire in found.wires]
    heads = list(_heads(drawing, fold, wires))
    canvas.height = max(canvas.height, top + found.height)
    _draw_aside(canvas, drawing)
    return Picture(
        round(max(canvas.width, found.width + MARGIN) + MARGIN, 1),
        round(canvas.height + MARGIN, 1),
        title,
        _description(drawing),
        tuple(canvas.boxes),
        tuple(_wires(drawing, wires)),
        tuple(heads),
        tuple(canvas.texts),
        tuple(canvas.brackets),
    )


def _folded(drawing: Drawing, extents: list[Extent]) -> Folded:
    names = [quantity.name for quantity in drawing.quantities]
    return folded(
        extents,
        [(edge.lower, edge.upper) for edge in drawing.edges],
        [_local_extent(edge, drawing) for edge in drawing.edges],
        [_connector_extent(name) for name in names],
    )


def _wires(drawing: Drawing, wires: list[list[Point]]) -> Iterator[Wire]:
    """The edges' wires, then those that end at connectors, which say nothing."""
    for number, points in enumerate(wires):
        edge = drawing.edges[number] if number < len(drawing.edges) else None
        title = f"{edge.symbol} = {' '.join(edge.text)}" if edge and edge.text else ""
        yield Wire(tuple(points), title)


def _description(drawing: Drawing) -> str:
    details = (
        ("quantities", str(len(drawing.quantities))),
        ("edges", str(len(drawing.edges))),
    )
    return say(Sentence("drawing:description", details), drawing.language)


def _heads(drawing: Drawing, fold: Folded, wires: list[list[Point]]) -> Iterator[Head]:
    """Values go to the right, derivatives come back to the left."""
    passing = {edge.lower for edge in drawing.edges if edge.text}
    passing |= {lower for (lower, _), e in zip(fold.links, drawing.edges, strict=False) if e.text}
    begun: set[int] = set()
    for (lower, _), wire in zip(fold.links, wires, strict=True):
        if drawing.has_forward:
            yield Head(*wire[-1], True, FORWARD)
        if drawing.has_backward and lower in passing and lower not in begun:
            begun.add(lower)
            yield Head(*wire[0], False, BACKWARD)


def _extent(quantity: Quantity, drawing: Drawing) -> Extent:
    """How much room a quantity takes: it is drawn on a canvas of its own."""
    canvas = Canvas()
    top, bottom = _draw_quantity(canvas, quantity, drawing, 0.0, 0.0, 0.0)
    return Extent(canvas.width, canvas.height, top, bottom)


def _draw_quantity(
    canvas: Canvas, quantity: Quantity, drawing: Drawing, x: float, y: float, width: float
) -> tuple[float, float]:
    """A quantity with its constants above it and its gradient below; the ends of its box."""
    if quantity.constants and drawing.has_forward:
        y = _draw_constants(canvas, quantity.constants, x, y) + BETWEEN
    inner = Canvas()
    bottom = _draw_inside(inner, quantity, drawing, x + PADDING, y + PADDING * 0.6)
    bottom += PADDING * 0.6
    own = max(width, inner.width - x + PADDING)
    canvas.frame(x, y, own, bottom - y, quantity.kind)
    canvas.texts += inner.texts
    canvas.brackets += inner.brackets
    if quantity.gradient is not None and drawing.has_backward:
        gradient = quantity.gradient
        canvas.value(
            x + PADDING, bottom + BETWEEN / 2, gradient.symbol, gradient.value, "gradient", BACKWARD
        )
    return y, bottom


def _draw_inside(canvas: Canvas, quantity: Quantity, drawing: Drawing, x: float, y: float) -> float:
    """The name, the formula, the value; the lower end."""
    name = quantity.name
    if not drawing.has_forward:
        canvas.write(x, y, name, "name", ALWAYS)
        return canvas.height
    value = quantity.value
    if not quantity.formula:  # a given number, or an array beside its name
        middle = (len(value.rows) - 1) * LEADING * SIZES["value"] / 2 if value else 0.0
        end = canvas.write(x, y + middle, name, "name", ALWAYS) + ADVANCE * SIZES["name"]
        lift = (SIZES["name"] - SIZES["value"]) * BASELINE
        return canvas.value(end, y + lift, "", value, "value", FORWARD) if value else canvas.height
    end = canvas.write(x, y, name, "name", ALWAYS) + ADVANCE * SIZES["name"]
    indent = end if cells(name) <= LONGEST_NAME else x + 2 * ADVANCE * SIZES["value"]
    lift = (SIZES["name"] - SIZES["formula"]) * BASELINE
    first, *others = wrapped(f"= {quantity.formula}", FORMULA_WIDTH, FORMULA_LINES)
    canvas.write(end, y + lift, first, "formula", FORWARD)
    for line in others:
        canvas.write(
            indent + 2 * ADVANCE * SIZES["formula"], canvas.height, line, "formula", FORWARD
        )
    if value is None:
        return canvas.height
    return canvas.value(indent, canvas.height, "", value, "value", FORWARD)


def _draw_constants(canvas: Canvas, constants: tuple[Constant, ...], x: float, y: float) -> float:
    """Constants in a small frame; its lower end."""
    inner = Canvas()
    inner.height = y + BETWEEN / 2
    for constant in constants:
        inner.write(x + BETWEEN, inner.height, constant.text, "constant", FORWARD)
    bottom = inner.height + BETWEEN / 2
    canvas.frame(x, y, inner.width - x + BETWEEN, bottom - y, "constants")
    canvas.texts += inner.texts
    return bottom


def _connector_extent(name: str) -> Extent:
    canvas = Canvas()
    _draw_connector(canvas, name, True, 0.0, 0.0)
    return Extent(canvas.width, canvas.height, 0.0, canvas.height)


def _draw_connector(canvas: Canvas, name: str, is_end: bool, x: float, y: float) -> None:
    """Where a wire goes on in another row, or comes from."""
    text = f"{name} →" if is_end else f"→ {name}"
    end = canvas.write(x + PADDING, y + BETWEEN / 2, text, "constant", ALWAYS)
    canvas.frame(x, y, end - x + PADDING, LEADING * SIZES["constant"] + BETWEEN, "connector")


def _draw_aside(canvas: Canvas, drawing: Drawing) -> None:
    """What nothing reads, below everything else."""
    texts = [constant.text for constant in drawing.aside] if drawing.has_forward else []
    shown = [*texts[:MOST_ASIDE], "…"] if len(texts) > MOST_ASIDE else texts
    canvas.height += 2 * BETWEEN if shown else 0.0
    for text in shown:
        canvas.write(MARGIN, canvas.height, text, "constant", FORWARD)


def _local_extent(edge: Edge, drawing: Drawing) -> Extent:
    """How much room the text on a wire takes; the wire runs between the formula and the number."""
    if not edge.text or not drawing.has_backward:
        return Extent(0.0, 0.0, 0.0, 0.0)
    canvas = Canvas()
    wire = _draw_local(canvas, edge, drawing, 0.0, 0.0)
    return Extent(canvas.width, max(canvas.height, wire + BELOW_WIRE), wire, wire)


def _draw_local(canvas: Canvas, edge: Edge, drawing: Drawing, x: float, y: float) -> float:
    """A local derivative above its wire, its number behind it or below; where the wire runs."""
    if not edge.text or not drawing.has_backward:
        return y
    number = "" if edge.number is None else edge.number.text
    fits = len(edge.text) == 1 and cells(edge.text[0]) + 1 + cells(number) <= LONGEST
    lines = [f"{edge.text[0]} {number}".rstrip()] if fits else edge.text
    for line in lines:
        canvas.write(x, y, line, "local", BACKWARD)
        y += LEADING * SIZES["local"]
    if number and not fits:
        canvas.write(x, y + ABOVE_WIRE + BELOW_WIRE, number, "local", BACKWARD)
    return y + ABOVE_WIRE
