"""The closed view as JSON: format 1, described in docs/json.md."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from chainrule.errors import TooLarge
from chainrule.explain.closed_view import ClosedLine, ClosedView
from chainrule.explain.schema import FORMAT, MOST_NUMBERS, Json, numbers

__all__ = ["closed_json"]


def closed_json(views: Sequence[ClosedView]) -> Json:
    """Everything that `chainrule explain --view closed` shows.

    Raises:
        TooLarge: there are too many numbers to be written out.
    """
    values = [line.value for view in views for line in view.lines]
    size = sum(value.size for value in values if value is not None)
    if size > MOST_NUMBERS:
        raise TooLarge(f"JSON is written for at most {MOST_NUMBERS:,} numbers; here are {size:,}.")
    return {"format": FORMAT, "view": "closed", "closed_forms": [_view(one) for one in views]}


def _view(view: ClosedView) -> Json:
    return {
        "of": view.of,
        "is_gradient": view.is_gradient,
        "facts": [{"name": one.name, "fact": one.fact, "source": one.where} for one in view.facts],
        "lines": [_line(one) for one in view.lines],
        "affine": [
            {"wrt": one.wrt, "linear": one.is_linear, "text": one.text, "latex": one.latex}
            for one in view.affine
        ],
    }


def _line(line: ClosedLine) -> Json:
    found = line.derived
    return {
        "name": found.name,
        "wrt": line.wrt,
        "asked": line.is_asked,
        "text": found.text,
        "latex": line.latex,
        "shape": [int(length) if type(length) is int else str(length) for length in found.shape],
        "value": None if line.value is None else numbers(line.value),
        "start": found.start,
        "steps": [
            {"rule": step.rule, "sentence": step.sentence, "text": step.text}
            for step in found.steps
        ],
        "left_out": list(found.left_out),
        "difference": line.difference,
        "verified": None
        if line.verified is None
        else {
            "method": line.verified.method,
            "largest_error": numbers(np.asarray(line.verified.largest_error)),
            "relative_error": numbers(np.asarray(line.verified.relative_error)),
            "at": line.verified.at,
        },
    }
