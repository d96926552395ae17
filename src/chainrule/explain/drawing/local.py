"""How a local Jacobian is written beside an edge: a few short lines, or its shape."""

from __future__ import annotations

import re

import numpy as np

from chainrule.differentiate.compose import multiplied_out
from chainrule.errors import TooLarge
from chainrule.explain.closed_form import closed_map
from chainrule.explain.drawing.measure import cells, clean
from chainrule.explain.entries import matrix_entries
from chainrule.explain.forms import UNREADABLE, entries_formula, written_out
from chainrule.explain.source import Explainable, has_named_sizes
from chainrule.graph.node import Node, Shape, topological
from chainrule.graph.record import Record
from chainrule.jacobians.kinds import LinearMap, Zero
from chainrule.notation.compact import entry_name
from chainrule.notation.formula import inline
from chainrule.ops.broadcasting import literal, reshape

__all__ = ["ARRANGED", "LONGEST", "Local", "by_shape", "local"]

LONGEST = 26  # cells of a line beside an edge
MOST_LINES = 3
MOST_NODES = 80  # of a formula whose derivative is written
ARRANGED = [word for word in UNREADABLE if word != "eye("]
FLATTENED = re.compile(r"^(-?)diag\(reshape\((.+), to=\[[^\[\]]*\]\)\)$")
COLUMN = re.compile(r"^(-?)reshape\((.+), to=\[[^\[\]]*\]\)(| / [^()]+)$")
NO_LINES: tuple[str, ...] = ()


class Local(Record):
    """The lines of a local derivative; if it is a single number, its node."""

    lines: tuple[str, ...]
    number: Node | None = None


def local(source: Explainable, of: Node, wrt: Node, map_: LinearMap) -> Local:
    """∂of/∂wrt beside its edge: `W1ᵀ`, `diag(h > 0)`, `f1(1-f1)`, `∂a/∂x2 = w`; else `(2 × 4)`.

    Whatever node budget there is may run out: then it is the shape.
    """
    shape = by_shape(map_.matrix_shape)
    if isinstance(map_, Zero):
        return Local(("0",))
    try:
        is_long = _is_long(source, of)
        if map_.matrix_shape == (1, 1):
            number = reshape(multiplied_out(map_), to=())
            lines = NO_LINES if is_long else _lines(_entries(source, map_))
            return Local(lines or (shape,), number)
        if is_long:
            return Local((shape,))
        entry = _only_entry(source, map_)
        if entry is not None:
            return _by_entry(source, of, wrt, *entry)
        lines = _lines(_closed(source, map_)) or _lines(_entries(source, map_))
        return Local(lines or (shape,))
    except TooLarge:
        return Local((shape,))


def by_shape(shape: Shape) -> str:
    """(2 × 4)."""
    return f"({' × '.join(map(str, shape))})"


def _is_long(source: Explainable, of: Node) -> bool:
    """Whether a formula has more in it than could be written in a few lines."""
    named = source.graph.named_nodes - {of}
    own = topological([of], lambda node: () if node in named else node.inputs)
    return len(own) > MOST_NODES


def _only_entry(source: Explainable, map_: LinearMap) -> tuple[Node, int] | None:
    """The one entry of a row that is not 0, and where; so one entry of an array is read."""
    if map_.matrix_shape[0] != 1 or has_named_sizes(map_.input_shape):
        return None
    entries = matrix_entries(map_, source.graph.named_nodes)
    if entries is None:
        return None
    found = [(entry, at) for at, entry in enumerate(entries[0]) if literal(entry) != 0]
    return found[0] if len(found) == 1 else None


def _by_entry(source: Explainable, of: Node, wrt: Node, entry: Node, at: int) -> Local:
    index = tuple(int(one) for one in np.unravel_index(at, wrt.shape))
    by = entry_name(source.name(wrt), index, source.graph.names, source.index_base)
    text = inline(entries_formula(source, np.array([[entry]], dtype=object)))
    lines = _lines(f"∂{source.name(of)}/∂{by} = {text}")
    return Local(lines or (by_shape((1, wrt.size)),), entry)


def _entries(source: Explainable, map_: LinearMap) -> str | None:
    found = written_out(source, map_)
    return None if found is None else inline(found)


def _closed(source: Explainable, map_: LinearMap) -> str | None:
    """One expression; arrays are flattened row by row, so that it need not be said."""
    factors = _factors(closed_map(source, map_).text)
    text = " @ ".join(FLATTENED.sub(r"\1diag(\2)", factor) for factor in factors)
    if map_.input_shape == ():
        text = COLUMN.sub(r"\1\2\3", text)
    return None if any(word in text for word in ARRANGED) else text


def _lines(text: str | None) -> tuple[str, ...]:
    """A text on its lines, a matrix product with a factor a line; none if it is too long."""
    text = clean(text or "")
    if cells(text) <= LONGEST:
        return (text,) if text else NO_LINES
    first, *others = _factors(text)
    found = (first, *[f"@ {one}" for one in others])
    fits = len(found) <= MOST_LINES and all(cells(line) <= LONGEST for line in found)
    return found if fits else NO_LINES


def _factors(text: str) -> list[str]:
    """The factors of a matrix product, split where no bracket is open."""
    parts, depth, start = [], 0, 0
    for at, character in enumerate(text):
        depth += (character in "([") - (character in ")]")
        if depth == 0 and text.startswith(" @ ", at):
            parts.append(text[start:at])
            start = at + 3
    return [*parts, text[start:]]
