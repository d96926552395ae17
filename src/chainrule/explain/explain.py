"""An explanation of what is asked for, in one of the views."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING

from chainrule.errors import DataProblem, TooLarge
from chainrule.explain.derivation import Derivation, ForwardStep
from chainrule.explain.explanation import Explanation, Sentence, Step
from chainrule.explain.forward import forward_steps
from chainrule.explain.notes import comment_of, note_sentence
from chainrule.explain.numbers.evaluation import Evaluation
from chainrule.explain.options import USUAL, Options
from chainrule.explain.remarks import conventions, rows_summed
from chainrule.explain.solution import explainable, explainable_at, notes_of, values_of
from chainrule.explain.topics import Topic
from chainrule.explain.views.parts import (
    answers_part,
    conventions_said,
    forward_part,
    given_part,
    is_whole,
    others_part,
    part,
    updates_part,
)
from chainrule.explain.writing import Writer, joined, sign
from chainrule.graph.node import Array, Node, topological
from chainrule.graph.record import Record
from chainrule.notation.formula import Expression, Formula
from chainrule.notation.latex_names import latex_word
from chainrule.paper.program import Asked, Paper

if TYPE_CHECKING:  # each view is loaded where it is asked for
    from chainrule.explain.closed_view import ClosedView

__all__ = ["VIEWS", "Explained", "Own", "explained", "explanation"]

VIEWS = ("chain", "backward", "scalar", "closed")
MOST_OPERATIONS = 4_000  # below all that is asked for: about a second of work
MOST_IN_TITLE = 3  # derivatives; a file that asks for more is called by its name


class Own(Record):
    """The steps that only one view has, and what those of the chain and closed view are made of."""

    steps: tuple[Step, ...]
    derivations: Sequence[Derivation] = ()
    closed_views: Sequence[ClosedView] = ()


class Explained(Record):
    """An explanation, and what it is made from: numbers (`values_of`), and what the view found."""

    explanation: Explanation
    evaluation: Evaluation
    values: Mapping[Node, Array]
    own: Own


def explanation(
    paper: Paper, topics: Sequence[Topic], view: str = "chain", options: Options = USUAL
) -> Explanation:
    """What the topics ask for, in a view.

    Raises:
        DataProblem: there is no such view.
        TooLarge: it is more than anybody reads, or than the machine should do.
    """
    return explained(paper, topics, view, options).explanation


def explained(
    paper: Paper, topics: Sequence[Topic], view: str = "chain", options: Options = USUAL
) -> Explained:
    """What the topics ask for, in a view, with what it is made from; each is worked out once.

    Raises:
        DataProblem, TooLarge: as `explanation`.
    """
    if view not in VIEWS:
        raise DataProblem(f"The view is one of {', '.join(VIEWS)}, not {view!r:.40}.")
    options = options.checked()
    asked = list(dict.fromkeys(one for topic in topics for one in topic.asked))
    count = len(topological([one.of for one in asked]))
    if count > MOST_OPERATIONS:
        raise TooLarge(
            f"What is asked for is made of {count:,} operations, and at most "
            f"{MOST_OPERATIONS:,} are explained at once; choose nearer names with --of and --wrt."
        )
    evaluation = Evaluation(explainable(paper), options)
    own = _own(paper, asked, view, options)
    values = values_of(paper)
    forward = _forward(paper, asked, options)
    steps = [
        given_part(paper, asked, evaluation),
        _forward_part(forward, view, evaluation),
        *own.steps,
        updates_part(paper, topics, evaluation, own.steps),
        others_part(paper, forward, evaluation) if is_whole(paper, topics) else None,
        answers_part(paper, topics, evaluation),
        _notes(paper, values),
    ]
    present = [step for step in steps if step is not None and (step.steps or step.remarks)]
    has_matrices = view == "chain" or _has_matrices(asked)
    said = conventions_said(_said(paper, asked), has_matrices, bool(paper.givens), options)
    first = part("conventions", [Step("remark", remarks=said)])
    comment = comment_of(paper)
    before = [Step("remark", remarks=comment)] if comment else []
    steps_said = (*before, first, *present)
    found = Explanation(_title(paper, asked), view, steps_said, options.language)
    return Explained(found, evaluation, values, own)


def _own(paper: Paper, asked: Sequence[Asked], view: str, options: Options) -> Own:
    """What the view makes of the derivatives."""
    if view == "chain":
        from chainrule.explain.derive import derive_all
        from chainrule.explain.views.chain import chain

        derivations = derive_all(paper, asked, options)
        return Own(chain(paper, asked, derivations, options), derivations=derivations)
    if view == "closed":
        from chainrule.explain.closed_view import closed_views
        from chainrule.explain.views.closed import closed

        found = closed_views(paper, asked, options)
        return Own(closed(paper, found, options), closed_views=found)
    if view == "backward":
        from chainrule.explain.views.backward import backward

        return Own(backward(paper, asked, options))
    from chainrule.explain.views.scalar import scalar

    return Own(scalar(paper, asked, options))


def _has_matrices(asked: Sequence[Asked]) -> bool:
    """Whether some derivative is a matrix of outputs × inputs."""
    return any(one.of.shape != () for one in asked)


def _said(paper: Paper, asked: Sequence[Asked]) -> list[Sentence]:
    """Loss scaling, where derivatives sum over a batch, and from where indices count."""
    said: list[Sentence] = []
    for one in {one.of: one for one in asked}.values():
        said += conventions(explainable_at(paper, one), one.of)
    counting = [Sentence("index_base")] if paper.index_base else []
    return said + rows_summed(paper, asked) + counting


def _forward_part(steps: Sequence[ForwardStep], view: str, evaluation: Evaluation) -> Step | None:
    """The forward pass; where all are numbers the scalar view has it already."""
    if view == "scalar" and all(step.shape == () for step in steps):
        return None
    return forward_part(steps, evaluation)


def _forward(paper: Paper, asked: Sequence[Asked], options: Options) -> list[ForwardStep]:
    """What the derivatives need, in the order written; a function's own values at each point."""
    found: dict[object, ForwardStep] = {}
    for group in _by_names(asked):
        source = explainable_at(paper, group[0])
        outputs = [one.of for one in group]
        for step in forward_steps(source, Evaluation(source, options), outputs):
            found.setdefault((step.name, step.formula, step.substituted), step)
    return list(found.values())


def _by_names(asked: Sequence[Asked]) -> list[list[Asked]]:
    """The derivatives with the same names of their own."""
    groups: dict[object, list[Asked]] = {}
    for one in asked:
        groups.setdefault((one.names, one.aliases), []).append(one)
    return list(groups.values())


def _title(paper: Paper, asked: Sequence[Asked]) -> Formula:
    if len(asked) > MOST_IN_TITLE:
        name = PurePath(paper.source.path or "").stem or "chainrule"
        return Expression(name, latex_word(name))
    symbols: list[Formula] = [
        Writer(explainable_at(paper, one)).symbol(one.of, one.wrt) for one in asked
    ]
    return joined(symbols, sign(", ", r",\;"))


def _notes(paper: Paper, values: Mapping[Node, Array]) -> Step | None:
    """What the program itself is told."""
    said = tuple(map(note_sentence, notes_of(paper, values)))
    return Step("remark", remarks=said) if said else None
