"""A drawing as SVG that stands by itself: no script, no request, light and dark.

Every text says how long it is, so that it keeps its room in whatever font a viewer has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from chainrule.explain.drawing.canvas import SIZES, Box, Bracket, Text
from chainrule.explain.drawing.graph import Drawing
from chainrule.explain.drawing.picture import Head, Picture, Wire, pictured

__all__ = ["svg"]

FONT = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace"
HEAD = 8.0  # the length of an arrow's tip
SERIF = 3.5  # how far a bracket's ends reach
LIGHT = """\
text { font-family: FONT; fill: #1f2328; }
.page { fill: #ffffff; }
.title, .name { font-weight: bold; }
.formula { fill: #57606a; }
.constant { fill: #57606a; }
.local, .gradient { fill: #a8201a; }
.box { fill: #ffffff; stroke: #57606a; stroke-width: 1.2; }
.given, .declared { fill: #eaf2fd; stroke: #2f6db5; }
.constants { fill: #f3f4f6; stroke: #8b949e; stroke-width: 1; stroke-dasharray: 3 2; }
.connector { fill: none; stroke: #8b949e; }
.wire { fill: none; stroke: #8b949e; stroke-width: 1.3; }
.bracket { fill: none; stroke: #1f2328; stroke-width: 1.1; }
.of-gradient { stroke: #a8201a; }
.head { fill: #57606a; }
.head.backward { fill: #a8201a; }
""".replace("FONT", FONT)
DARK = """\
@media (prefers-color-scheme: dark) {
text { fill: #e6e9ed; }
.page { fill: #14171b; }
.formula, .constant { fill: #aab2bc; }
.local, .gradient { fill: #ff9a8b; }
.box { fill: #1c2127; stroke: #8b949e; }
.given, .declared { fill: #152539; stroke: #6ea8e8; }
.constants { fill: #20252b; stroke: #6e7681; }
.connector { stroke: #6e7681; }
.wire { stroke: #6e7681; }
.bracket { stroke: #e6e9ed; }
.of-gradient { stroke: #ff9a8b; }
.head { fill: #aab2bc; }
.head.backward { fill: #ff9a8b; }
}
"""


def svg(drawing: Drawing, dark: bool = True, titled: bool = True) -> str:
    """The drawing as an SVG document; `dark` has it follow the viewer's colour scheme.

    Values are in the group `forward`, derivatives in the group `backward`.

    Raises:
        TooLarge: edges pass through more columns than anybody follows.
    """
    return "\n".join(_lines(pictured(drawing, titled), dark)) + "\n"


def _lines(picture: Picture, dark: bool) -> Iterator[str]:
    width, height = _short(picture.width), _short(picture.height)
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img" '
        'aria-labelledby="drawing-title drawing-description">'
    )
    yield f'<title id="drawing-title">{escape(picture.title)}</title>'
    yield f'<desc id="drawing-description">{escape(picture.description)}</desc>'
    yield f"<style>\n{LIGHT}{DARK if dark else ''}</style>"
    yield f'<rect class="page" width="{width}" height="{height}"/>'
    yield '<g id="graph">'
    yield from map(_wire, picture.wires)
    yield from (_box(box) for box in picture.boxes if box.kind != "constants")
    yield from _texts(picture.texts, "")
    yield "</g>"
    yield '<g id="forward">'
    yield from (_box(box) for box in picture.boxes if box.kind == "constants")
    yield from _layer(picture, "forward")
    yield "</g>"
    yield '<g id="backward">'
    yield from _layer(picture, "backward")
    yield "</g>"
    yield "</svg>"


def _layer(picture: Picture, layer: str) -> Iterator[str]:
    yield from (_head(head) for head in picture.heads if head.layer == layer)
    yield from (_bracket(one) for one in picture.brackets if one.layer == layer)
    yield from _texts(picture.texts, layer)


def _texts(texts: Iterable[Text], layer: str) -> Iterator[str]:
    for text in texts:
        if text.layer == layer and text.text:
            yield (
                f'<text class="{text.style}" x="{_short(text.x)}" y="{_short(text.y)}" '
                f'font-size="{_short(SIZES[text.style])}" textLength="{_short(text.width)}" '
                f'lengthAdjust="spacingAndGlyphs">{escape(text.text)}</text>'
            )


def _box(box: Box) -> str:
    kind = box.kind if box.kind in ("constants", "connector") else f"box {box.kind}"
    return (
        f'<rect class="{kind}" x="{_short(box.x)}" y="{_short(box.y)}" '
        f'width="{_short(box.width)}" height="{_short(box.height)}" rx="5"/>'
    )


def _wire(wire: Wire) -> str:
    """Level to a point, a curve to the next, in turns."""
    (x, y), *others = wire.points
    path = f"M{_short(x)} {_short(y)}"
    before = x
    for number, (x, y) in enumerate(others):
        if number % 2 == 0:
            path += f"H{_short(x)}"
        else:
            middle = (before + x) / 2
            start = others[number - 1][1]
            path += f"C{_short(middle)} {_short(start)} {_short(middle)} {_short(y)} "
            path += f"{_short(x)} {_short(y)}"
        before = x
    title = f"<title>{escape(wire.title)}</title>" if wire.title else ""
    return f'<path class="wire" d="{path}">{title}</path>'


def _bracket(bracket: Bracket) -> str:
    turn = SERIF if bracket.is_left else -SERIF
    x = _short(bracket.x + turn)
    path = f"M{x} {_short(bracket.top)}H{_short(bracket.x)}V{_short(bracket.bottom)}H{x}"
    return f'<path class="bracket of-{bracket.style}" d="{path}"/>'


def _head(head: Head) -> str:
    back = -HEAD if head.is_right else HEAD
    x, half = _short(head.x + back), HEAD * 0.45
    path = (
        f"M{_short(head.x)} {_short(head.y)}L{x} {_short(head.y - half)}V{_short(head.y + half)}Z"
    )
    return f'<path class="head {head.layer}" d="{path}"/>'


def _short(number: float) -> str:
    """A coordinate with a decimal, if it needs one."""
    return f"{number:.1f}".removesuffix(".0")
