"""`chainrule draw`: the computation graph as SVG, PNG, HTML, text or data."""

from __future__ import annotations

import sys
from argparse import Namespace

from chainrule.cli.commands import load, print_json
from chainrule.cli.files import write_bytes
from chainrule.cli.style import form_of, style_of
from chainrule.errors import DataProblem
from chainrule.explain.drawing.build import drawing_of
from chainrule.explain.drawing.graph import Drawing
from chainrule.explain.topics import names_in_list, node_named

__all__ = ["run_draw"]

ENDINGS = {"txt": "text", "svg": "svg", "png": "png", "html": "html"}


def run_draw(options: Namespace) -> None:
    """`chainrule draw FILE`."""
    form = form_of(options, ENDINGS)
    if form == "png" and options.output is None and not options.json and sys.stdout.isatty():
        raise DataProblem("A PNG is not for a terminal; name a file: --output graph.png.")
    drawing = _drawing(options)
    if options.output is not None:
        write_bytes(options.output, _written(drawing, form))
    if options.json:
        from chainrule.explain.drawing.data import drawing_json

        print_json(drawing_json(drawing))
    elif options.output is None:
        sys.stdout.buffer.write(_written(drawing, form))


def _drawing(options: Namespace) -> Drawing:
    style = style_of(options)
    paper = load(options.file, options.args)
    of = None if options.of is None else node_named(paper, options.of)
    names = [] if options.wrt is None else names_in_list(options.wrt)
    wrt = [node_named(paper, name) for name in names]
    return drawing_of(paper, of, wrt, style, options.layers)


def _written(drawing: Drawing, form: str) -> bytes:
    if form == "svg":
        from chainrule.explain.drawing.svg import svg

        return svg(drawing).encode()
    if form == "html":
        from chainrule.explain.drawing.page import page

        return page(drawing).encode()
    if form == "png":
        from chainrule.explain.drawing.svg import svg
        from chainrule.explain.printers.raster import rasterised

        return rasterised(svg(drawing, dark=False))
    from chainrule.explain.drawing.text import text_lines

    return "".join(f"{line}\n" for line in text_lines(drawing)).encode()
