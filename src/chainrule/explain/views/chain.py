"""The chain view: the product of local Jacobians, factor by factor, as a lecturer multiplies it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chainrule.explain.derivation import (
    Derivation,
    FactorStep,
    ForkStep,
    LinkStep,
    MatrixStep,
    PartialProduct,
)
from chainrule.explain.derive import derive_all
from chainrule.explain.explanation import Equal, Sentence, Step
from chainrule.explain.map_numbers import reshaped
from chainrule.explain.numbers.evaluation import Evaluation
from chainrule.explain.numbers.shown import Shown, Value
from chainrule.explain.options import Options
from chainrule.explain.solution import explainable, explainable_at
from chainrule.explain.views.examples import per_example
from chainrule.explain.views.layout import laid_out, reversed_line, size_text, transposed
from chainrule.explain.views.parts import checked, each_once, part, result_side, underflow
from chainrule.notation.formula import Formula, Line, Summary, inline
from chainrule.paper.program import Asked, Paper

__all__ = ["chain"]


def chain(paper: Paper, asked: Sequence[Asked], options: Options) -> tuple[Step, ...]:
    """A part for each derivative that is asked for.

    Raises:
        TooLarge: together they are more than anybody reads.
    """
    derivations = derive_all(paper, asked, options)
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

    def part(self, derivation: Derivation, examples: Step | None = None) -> Step:
        """One derivative: its chain, the factors, their products from the left, the result."""
        steps = list(self._chain(derivation))
        if derivation.links:
            steps += [step for link in derivation.links for step in self._link(link)]
            steps += self._products(derivation)
            steps.append(self._result(derivation))
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

    def _link(self, link: LinkStep) -> Iterator[Step]:
        if isinstance(link, FactorStep):
            yield self._factor(link)
        else:
            yield self._fork(link)

    def _factor(self, factor: FactorStep) -> Step:
        """One local Jacobian in every form; its numbers alone, if it was shown before."""
        numbers = self._numbers(factor)
        said = {inline(side.formula) for side in numbers}  # a matrix of numbers is no formula, too
        forms = tuple(side for side in self._forms(factor) if inline(side.formula) not in said)
        key = (factor.symbol.text, tuple(side.formula for side in (*forms, *numbers)))
        recalled = key in self.shown
        self.shown[key] = None
        remarks = (*factor.remarks, *underflow(factor.value))
        if recalled:
            forms = () if numbers else forms
            remarks = (Sentence("shown_above"),)
        return Step(
            "quantity",
            what=factor.symbol,
            rule=factor.operation,
            why=None if recalled else factor.sentence,
            sides=(*forms, *numbers),
            shape=size_text(factor.matrix_shape, self.options),
            remarks=remarks,
        )

    def _forms(self, step: MatrixStep) -> Iterator[Equal]:
        """What is true of all numbers: one expression, and the entries in symbols."""
        is_number = step.matrix_shape == (1, 1) and step.symbolic is not None
        closed = None if is_number else step.closed
        if closed is not None:
            turned = self.options.layout == "denominator" and max(step.matrix_shape) > 1
            is_vector = 1 in step.matrix_shape
            yield Equal(transposed(closed) if turned and not is_vector else closed)
        if step.symbolic is not None and step.symbolic != closed:
            yield Equal(self._laid_out(step.symbolic, step))

    def _numbers(self, step: MatrixStep) -> tuple[Equal, ...]:
        if not step.is_known:
            return ()
        if step.value is None:
            size = tuple(map(int, step.matrix_shape))
            summary = Summary(size, is_diagonal=step.is_diagonal)
            return (Equal(self._laid_out(summary, step), "result", is_exact=False),)
        shown = self._shown(step.value, step)
        return (result_side(Shown(self._laid_out(shown.formula, step), shown.is_exact)),)

    def _shown(self, value: Value, step: MatrixStep) -> Shown:
        if step.matrix_shape == (1, 1):
            return self.evaluation.shown(reshaped(value, ()))
        return self.evaluation.shown(value, "diagonal" if step.is_diagonal else "row")

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
        factors = tuple(self._factor(factor) for factor in path)
        rule = Sentence("path", (("number", str(number)),))
        if len(path) == 1:
            (only,) = factors
            values = dict(zip(only.fields, only.key(), strict=True))
            return Step(**values | {"rule": rule})
        symbol = reversed_line(product.formula, self.options)
        return Step(
            "quantity",
            what=symbol,
            rule=rule,
            sides=(*([] if product.is_known else self._forms(product)), *self._numbers(product)),
            shape=size_text(product.matrix_shape, self.options),
            rests_on=tuple(factor.symbol.text for factor in path),
            steps=factors,
        )

    def _products(self, derivation: Derivation) -> list[Step]:
        """The partial products, from the loss on."""
        steps = [self._product(product) for product in derivation.products]
        if not steps:
            return []
        code = "products_left" if self.options.layout == "numerator" else "products_right"
        return [part(code, steps)]

    def _product(self, product: PartialProduct) -> Step:
        formula = reversed_line(product.formula, self.options)
        symbols = product.formula.parts if isinstance(product.formula, Line) else ()
        return Step(
            "quantity",
            what=product.symbol,
            sides=(
                Equal(formula),
                *([] if product.is_known else self._forms(product)),
                *self._numbers(product),
            ),
            shape=size_text(product.matrix_shape, self.options),
            rests_on=tuple(text for one in symbols if (text := inline(one)).strip() != "·"),
            remarks=tuple(underflow(product.value)),
        )

    def _result(self, derivation: Derivation) -> Step:
        sides = [] if derivation.closed_form is None else [Equal(derivation.closed_form)]
        shape = derivation.result_shape
        if not derivation.is_gradient and self.options.layout == "denominator":
            shape = shape[::-1]
            sides = [Equal(transposed(one)) for one in [derivation.closed_form] if one]
        if derivation.result is not None:
            shown = self.evaluation.shown(derivation.result)
            formula = shown.formula
            if not derivation.is_gradient:
                output, input_ = derivation.of_shape, derivation.wrt_shape
                formula = laid_out(formula, output, input_, self.options)
            sides.append(result_side(Shown(formula, shown.is_exact)))
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
            remarks=(whose, *checked(derivation.verified, derivation.differs)),
        )
        return part("result", [step])


def _unlinked(derivation: Derivation) -> Sentence:
    if derivation.of == derivation.wrt:
        return Sentence("moves_with_itself")
    return Sentence("does_not_depend", (("of", derivation.of.text), ("wrt", derivation.wrt.text)))
