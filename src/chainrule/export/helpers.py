"""The functions that written code takes along, as source."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from chainrule.export.layout import assignment, signature
from chainrule.export.types import annotation
from chainrule.notation import numpy_helpers
from chainrule.notation.numpy import Helper

__all__ = ["library_source", "made_source"]


def library_source(names: Iterable[str]) -> list[str]:
    """The sources of functions of `notation.numpy_helpers`, each with its own words.

    >>> library_source(["xdivy"])[0].splitlines()[0]
    'def xdivy(a: Any, b: Any) -> Any:'
    """
    return [inspect.getsource(getattr(numpy_helpers, name)).rstrip() for name in names]


def made_source(helper: Helper, known: Sequence[np.dtype[Any]]) -> str:
    """The source of a function that an operation became."""
    parameters = [
        (name, annotation(node, known) if node.shape else "Any") for name, node in helper.parameters
    ]
    out = signature(helper.name, parameters, ["Any"])
    out.append(f'    """{helper.about}"""')
    for target, text in helper.lines:
        out += assignment(target, text)
    if helper.loop is not None:
        head, inside = helper.loop
        out.append(f"    {head}:")
        for target, text in inside:
            out += assignment(target, text, 2)
    last = assignment("", helper.result)
    return "\n".join([*out, last[0].replace(" = ", "return ", 1), *last[1:]])
