"""The chain view: the product of local Jacobians, factor by factor, as a lecturer multiplies it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from chainrule.explain.derivation import (
    Derivation,
    FactorStep,
    ForkStep,
    InnerStep,
    LinkStep,
    MatrixStep,
    PartialProduct,
)
from chainrule.explain.explanation import Equal, Sentence, Step
from chainrule.explain.map_numbers import reshaped
from chainrule.explain.numbers.evaluation import Evaluation
from chainrule.explain.numbers.shown import Shown, Value
from chainrule.explain.options import Options
from chainrule.explain.solution import explainable, explainable_at
from chainrule.explain.views.examples import per_example
from chainrule.explain.views.layout import (
    laid_out,
    laid_out_value,
    reversed_line,
    size_text,
    transposed,
)
from chainrule.explain.views.parts import (
    checked,
    each_once,
    kept_by_hand,
    part,
    result_side,
    underflow,
)
from chainrule.notation.formula import Formula, Line, Summary, inline
from chainrule.paper.program import Asked, Paper

__all__ = ["chain"]


def chain(
    paper: Paper, asked: Sequence[Asked], derivations: Sequence[Derivation], options: Options
) -> tuple[Step, ...]:
    """A part for each derivative that is asked for, of its derivation (`derive_all`)."""
    view = _Chain(Evaluation(explainable(paper), options))
    return tuple(
        view.part(derivation, _examples(paper, one, options))
        for one, derivation in zip(asked, derivations, strict=True)
    )


def _examples(paper: Paper, one: Asked, options: Options) -> Step | None:
    """What the single examples of a batch contribute to a gradient."""
    source = explainable_at(paper, one)
    return per_example(source, Evaluation(source, options), one.of, one.wrt)


class _Chain:
    """Makes the parts of derivations; a factor that was shown before is only recalled."""

    def __init__(self, evaluation: Evaluation) -> None:
        self.evaluation = evaluation
        self.options: Options = evaluation.options
        self.shown: dict[tuple[str, tuple[Formula, ...]], None] = {}
        self.said: set[Sentence] = set()  # facts by which products have a shorter form
        self.introduced: dict[str, None] = {}  # inner results that have a name by now

    def part(self, derivation: Derivation, examples: Step | None = None) -> Step:
        """One derivative: its chain, the factors, their products from the left, the result."""
        steps = list(self._chain(derivation))
        if derivation.links:
            steps += self._worked_out(derivation)
            steps += [] if examples is None else [examples]
        else:
            steps.append(Step("remark", remarks=(_unlinked(derivation),)))
        symbol = derivation.symbol.text
        if derivation.point is None:
            return part("derivative", steps, symbol=symbol)
        return part("derivative_at", steps, symbol=symbol, point=inline(derivation.point))

    def _chain(self, derivation: Derivation) -> Iterator[Step]:
        """The chain rule; nothing where there is a single factor."""
        chain = reversed_line(derivation.chain, self.options)
        if inline(chain) != derivation.symbol.text:
            rule = Sentence("chain") if derivation.links else None
            yield Step("quantity", what=derivation.symbol, rule=rule, sides=(Equal(chain),))

    def _worked_out(self, derivation: Derivation) -> list[Step]:
        """The factors, their products, the result; a lone factor that is the result only once."""
        result = self._result(derivation)
        link, *others = derivation.links
        if isinstance(link, FactorStep) and not others:
            factor = self._again(link) if self._is_shown(link) else self._factor(link)
            if not derivation.is_gradient or _has_numbers_of(factor, result):
                return [_merged(factor, result, derivation, link.value is None)]
            return [factor, result]
        return [*self._links(derivation.links), *self._products(derivation), result]

    def _links(self, links: Sequence[LinkStep]) -> list[Step]:
        """The factors and sums over paths; factors that were shown before are only named."""
        found: list[Step] = []
        recalled: list[str] = []
        for link in links:
            if isinstance(link, FactorStep) and self._is_shown(link):
                recalled.append(link.symbol.text)
                continue
            found += _recalled(recalled)
            recalled = []
            found.append(self._factor(link) if isinstance(link, FactorStep) else self._fork(link))
        return [*found, *_recalled(recalled)]

    def _is_shown(self, factor: FactorStep) -> bool:
        return self._key(factor) in self.shown

    def _key(self, factor: FactorStep) -> tuple[str, tuple[Formula, ...]]:
        return factor.symbol.text, tuple(side.formula for side in self._sides(factor))

    def _again(self, factor: FactorStep) -> Step:
        """A factor that was shown before, by its numbers; without numbers by its forms."""
        return Step(
            "quantity",
            what=factor.symbol,
            rule=factor.operation,
            sides=self._numbers(factor) or self._sides(factor),
            shape=size_text(factor.matrix_shape, self.options),
            remarks=(Sentence("shown_above"),),
        )

    def _factor(self, factor: FactorStep) -> Step:
        """One local Jacobian in every form, with the operations that it is made of."""
        self.shown[self._key(factor)] = None
        chain = [] if factor.chain is None else [Equal(reversed_line(factor.chain, self.options))]
        steps = list(self._inner(factor.inner))
        rule, why = factor.operation, factor.sentence
        if len(factor.links) == 1 and isinstance(factor.links[0], ForkStep):
            fork = self._fork(factor.links[0])
            rule, why = fork.rule, fork.why
            steps += fork.steps
        else:
            steps += self._links(factor.links)
        return Step(
            "quantity",
            what=factor.symbol,
            rule=rule,
            why=why,
            sides=(*chain, *self._sides(factor)),
            shape=size_text(factor.matrix_shape, self.options),
            rests_on=tuple(link.symbol.text for link in factor.links),
            remarks=(*factor.remarks, *underflow(factor.value)),
            steps=tuple(steps),
        )

    def _sides(self, factor: FactorStep) -> tuple[Equal, ...]:
        """Its forms and its numbers; a matrix of numbers is no formula, too."""
        numbers = self._numbers(factor)
        said = {inline(side.formula) for side in numbers}
        forms = [side for side in self._forms(factor) if inline(side.formula) not in said]
        return (*forms, *numbers)

    def _inner(self, found: Sequence[InnerStep]) -> Iterator[Step]:
        """The inner results by the names that they get; a sentence with the first of all."""
        for one in found:
            if one.name.text in self.introduced:
                continue
            why = None if self.introduced else Sentence("inner_result")
            self.introduced[one.name.text] = None
            sides = [] if one.formula is None else [Equal(one.formula)]
            if one.value is not None:
                sides.append(result_side(self.evaluation.shown(one.value)))
            yield Step("quantity", what=one.name, why=why, sides=tuple(sides), shape=one.shape)

    def _forms(self, step: MatrixStep) -> Iterator[Equal]:
        """What is true of all numbers: one expression, and the entries in symbols."""
        is_number = step.matrix_shape == (1, 1) and step.symbolic is not None
        closed = None if is_number or self._is_ordered_otherwise(step) else step.closed
        if closed is not None:
            turned = self.options.layout == "denominator" and max(step.matrix_shape) > 1
            turned = turned and not step.is_diagonal
            is_vector = 1 in step.matrix_shape
            yield Equal(transposed(closed) if turned and not is_vector else closed)
        if step.symbolic is not None and step.symbolic != closed:
            yield Equal(self._laid_out(step.symbolic, step))

    def _is_ordered_otherwise(self, step: MatrixStep) -> bool:
        """Whether a form is of arrays that are flattened by rows, and they are not here."""
        has_matrices = max(len(step.output), len(step.input)) > 1
        return self.options.flatten == "columns" and has_matrices and not step.is_diagonal

    def _numbers(self, step: MatrixStep) -> tuple[Equal, ...]:
        if not step.is_known:
            return ()
        if step.value is None:
            size = tuple(map(int, step.matrix_shape))
            summary = Summary(size, is_diagonal=step.is_diagonal)
            return (Equal(self._laid_out(summary, step), "result", is_exact=False),)
        return (result_side(self._shown(step.value, step)),)

    def _shown(self, value: Value, step: MatrixStep) -> Shown:
        if step.matrix_shape == (1, 1):
            return self.evaluation.shown(reshaped(value, ()))
        if step.is_diagonal:
            shown = self.evaluation.shown(value, "diagonal")
            return Shown(self._laid_out(shown.formula, step), shown.is_exact)
        return self.evaluation.shown(
            laid_out_value(value, step.output, step.input, self.options), "row"
        )

    def _laid_out(self, formula: Formula, step: MatrixStep) -> Formula:
        return laid_out(formula, step.output, step.input, self.options)

    def _fork(self, fork: ForkStep) -> Step:
        """A sum over paths: each path's factors and product, and the sum."""
        paths = [
            self._path(number, path, product)
            for number, (path, product) in enumerate(
                zip(fork.paths, fork.path_products, strict=True), 1
            )
        ]
        remarks = []
        if fork.count > len(fork.paths):
            details = (("shown", f"{len(fork.paths)}"), ("count", f"{fork.count:,}"))
            remarks.append(Sentence("first_paths", details))
        return Step(
            "quantity",
            what=fork.symbol,
            rule=Sentence("sum_over_paths", (("count", f"{fork.count:,}"),)),
            why=Sentence("why_paths"),
            sides=(
                Equal(reversed_line(fork.formula, self.options)),
                *([] if fork.is_known else self._forms(fork)),
                *self._numbers(fork),
            ),
            shape=size_text(fork.matrix_shape, self.options),
            remarks=tuple(remarks),
            steps=tuple(paths),
        )

    def _path(self, number: int, path: tuple[FactorStep, ...], product: PartialProduct) -> Step:
        rule = Sentence("path", (("number", str(number)),))
        if len(path) == 1:
            (only,) = path
            factor = self._again(only) if self._is_shown(only) else self._factor(only)
            return _with(factor, rule=rule)
        symbol = reversed_line(product.formula, self.options)
        return Step(
            "quantity",
            what=symbol,
            rule=rule,
            sides=(*([] if product.is_known else self._forms(product)), *self._numbers(product)),
            shape=size_text(product.matrix_shape, self.options),
            rests_on=tuple(factor.symbol.text for factor in path),
            steps=tuple(self._links(path)),
        )

    def _products(self, derivation: Derivation) -> list[Step]:
        """The partial products, from the loss on."""
        steps = [self._product(product) for product in derivation.products]
        if not steps:
            return []
        code = "products_left" if self.options.layout == "numerator" else "products_right"
        return [part(code, steps)]

    def _product(self, product: PartialProduct) -> Step:
        facts = [one for one in product.facts if one not in self.said]
        self.said.update(facts)
        formula = reversed_line(product.formula, self.options)
        symbols = product.formula.parts if isinstance(product.formula, Line) else ()
        return Step(
            "quantity",
            what=product.symbol,
            sides=(
                Equal(formula),
                *([] if product.is_known else list(self._forms(product))[::-1]),
                *self._numbers(product),
            ),
            shape=size_text(product.matrix_shape, self.options),
            rests_on=tuple(text for one in symbols if (text := inline(one)).strip() != "·"),
            remarks=(*underflow(product.value), *facts),
        )

    def _result(self, derivation: Derivation) -> Step:
        # by hand the closed form is another way there, with other rounding
        is_other_way = self.options.by_hand and derivation.result is not None
        closed = None if is_other_way else derivation.closed_form
        sides = [] if closed is None else [Equal(closed)]
        shape = derivation.result_shape
        if not derivation.is_gradient and self.options.layout == "denominator":
            shape = shape[::-1]
            sides = [] if closed is None else [Equal(transposed(closed))]
        if derivation.result is not None:
            result = derivation.result
            if not derivation.is_gradient:
                output, input_ = derivation.of_shape, derivation.wrt_shape
                result = laid_out_value(result, output, input_, self.options)
            sides.append(result_side(self.evaluation.shown(result)))
        whose = (
            Sentence("shape_of", (("name", derivation.wrt.text),))
            if derivation.is_gradient
            else Sentence(f"shape_matrix:{self.options.layout}")
        )
        step = Step(
            "quantity",
            what=derivation.symbol,
            sides=each_once(sides),
            shape=shape,
            remarks=(
                *underflow(derivation.result),
                whose,
                *([] if closed is None else derivation.facts),
                *checked(derivation.verified, self.options),
                *kept_by_hand(derivation, self.options),
            ),
        )
        return part("result", [step])


