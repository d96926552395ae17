"""Parts that every view has: conventions, forward pass, updates, answers, verification."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import zip_longest

import numpy as np

from chainrule.explain.derivation import ForwardStep, Verified
from chainrule.explain.explanation import Equal, Sentence, Step
from chainrule.explain.language.sources import check_method, check_point
from chainrule.explain.numbers.evaluation import Evaluation
from chainrule.explain.numbers.shown import Shown, Value
from chainrule.explain.options import Options
from chainrule.explain.solution import explainable
from chainrule.explain.topics import Topic
from chainrule.explain.writing import Writer, typewriter
from chainrule.graph.node import Node, Shape, size_of
from chainrule.notation.formula import Expression, Formula, Matrix, Number, inline
from chainrule.notation.latex import latex_name
from chainrule.notation.numbers import significant
from chainrule.paper.program import Paper, Question, Updated

__all__ = [
    "answers_part",
    "checked",
    "conventions_said",
    "each_once",
    "forward_part",
    "part",
    "result_side",
    "underflow",
    "updates_part",
]


def part(code: str, steps: Iterable[Step], **details: str) -> Step:
    """A heading over its steps."""
    return Step("part", title=Sentence(code, tuple(details.items())), steps=tuple(steps))


def each_once(sides: Sequence[Equal]) -> tuple[Equal, ...]:
    """The sides without those that the next one repeats: x = 2, not x = 2 = 2."""
    pairs = zip_longest(sides, sides[1:])
    return tuple(
        side
        for side, after in pairs
        if after is None or inline(side.formula) != inline(after.formula)
    )


def result_side(shown: Shown) -> Equal:
    """The numbers of a result."""
    return Equal(shown.formula, "result", shown.is_exact)


def conventions_said(
    said: Sequence[Sentence], has_matrices: bool, has_numbers: bool, options: Options
) -> tuple[Sentence, ...]:
    """Loss scaling, layout and flattening, and how the numbers are to be read."""
    layout = [Sentence(f"layout:{options.layout}"), Sentence(f"flatten:{options.flatten}")]
    sentences = [*said, *(layout if has_matrices else [Sentence("gradient_shape")])]
    sentences += [_digits(options)] if has_numbers else []
    return tuple(dict.fromkeys(sentences))


def _digits(options: Options) -> Sentence:
    by_hand = "_by_hand" if options.by_hand else ""
    if options.decimals is not None:
        return Sentence(f"decimals{by_hand}", (("count", str(options.decimals)),))
    return Sentence(f"digits{by_hand}", (("count", str(options.digits)),))


def forward_part(steps: Iterable[ForwardStep], evaluation: Evaluation) -> Step | None:
    """Every named value: its formula, the numbers put in, the result."""
    found = [_forward_step(one, evaluation) for one in steps]
    return part("forward", found) if found else None


def _forward_step(one: ForwardStep, evaluation: Evaluation) -> Step:
    sides = [] if one.formula is None else [Equal(one.formula)]
    if one.substituted is not None:
        exact = one.substituted_exactly or evaluation.options.by_hand
        sides.append(Equal(one.substituted, "substituted", exact))
    remarks: list[Sentence] = []
    if one.value is not None:
        sides.append(result_side(evaluation.shown(one.value)))
        remarks += underflow(one.value)
    return Step(
        "quantity",
        what=one.name,
        sides=each_once(sides),
        shape=one.shape,
        rests_on=one.reads,
        remarks=tuple(remarks),
    )


def underflow(value: Value | None) -> list[Sentence]:
    """What is said where float64 has no number as small as an entry."""
    return [Sentence("underflow")] if value is not None and value.has_underflow else []


def checked(verified: Verified | None, differs: float | None = None) -> list[Sentence]:
    """How a result was verified, and how far one by hand is from the true one."""
    said = []
    if verified is None:
        said.append(Sentence("not_verified"))
    else:
        details: list[tuple[str, str | Sentence]] = [
            ("method", check_method(verified.method)),
            ("largest", significant(verified.largest_error, 2)),
            ("relative", significant(verified.relative_error, 2)),
        ]
        if verified.at is not None:
            details.append(("at", check_point(verified.at)))
        said.append(Sentence("verified" if verified.at is None else "verified_at", tuple(details)))
    if differs is not None:
        said.append(Sentence("by_hand_differs", (("difference", significant(differs, 2)),)))
    return said


def updates_part(
    paper: Paper, topics: Sequence[Topic], evaluation: Evaluation, shown: Sequence[Step]
) -> Step | None:
    """The updates of what is differentiated by: the old value, the gradient, the new value.

    By hand, a gradient is the one that the steps before show.
    """
    wrt = {one.wrt for topic in topics for one in topic.asked}
    by_hand = _results(shown) if evaluation.options.by_hand else {}
    steps = [_update(one, evaluation, by_hand) for one in paper.updates if one.old in wrt]
    return part("updates", steps) if steps else None


def _results(steps: Sequence[Step]) -> dict[str, Formula]:
    """The last result that is shown of each quantity."""
    return {
        inline(step.what): side.formula
        for one in steps
        for step in one.walk()
        for side in step.sides
        if step.what is not None and side.role == "result"
    }


def _update(update: Updated, evaluation: Evaluation, by_hand: Mapping[str, Formula]) -> Step:
    source = evaluation.source
    symbols = {}
    if update.gradient is not None and len(update.asked) == 1:
        (asked,) = update.asked
        symbols[update.gradient] = Writer(source).symbol(asked.of, asked.wrt)
    writer = Writer(source, symbols)
    given = {
        node: value
        for node, symbol in symbols.items()
        if (value := _value(by_hand.get(symbol.text), node.shape)) is not None
    }
    nodes = list(dict.fromkeys([update.old, *symbols, *source.values, update.new]))
    values = dict(zip(nodes, evaluation.values(nodes, given), strict=True))

    def number_of(node: Node) -> Shown | None:
        value = values.get(node)
        return None if value is None else evaluation.shown(value)

    sides = [Equal(Expression(update.formula, writer.expression(update.new).latex))]
    numbers = writer.substituted(update.new, number_of)
    if numbers is not None:
        exact = numbers[1] or evaluation.options.by_hand
        sides.append(Equal(numbers[0], "substituted", exact))
    new = number_of(update.new)
    sides += [] if new is None else [result_side(new)]
    before = [("update:old", update.old, writer.name(update.old))]
    before += [("update:gradient", node, symbol) for node, symbol in symbols.items()]
    name = update.name
    return Step(
        "quantity",
        what=Expression(f"new({name})", rf"{latex_name(name)}^{{\mathrm{{new}}}}"),
        rule=Sentence("update:rule", (("name", name), ("formula", update.formula))),
        sides=tuple(sides),
        shape=update.old.shape,
        rests_on=(name, *(one.text for one in symbols.values())),
        steps=tuple(
            Step(
                "quantity",
                what=what,
                why=Sentence(code),
                sides=(result_side(shown),),
                shape=node.shape,
            )
            for code, node, what in before
            if (shown := number_of(node)) is not None
        ),
    )


def _value(shown: Formula | None, shape: Shape) -> Value | None:
    """The numbers of a matrix as they are displayed."""
    if isinstance(shown, Number):
        entries = [shown]
    elif isinstance(shown, Matrix):
        entries = [entry for row in shown.rows for entry in row if isinstance(entry, Number)]
    else:
        return None
    if len(entries) != size_of(shape) or not all(map(_is_finite, entries)):
        return None
    exact = np.empty(len(entries), dtype=object)
    exact[:] = [Fraction(entry.text) for entry in entries]
    return Value(exact.astype(float).reshape(shape), exact.reshape(shape), is_rounded=True)


def _is_finite(number: Number) -> bool:
    return number.text.lstrip("-") not in ("inf", "nan")


def answers_part(paper: Paper, topics: Sequence[Topic], evaluation: Evaluation) -> Step | None:
    """The questions that are more than one derivative, and those that are about none."""
    led_to = {topic.question for topic in topics if topic.question is not None}
    is_whole = any(question in led_to or question.is_plain for question in paper.questions)
    asked = {one for topic in topics for one in topic.asked}
    covered = all(one in asked for question in paper.questions for one in question.asked)
    found = [
        question
        for question in paper.questions
        if question in led_to or (is_whole and covered and not question.asked)
    ]
    steps = list(_answers(found, paper, evaluation))
    return part("answers", steps) if steps else None


def _answers(questions: Sequence[Question], paper: Paper, evaluation: Evaluation) -> Iterator[Step]:
    values = evaluation.values([one.node for one in questions])
    for question, value in zip(questions, values, strict=True):
        what = Expression(question.text, typewriter(question.text))
        if value is not None:
            side = result_side(evaluation.shown(value))
            yield Step("quantity", what=what, sides=(side,), shape=question.node.shape)
        else:
            side = Equal(_closed(paper, question))
            yield Step("quantity", what=what, sides=(side,), shape=question.node.shape)


def _closed(paper: Paper, question: Question) -> Formula:
    """What a question without numbers comes to."""
    from chainrule.explain.closed_form import closed_expression

    return closed_expression(explainable(paper), question.node)
