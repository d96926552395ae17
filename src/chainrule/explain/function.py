"""`cr.explain`: derivations of a function, or of a text in the paper language."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from operator import index
from typing import Any

from chainrule.errors import DataProblem
from chainrule.explain.explain import explanation
from chainrule.explain.explanation import Explanation
from chainrule.explain.language.catalogue import require_language
from chainrule.explain.options import Options
from chainrule.explain.topics import topics_of
from chainrule.explain.traced import paper_of
from chainrule.functions.staging import Staged
from chainrule.graph.source import Source
from chainrule.paper.elaborate import elaborate
from chainrule.paper.parser import parse
from chainrule.paper.program import Paper
from chainrule.trace.tracer import called

__all__ = ["explain"]

Wrt = str | int | Sequence[str | int] | None


def explain(
    f: Callable[..., Any] | str,
    *args: Any,
    of: str | None = None,
    wrt: Wrt = None,
    view: str = "chain",
    digits: int = 4,
    decimals: int | None = None,
    by_hand: bool = False,
    layout: str = "numerator",
    flatten: str = "rows",
    lang: str = "en",
) -> Explanation:
    """The derivation of a NumPy function's derivatives at `args`, as a lecturer would hand it out.

    `f` may also be a text in the paper language, which says itself what it asks for.  `wrt` are
    names or positions of parameters (by default all that hold real numbers); `of` is a name, by
    default the result.  The views are "chain" (factor by factor), "backward" (delta by delta),
    "scalar" (number by number, path by path) and "closed" (the closed form, rule by rule).

    Printed, the result is plain text; a notebook shows it typeset; `.to("md")`, `"latex"`,
    `"html"` give the other formats.

    >>> import numpy as np
    >>> def loss(w, x):
    ...     z = w @ x
    ...     return z**2
    >>> print(explain(loss, np.array([1.0, 2.0]), np.array([3.0, 4.0]), wrt="w"))
    ∂loss/∂w
    ========
    ...

    Raises:
        DataProblem: there is no such view, layout or language, or nothing to differentiate.
        NameProblem: there is no such parameter.
        TooLarge: it is more than anybody reads, or than the machine should do.
    """
    options = Options(digits, decimals, by_hand, layout, flatten, require_language(lang))
    if of is not None and not isinstance(of, str):
        raise DataProblem(f"of takes a name, not {of!r:.40}.")
    if isinstance(f, str):
        if args:
            raise DataProblem("A text in the paper language has its numbers in it; give no others.")
        paper = elaborate(parse(Source(f)))
    elif callable(f):
        paper = _paper(f, args)
    else:
        raise DataProblem(
            f"explain takes a function or a text in the paper language, not {f!r:.40}."
        )
    names = None if wrt is None else _names(paper, wrt)
    return explanation(paper, topics_of(paper, of, names), view, options.checked())


def _paper(function: Callable[..., Any], arguments: Sequence[Any]) -> Paper:
    """The program that a function is at these arguments."""
    name = getattr(function, "__name__", "f")
    program, values = Staged(function, called).program(list(arguments), {})
    try:
        source = Source(inspect.getsource(function), inspect.getsourcefile(function) or "")
    except (OSError, TypeError):  # written at a prompt, or no Python function
        source = Source("", name)
    return paper_of(program.trace, values, name if name.isidentifier() else "f", source)


def _names(paper: Paper, wrt: object) -> list[str]:
    """Names of what to differentiate by; a position counts the given quantities."""
    given = [one.name for one in paper.givens]
    wanted = list(wrt) if isinstance(wrt, list | tuple) else [wrt]
    names = [one if isinstance(one, str) else _at(one, given) for one in wanted]
    if not names:
        raise DataProblem("wrt names nothing to differentiate by; leave it out for everything.")
    return names


def _at(position: object, given: Sequence[str]) -> str:
    """The name of a parameter by its position."""
    try:
        at = index(position)  # type: ignore[arg-type]  # NumPy's whole numbers, too
    except TypeError:
        raise DataProblem(f"wrt takes names and positions, not {position!r:.40}.") from None
    if not 0 <= at < len(given):
        raise DataProblem(f"wrt names position {at}, and there are {len(given)} parameters.")
    return given[at]