def _with(step: Step, **changed: Any) -> Step:
    values = dict(zip(step.fields, step.key(), strict=True))
    return Step(**values | changed)


def _recalled(symbols: Sequence[str]) -> list[Step]:
    """Factors that were shown before, in one line."""
    if not symbols:
        return []
    said = Sentence("factors_above", (("symbols", ", ".join(symbols)),))
    return [Step("remark", remarks=(said,))]


def _has_numbers_of(factor: Step, result: Step) -> bool:
    """Whether a result is shown as the only factor is, and not in another shape."""
    (found,) = result.steps
    if not found.sides:
        return True
    return inline(factor.sides[-1].formula) == inline(found.sides[-1].formula)


def _merged(factor: Step, result: Step, derivation: Derivation, is_too_large: bool) -> Step:
    """The factor with what is said of the result that it is."""
    (found,) = result.steps
    said = {*factor.remarks, *derivation.facts}  # the factor's own forms need no facts
    remarks = [one for one in found.remarks if one not in said]
    sides = factor.sides
    if is_too_large and derivation.result is not None:
        sides = (*sides[:-1], found.sides[-1])
    return _with(factor, sides=sides, remarks=(*factor.remarks, *remarks))


def _unlinked(derivation: Derivation) -> Sentence:
    if derivation.of == derivation.wrt:
        return Sentence("moves_with_itself")
    return Sentence("does_not_depend", (("of", derivation.of.text), ("wrt", derivation.wrt.text)))
