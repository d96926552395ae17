"""A drawing as one HTML page that stands by itself: two switches, the picture, and a table of it.

The switches are check boxes and a style sheet: no script, no request.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from chainrule.explain.drawing.graph import Drawing, Quantity
from chainrule.explain.drawing.svg import svg
from chainrule.explain.drawing.text import local_text
from chainrule.explain.explanation import Sentence
from chainrule.explain.language.catalogue import say
from chainrule.explain.printers.page_head import page_head

__all__ = ["page"]

STYLE = """\
:root { color-scheme: light dark; --ink: #1f2328; --paper: #fff; --quiet: #57606a; --rule: #d0d7de;
  --focus: #0b62b0; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e9ed; --paper: #14171b; --quiet: #aab2bc; --rule: #3d444d; --focus: #79c0ff; } }
body { color: var(--ink); background: var(--paper); font: 1rem/1.5 system-ui, sans-serif;
  margin: 0; padding: 1rem; }
h1 { font-size: 1.3rem; margin: 0 0 .5rem; }
input { margin: 0 .35rem 0 0; }
label { margin-right: 1.5rem; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; }
.picture { overflow: auto; border: 1px solid var(--rule); border-radius: 6px; margin: .7rem 0;
  max-height: 85vh; }
.picture svg { display: block; }
#show-forward:not(:checked) ~ .picture #forward,
#show-backward:not(:checked) ~ .picture #backward { display: none; }
.table { overflow-x: auto; }
table { border-collapse: collapse; }
th, td { text-align: left; vertical-align: top; border-top: 1px solid var(--rule);
  padding: .35rem .9rem .35rem 0; }
thead th { color: var(--quiet); font-weight: normal; border-top: 0; }
code { font: .9rem/1.5 ui-monospace, "DejaVu Sans Mono", monospace; display: block;
  white-space: nowrap; }
@media print { :root { color-scheme: light; } input, label { display: none; }
  .picture { border: 0; max-height: none; overflow: visible; }
  .picture svg { max-width: 100%; height: auto; } code { white-space: normal; } }
"""


def page(drawing: Drawing) -> str:
    """The drawing as a page in UTF-8; names and formulas are shown as they are.

    Raises:
        TooLarge: edges pass through more columns than anybody follows.
    """
    return "\n".join(_lines(drawing)) + "\n"


def _lines(drawing: Drawing) -> Iterator[str]:
    title = say(drawing.title, drawing.language)
    yield from page_head(title, drawing.language, STYLE)
    yield "<body>"
    yield "<main>"
    yield f"<h1>{escape(title)}</h1>"
    if drawing.has_forward:
        yield from _switch(drawing, "forward")
    if drawing.has_backward:
        yield from _switch(drawing, "backward")
    name = _word(drawing, "picture")
    yield f'<div class="picture" role="region" aria-label="{name}" tabindex="0">'
    yield svg(drawing, titled=False).rstrip()
    yield "</div>"
    yield f'<div class="table" role="region" aria-label="{escape(title)}" tabindex="0">'
    yield from _table(drawing)
    yield "</div>"
    if drawing.aside and drawing.has_forward:
        texts = ", ".join(escape(constant.text) for constant in drawing.aside)
        yield f"<p>{_word(drawing, 'aside')}: {texts}</p>"
    yield "</main>"
    yield "</body>"
    yield "</html>"


def _switch(drawing: Drawing, layer: str) -> Iterator[str]:
    """Input and label stand beside the picture, so that the style sheet reaches it from them."""
    yield f'<input type="checkbox" id="show-{layer}" checked>'
    yield f'<label for="show-{layer}">{_word(drawing, layer)}</label>'


def _table(drawing: Drawing) -> Iterator[str]:
    heads = ["quantity"]
    heads += ["value"] if drawing.has_forward else []
    heads += ["local", "gradient"] if drawing.has_backward else []
    yield "<table>"
    yield "<thead><tr>"
    yield from (f'<th scope="col">{_word(drawing, head)}</th>' for head in heads)
    yield "</tr></thead>"
    yield "<tbody>"
    for number, quantity in enumerate(drawing.quantities):
        yield "<tr>"
        yield f'<th scope="row">{_code(_named(drawing, quantity))}</th>'
        if drawing.has_forward:
            value = [quantity.value.text] if quantity.value else []
            values = [*value, *[one.text for one in quantity.constants]]
            yield f"<td>{''.join(map(_code, values))}</td>"
        if drawing.has_backward:
            edges = [one for one in drawing.edges if one.upper == number and one.text]
            yield f"<td>{''.join(_code(local_text(edge)) for edge in edges)}</td>"
            yield f"<td>{_gradient(quantity)}</td>"
        yield "</tr>"
    yield "</tbody>"
    yield "</table>"


def _named(drawing: Drawing, quantity: Quantity) -> str:
    if not quantity.formula or not drawing.has_forward:
        return quantity.name
    return f"{quantity.name} = {quantity.formula}"


def _gradient(quantity: Quantity) -> str:
    found = quantity.gradient
    return "" if found is None else _code(f"{found.symbol} {found.value.text}")


def _code(text: str) -> str:
    return f"<code>{escape(text)}</code>"


def _word(drawing: Drawing, name: str) -> str:
    return escape(say(Sentence(f"drawing:{name}"), drawing.language))
