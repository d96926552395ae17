"""Where in an explanation each quantity is found, for links and for headings that name one."""

from __future__ import annotations

from chainrule.explain.explanation import Explanation
from chainrule.graph.record import Record
from chainrule.notation.formula import Formula, inline

__all__ = ["Found", "named", "places"]


class Found(Record):
    """A quantity, and the number of the step that finds it first, as they are read."""

    number: int
    what: Formula


def places(explanation: Explanation) -> dict[str, Found]:
    """Of each quantity, as text, where it is found."""
    found: dict[str, Found] = {}
    for number, step in enumerate(explanation.walk(), 1):
        if step.what is not None and step.sides:
            found.setdefault(inline(step.what), Found(number, step.what))
    return found


def named(title: str, known: dict[str, Found]) -> list[Formula]:
    """The quantities that a title is made of, with commas between them; none if it is a sentence.

    >>> from chainrule.notation.formula import Expression
    >>> l, O = Expression("l", "l"), Expression("O", "O")
    >>> known = {"l": Found(1, l), "O": Found(2, O)}
    >>> named("l, O", known) == [l, O], named("Result of l", known)
    (True, [])
    """
    names = title.split(", ")
    return [known[name].what for name in names] if all(name in known for name in names) else []
