"""What is to be explained: the derivatives that are named, else all that a program asks for."""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.errors import DataProblem, NameProblem, ShapeError
from chainrule.graph.node import Node
from chainrule.graph.record import Record
from chainrule.paper.program import Asked, Defined, Paper, Question, Updated

__all__ = ["Topic", "asked_in", "loss_of", "names_in_list", "node_named", "topics_of"]

MOST_EXPLAINED = 50  # derivations at once: nobody reads more, and each costs a check


class Topic(Record):
    """Derivatives to explain, and the question they lead to if it asks for more than the last."""

    question: Question | None
    asked: tuple[Asked, ...]


def topics_of(paper: Paper, of: str | None = None, wrt: Sequence[str] | None = None) -> list[Topic]:
    """The derivatives of `of` by each of `wrt`, else all that the program asks for.

    A derivative is explained where it is first asked for.

    Raises:
        NameProblem: a name is not defined.
        DataProblem: nothing is asked for, or too much.
    """
    if wrt is not None:
        _check_count(len(wrt))
        top = node_named(paper, of) if of else loss_of(paper)
        return [Topic(None, tuple(Asked(top, node_named(paper, name)) for name in wrt))]
    written: list[Question | Defined | Updated]
    written = [*paper.questions, *paper.definitions, *paper.updates]
    written.sort(key=lambda one: one.span.start)
    topics = [Topic(_open_question(one), one.asked) for one in written]
    if of is not None:
        top = node_named(paper, of)
        topics = [Topic(None, tuple(a for a in topic.asked if a.of is top)) for topic in topics]
    known: set[Asked] = set()
    found = []
    for topic in topics:
        new = tuple(one for one in dict.fromkeys(topic.asked) if one not in known)
        known.update(new)
        if topic.asked:
            found.append(Topic(topic.question, new))
    if not known:
        of_what = f" of {of}; add --wrt NAME" if of else "; name one: --of l --wrt W"
        raise DataProblem(f"The file asks for no derivative{of_what}.")
    _check_count(len(known))
    return found


def _check_count(count: int) -> None:
    if count > MOST_EXPLAINED:
        raise DataProblem(
            f"{count:,} derivatives are asked for, and at most {MOST_EXPLAINED} are explained at "
            "once; name fewer with --wrt."
        )


def _open_question(written: Question | Defined | Updated) -> Question | None:
    """A question that its derivatives lead to, but do not answer as they stand."""
    return written if isinstance(written, Question) and not written.is_plain else None


def names_in_list(text: str) -> list[str]:
    """Names with commas between them.

    Raises:
        DataProblem: one is missing.
    """
    names = [name.strip() for name in text.split(",")]
    if not all(names):
        raise DataProblem(f"--wrt takes names with commas between them, not {text!r}.")
    return list(dict.fromkeys(names))


def node_named(paper: Paper, name: str) -> Node:
    """The quantity of that name.

    Raises:
        NameProblem: there is none; the message names the nearest.
    """
    if name not in paper.graph:
        from chainrule.paper.suggest import did_you_mean, quoted

        nearest = did_you_mean(name, paper.graph.names)
        raise NameProblem(f"{quoted(name)} is not defined in {paper.source.path}.{nearest}")
    return paper.graph[name]


def loss_of(paper: Paper) -> Node:
    """The number that a program differentiates, of several the one that is defined last.

    If it differentiates none, the last number that it defines.

    Raises:
        ShapeError: it defines no number.
    """
    asked = {one.of for one in asked_in(paper)}
    numbers = [node for node in map(paper.graph.__getitem__, paper.graph.names) if not node.shape]
    for node in reversed(numbers):
        if node in asked:
            return node
    for defined in reversed(paper.definitions):
        if defined.node.shape == ():
            return defined.node
    raise ShapeError("The file defines no single number to differentiate; name one with --of.")


def asked_in(paper: Paper) -> list[Asked]:
    """The derivatives in questions and updates."""
    asked = [one for question in paper.questions for one in question.asked]
    return asked + [one for update in paper.updates for one in update.asked]
