"""The closed view: the derivative as one expression, derived rule by rule, then evaluated."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from chainrule.explain.closed_origin import Origin
from chainrule.explain.closed_view import AffineLine, ClosedLine, ClosedView
from chainrule.explain.explanation import Equal, Sentence, Step
from chainrule.explain.language.sources import check_method, check_point, fact_sentence
from chainrule.explain.numbers.evaluation import Evaluation
from chainrule.explain.options import Options
from chainrule.explain.solution import explainable, explainable_at
from chainrule.explain.views.examples import per_example
from chainrule.explain.views.parts import AGREES, each_once, part, result_side, underflow
from chainrule.notation.formula import Expression
from chainrule.notation.latex import latex_name
from chainrule.notation.numbers import significant
from chainrule.paper.program import Paper

__all__ = ["closed"]

NAME = re.compile(r"[^\s(),∘]+")  # dW1, but not d(x, y)
BY_ROWS = Sentence("closed:by_rows")
SAME = 1e-9  # a larger difference than this between two ways to compute is not only rounding


def closed(paper: Paper, views: Sequence[ClosedView], options: Options) -> tuple[Step, ...]:
    """Closed forms (`closed_views`), how each came about, and what it evaluates to."""
    evaluation = Evaluation(explainable(paper), options)
    return tuple(step for view in views for step in _parts(paper, view, evaluation))


def _parts(paper: Paper, view: ClosedView, evaluation: Evaluation) -> Iterator[Step]:
    layout = evaluation.options.layout
    symbols = ", ".join(line.written.symbol.text for line in view.lines if line.is_asked)
    found = [
        _facts(view),
        part("closed:forms", [_form(line, view) for line in view.lines]),
        _affine(view),
        part("closed:derivation", _derivations(view, layout)),
        _numbers(view, evaluation),
        *_examples(paper, view, evaluation.options),
        Step("remark", remarks=tuple(_checked(view))),
    ]
    yield part("derivative", [step for step in found if step is not None], symbol=symbols)


def _facts(view: ClosedView) -> Step | None:
    said = [fact_sentence(one.name, one.fact, one.where) for one in view.facts]
    return part("closed:known", [Step("remark", remarks=tuple(said))]) if said else None


def _examples(paper: Paper, view: ClosedView, options: Options) -> Iterator[Step]:
    """What the examples of a batch contribute to each gradient."""
    if not view.is_gradient:
        return
    source = explainable_at(paper, view.asked[0])
    evaluation = Evaluation(source, options)
    for one in view.asked:
        found = per_example(source, evaluation, one.of, one.wrt)
        if found is not None:
            yield found


def _name(line: ClosedLine, view: ClosedView) -> Expression:
    """What a line is called: dW1; a Jacobian, or what has no short name, by its symbol."""
    symbol = line.written.symbol
    if not view.is_gradient or not NAME.fullmatch(line.derived.name):
        return symbol
    return Expression(line.derived.name, symbol.latex)


def _form(line: ClosedLine, view: ClosedView) -> Step:
    """A line as it ends."""
    name, symbol = _name(line, view), line.written.symbol
    is_short = name != symbol
    return Step(
        "quantity",
        what=Expression(f"{name.text} = {symbol.text}", symbol.latex) if is_short else symbol,
        sides=(Equal(line.written.result),),
        shape=line.derived.shape,
        remarks=(BY_ROWS,) if line.written.is_by_rows else (),
    )


def _affine(view: ClosedView) -> Step | None:
    steps = [_affine_step(view.of, one) for one in view.affine]
    return part("closed:affine", steps) if steps else None


def _affine_step(of: str, one: AffineLine) -> Step:
    code = "closed:linear_in" if one.is_linear else "closed:affine_in"
    return Step(
        "quantity",
        what=Expression(of, latex_name(of)),
        why=Sentence(code, (("of", of), ("wrt", one.wrt))),
        sides=(Equal(Expression(one.text, one.latex)),),
    )


def _derivations(view: ClosedView, layout: str) -> Iterator[Step]:
    """How each line came about; the sentence of a rule where it is first used."""
    said: set[str] = set()
    for line in view.lines:
        yield _derivation(line, view, said, layout)
        said.update(step.rule for step in line.derived.steps)


def _derivation(line: ClosedLine, view: ClosedView, said: Iterable[str], layout: str) -> Step:
    known = set(said)
    found, written = line.derived, line.written
    is_turned = layout == "denominator" and not view.is_gradient
    given = Sentence("closed:given:transposed" if is_turned else "closed:given")
    start, origin = Equal(written.start), written.origin
    by_entries = origin is not None and origin.entries is not None
    steps = [Step("quantity", rule=Sentence("closed:matrix"), sides=(start,))] if by_entries else []
    half = len(found.steps) // 2
    for at, (step, expression) in enumerate(zip(found.steps, written.steps, strict=True)):
        if found.left_out and at == half:
            steps.append(Step("remark", remarks=(_left_out(found.left_out),)))
        rule = Sentence(f"rule:{step.rule}", (("text", step.rule),))
        why = Sentence(f"why:{step.rule}", (("text", step.sentence),))
        steps.append(
            Step(
                "quantity",
                rule=rule,
                why=None if step.rule in known else why,
                sides=(Equal(expression),),
            )
        )
        known.add(step.rule)
    if origin is None:
        origin = Origin(None, None, (), None)
    return Step(
        "quantity",
        what=_name(line, view),
        rule=origin.rule or (None if by_entries else given),
        why=origin.why,
        sides=(start if origin.entries is None else Equal(origin.entries),),
        shape=found.shape,
        remarks=origin.remarks,
        steps=tuple(steps),
    )


def _left_out(rules: Sequence[str]) -> Sentence:
    return Sentence("closed:between", (("rules", ", ".join(rules)),))


def _numbers(view: ClosedView, evaluation: Evaluation) -> Step | None:
    steps = [_evaluated(line, view, evaluation) for line in view.lines if line.written.value]
    return part("closed:numbers", steps) if steps else None


def _evaluated(line: ClosedLine, view: ClosedView, evaluation: Evaluation) -> Step:
    written = line.written
    assert written.value is not None
    sides = [] if written.is_by_rows else [Equal(written.result)]
    if written.substituted is not None and not written.is_by_rows:
        expression, is_exact = written.substituted
        exact = is_exact or evaluation.options.by_hand
        sides.append(Equal(expression, "substituted", exact))
    sides.append(result_side(evaluation.shown(written.value)))
    return Step(
        "quantity",
        what=_name(line, view),
        sides=each_once(sides),
        shape=line.derived.shape,
        remarks=tuple(underflow(written.value)),
    )


def _checked(view: ClosedView) -> Iterator[Sentence]:
    """How the closed forms were verified."""
    checks = [line.verified for line in view.lines if line.verified is not None]
    at_random = all(line.value is None for line in view.lines) or any(one.at for one in checks)
    found = [line.difference for line in view.lines if line.difference is not None]
    where = ":random" if at_random else ""
    if found:
        code = "closed:same" if max(found) <= SAME else "closed:differs"
        yield Sentence(f"{code}{where}", (("error", significant(max(found), 2)),))
    if len(found) < len(view.lines) and not at_random:
        yield Sentence("closed:not_in_full")
    yield from _by_differences(view)


def _by_differences(view: ClosedView) -> Iterator[Sentence]:
    """The largest relative error of each way to check."""
    errors: dict[tuple[str, str | None], float] = {}
    for line in view.lines:
        one = line.verified
        if one is not None:
            how = (one.method, one.at)
            errors[how] = max(errors.get(how, 0.0), one.relative_error)
    for (method, at), error in errors.items():
        details: tuple[tuple[str, str | Sentence], ...] = (
            ("method", check_method(method)),
            ("error", significant(error, 2)),
        )
        if error > AGREES:
            method_said, (_, found) = details[0], details[1]
            yield Sentence("check_differs", (method_said, ("relative", found)))
        elif at is None:
            yield Sentence("closed:differences", details)
        else:
            yield Sentence("closed:differences_at", (*details, ("at", check_point(at))))
    if not errors:
        yield Sentence("not_verified")
