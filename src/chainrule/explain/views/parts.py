"""Parts that every view has: conventions, forward pass, updates, answers, verification."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import zip_longest

import numpy as np

from chainrule.explain.derivation import Derivation, ForwardStep, Verified
from chainrule.explain.explanation import Equal, Sentence, Step
from chainrule.explain.forward import forward_steps
from chainrule.explain.language.sources import check_method, check_point
from chainrule.explain.numbers.evaluation import Evaluation
from chainrule.explain.numbers.from_shown import follows_from_shown
from chainrule.explain.numbers.shown import Shown, Value
from chainrule.explain.options import Options
from chainrule.explain.solution import declared, explainable
from chainrule.explain.topics import Topic
from chainrule.explain.views.layout import laid_out_value
from chainrule.explain.writing import Writer, written_latex
from chainrule.graph.node import Node, Shape, size_of, topological
from chainrule.notation.formula import Expression, Formula, Matrix, Number, inline
from chainrule.notation.latex import latex_name
from chainrule.notation.numbers import significant
from chainrule.paper.program import Asked, Paper, Question, Updated

__all__ = [
    "AGREES",
    "answers_part",
    "checked",
    "conventions_said",
    "each_once",
    "forward_part",
    "given_part",
    "is_whole",
    "kept_by_hand",
    "others_part",
    "part",
    "result_side",
    "too_few_digits",
    "underflow",
    "updates_part",
]


AGREES = 1e-4  # a larger relative difference is none of the rounding of central differences


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


def given_part(paper: Paper, asked: Sequence[Asked], evaluation: Evaluation) -> Step | None:
    """What the derivatives are made from: the given numbers, and what is declared."""
    needed = frozenset(topological([one.of for one in asked]))
    needed |= {update.new for update in paper.updates}
    givens = [one for one in paper.givens if one.node in needed or not paper.questions]
    values = evaluation.values([one.node for one in givens])
    writer = Writer(evaluation.source)
    steps = [
        Step(
            "quantity",
            what=writer.name(one.node),
            sides=(result_side(evaluation.shown(value)),),
            shape=one.node.shape,
        )
        for one, value in zip(givens, values, strict=True)
        if value is not None
    ]
    said = [Sentence("declared", (("text", text),)) for text in declared(paper)]
    steps += [Step("remark", remarks=tuple(said))] if said else []
    return part("given", steps) if steps else None


def others_part(paper: Paper, shown: Sequence[ForwardStep], evaluation: Evaluation) -> Step | None:
    """The named quantities that no derivative needed, such as those made from derivatives."""
    known = {step.name.text for step in shown}
    steps = forward_steps(evaluation.source, evaluation, but=known)
    found = [_forward_step(one, evaluation) for one in steps]
    return part("others", found) if found else None


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
    """What is said of entries that are shown as 0 and are none, or need not be."""
    if value is None:
        return []
    said = {
        "underflow": value.has_underflow,
        "cancelled": value.has_cancelled,
        "rounded_to_zero": value.is_rounded_to_zero,
    }
    return [Sentence(code) for code, is_so in said.items() if is_so]


def too_few_digits(
    node: Node,
    numbers: Callable[[Node], Shown | None],
    value: Value | None,
    evaluation: Evaluation,
) -> list[Sentence]:
    """What is said where the displayed `numbers`, put into a formula, lead to another result.

    `numbers` gives those of the nodes that the formula reads, as `Writer.substituted` takes them.
    """
    if value is None or evaluation.options.by_hand:
        return []
    shown = evaluation.shown(value)
    follows = follows_from_shown(node, numbers, shown, evaluation.options)
    return [] if follows else [Sentence("scalar:digits")]


def checked(found: Verified | None, options: Options) -> list[Sentence]:
    """How a result was verified; by hand, it is the unrounded one that was."""
    if found is None:
        return [Sentence("not_verified")]
    details: list[tuple[str, str | Sentence]] = [
        ("method", check_method(found.method)),
        ("largest", _short(found.largest_error)),
        ("relative", _short(found.relative_error)),
    ]
    if found.relative_error > AGREES:
        return [Sentence("check_differs", tuple(details[:1] + details[2:]))]
    if found.at is not None:
        return [Sentence("verified_at", (*details, ("at", check_point(found.at))))]
    return [Sentence("verified_unrounded" if options.by_hand else "verified", tuple(details))]


def kept_by_hand(derivation: Derivation, options: Options) -> list[Sentence]:
    """How far a result by hand is from the true one."""
    if derivation.differs is not None:
        return [Sentence("by_hand_differs", (("difference", _short(derivation.differs)),))]
    is_lost = options.by_hand and derivation.result is not None
    return [Sentence("by_hand_lost")] if is_lost else []


def _short(error: float) -> str:
    return significant(error, 2)


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
    """The questions that are no derivative by themselves; of functions, those that are, too."""
    led_to = {topic.question for topic in topics if topic.question is not None}
    whole = is_whole(paper, topics)
    found = [
        question
        for question in paper.questions
        if question in led_to or (whole and not _is_quotient(question))
    ]
    steps = list(_answers(found, paper, evaluation))
    return part("answers", steps) if steps else None


def _is_quotient(question: Question) -> bool:
    """∂l/∂W: what is derived stands under just this symbol; not so grad(f)(1, 2)."""
    return question.is_plain and question.text.startswith(("∂", "d"))


def is_whole(paper: Paper, topics: Sequence[Topic]) -> bool:
    """Whether all that a program asks for is explained, not only what was named."""
    asked = {one for topic in topics for one in topic.asked}
    wanted = [one for question in paper.questions for one in question.asked]
    return bool(asked & set(wanted)) and asked.issuperset(wanted)


def _answers(questions: Sequence[Question], paper: Paper, evaluation: Evaluation) -> Iterator[Step]:
    """Each answer; by hand, the updated quantities and the answers before stand in later ones."""
    given = _displayed_updates(paper, evaluation) if evaluation.options.by_hand else {}
    for question in questions:
        (value,) = evaluation.values([question.node], given)
        if value is None:
            side = Equal(_closed(paper, question))
        else:
            side = result_side(_answer(question, value, evaluation))
            given |= {question.node: value} if evaluation.options.by_hand else {}
        what = Expression(question.text, written_latex(question.text))
        yield Step("quantity", what=what, sides=(side,), shape=_shape(question, evaluation.options))


def _displayed_updates(paper: Paper, evaluation: Evaluation) -> dict[Node, Value]:
    nodes = [update.new for update in paper.updates]
    found = zip(nodes, evaluation.values(nodes), strict=True)
    return {node: value for node, value in found if value is not None}


def _answer(question: Question, value: Value, evaluation: Evaluation) -> Shown:
    """The answer; a matrix of one derivative as the layout wants it."""
    if _is_matrix(question):
        (asked,) = question.asked
        value = laid_out_value(value, asked.of.shape, asked.wrt.shape, evaluation.options)
    return evaluation.shown(value)


def _is_matrix(question: Question) -> bool:
    one = question.asked
    return question.is_plain and len(one) == 1 and one[0].of.shape != () and question.node.ndim == 2


def _shape(question: Question, options: Options) -> Shape:
    shape = question.node.shape
    turned = _is_matrix(question) and options.layout == "denominator"
    return shape[::-1] if turned else shape


def _closed(paper: Paper, question: Question) -> Formula:
    """What a question without numbers comes to."""
    from chainrule.explain.closed_form import closed_expression

    return closed_expression(explainable(paper), question.node)
