"""Derivations and solutions as plain text."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence

from chainrule.explain.derivation import (
    Derivation,
    FactorStep,
    ForkStep,
    ForwardStep,
    LinkStep,
    PartialProduct,
)
from chainrule.explain.solution import Answer
from chainrule.explain.substitute import array_literal
from chainrule.explain.symbolic import ClosedAnswer
from chainrule.graph.node import Array, Shape
from chainrule.notation.numbers import significant

__all__ = [
    "derivation_lines",
    "explanation_lines",
    "forward_line",
    "matrix_text",
    "shape_text",
    "space_text",
    "value_text",
]

LINE_WIDTH = 96
MOST_SHOWN = 160  # entries of a matrix that is printed in full
MOST_FORWARD = 96  # entries of a forward value that is printed in full


def explanation_lines(
    explained: Iterable[tuple[Sequence[Derivation], Answer | ClosedAnswer | None]], digits: int = 6
) -> Iterator[str]:
    """Derivations, each group with the question it answers, if that asks for more than the last.

    A forward value is shown where it is first needed.
    """
    known: set[str] = set()
    for derivations, answer in explained:
        for derivation in derivations:
            if known:
                yield ""
            yield from derivation_lines(derivation, digits, known)
            known.update(derivation.conventions)
            known.update(forward_line(step, digits) for step in derivation.forward)
        if answer is not None:
            yield ""
            yield "Answer"
            if isinstance(answer, ClosedAnswer):
                yield f"  {answer.text} = {answer.closed}"
            else:
                yield from _laid_out(f"  {answer.text} = ", matrix_text(answer.value, digits))


def derivation_lines(
    derivation: Derivation, digits: int = 6, known: Container[str] = ()
) -> Iterator[str]:
    """The lines of a derivation, without trailing newlines; `known` forward lines left out."""
    own = derivation.symbol
    title = own if derivation.point is None else f"{own} at {derivation.point}"
    yield title
    yield "=" * len(title)
    yield ""
    said = [line for line in derivation.conventions if line not in known]
    if said:
        yield from said
        yield ""
    lines = [forward_line(step, digits) for step in derivation.forward]
    forward = [line for line in lines if line not in known]
    if forward:
        yield "Forward"
        yield from (f"  {line}" for line in forward)
        yield ""
    if derivation.chain != own:
        yield "Chain"
        yield from _broken(f"  {own} = ", derivation.chain)
    else:
        yield "One local Jacobian"
    if not derivation.links:
        yield ""
        yield f"  {_unlinked(derivation)}"
        return
    shown: set[str] = set()
    for link in derivation.links:
        yield ""
        yield from _link_lines(link, digits, len(derivation.links) == 1, shown)
    if derivation.products:
        yield ""
        yield "Product, from the left"
        for product in derivation.products:
            yield from _product_lines(product, digits)
    yield ""
    yield from _result_lines(derivation, own, digits)


def _unlinked(derivation: Derivation) -> str:
    if derivation.of == derivation.wrt:
        own = "1" if derivation.is_gradient else "the identity"
        return f"Every quantity moves with itself one for one: the derivative is {own}."
    return f"{derivation.of} does not depend on {derivation.wrt}: the derivative is zero."


def forward_line(step: ForwardStep, digits: int = 6) -> str:
    """name = formula = numbers substituted = value."""
    if step.value is None:
        return f"{step.name} = {step.formula} : {space_text(step.shape)}"
    parts = [step.formula, step.substituted, value_text(step.value, digits)]
    shown = [part for part in dict.fromkeys(parts) if part]
    return f"{step.name} = " + " = ".join(shown)


def value_text(value: Array, digits: int) -> str:
    """An array as brackets of numbers; only the shape of a large one."""
    if value.size > MOST_FORWARD:
        return f"an array of {shape_text(value.shape)}"
    return array_literal(value, digits)


def _link_lines(link: LinkStep, digits: int, is_alone: bool, shown: set[str]) -> Iterator[str]:
    """A link; a factor that several paths share is written out on the first of them."""
    if isinstance(link, FactorStep):
        yield from _factor_lines(link, digits, "  ")
        return
    yield f"  {link.symbol}   ({_size(link.matrix_shape)})   a sum over {link.count:,} paths"
    if not is_alone:
        yield from _broken("    = ", link.formula)
    for number, (path, product) in enumerate(zip(link.paths, link.path_products, strict=True), 1):
        yield f"    path {number}: {product.formula}"
        for factor in path:
            if factor.symbol not in shown:
                yield from _factor_lines(factor, digits, "      ")
            shown.add(factor.symbol)
        if len(path) > 1:
            for form in _forms(product, digits):
                yield from _laid_out("      product = ", form)
    for form in _forms(link, digits):
        yield from _laid_out("    total = ", form)


def _factor_lines(factor: FactorStep, digits: int, indent: str) -> Iterator[str]:
    sentence = f"   {factor.sentence}" if factor.sentence else ""
    yield f"{indent}{factor.symbol}   ({_size(factor.matrix_shape)}){sentence}"
    is_number = factor.matrix_shape == (1, 1) and factor.symbolic is not None
    both = (None if is_number else factor.closed, factor.symbolic)
    forms = [form for form in both if form is not None]
    if factor.is_known:
        forms.append(_matrix_or_diagonal(factor, digits))
    for form in dict.fromkeys(forms):
        yield from _laid_out(f"{indent}  = ", form)
    for remark in factor.remarks:
        yield f"{indent}  {remark}"


def _matrix_or_diagonal(link: FactorStep | ForkStep | PartialProduct, digits: int) -> str:
    if link.numbers is None:
        return "too many numbers to show"
    if not link.is_diagonal:
        return matrix_text(link.numbers, digits)
    if link.numbers.size > MOST_SHOWN:
        return f"diag of {link.numbers.size:,} numbers"
    return f"diag({', '.join(significant(float(entry), digits) for entry in link.numbers)})"


def _forms(found: ForkStep | PartialProduct, digits: int) -> list[str]:
    """A product's numbers; without numbers its entries and its closed form, or its shape."""
    if found.is_known:
        return [_matrix_or_diagonal(found, digits)]
    both = (None if found.matrix_shape == (1, 1) else found.symbolic, found.closed)
    forms = dict.fromkeys(form for form in both if form is not None)
    return list(forms) or [f"{_size(found.matrix_shape)} entries, too long to write out"]


def _product_lines(product: PartialProduct, digits: int) -> Iterator[str]:
    yield f"  {product.symbol} = {product.formula}   ({_size(product.matrix_shape)})"
    for form in _forms(product, digits):
        yield from _laid_out("    = ", form)


def _result_lines(derivation: Derivation, own: str, digits: int) -> Iterator[str]:
    closed = f"{derivation.closed_form} = " if derivation.closed_form else ""
    whose = f"the shape of {derivation.wrt}" if derivation.is_gradient else "outputs × inputs"
    yield "Result"
    if derivation.result is None:
        yield f"  {own} = {derivation.closed_form or 'too long to write out'}"
    else:
        yield from _laid_out(f"  {own} = {closed}", matrix_text(derivation.result, digits))
    yield f"  Shape: {shape_text(derivation.result_shape)}, {whose}."
    if derivation.verified is not None:
        found = derivation.verified
        where = f" at {found.at}" if found.at else ""
        yield (
            f"  Verified{where} by {found.method}: "
            f"largest error {significant(found.largest_error, 2)} "
            f"(relative {significant(found.relative_error, 2)})."
        )
    else:
        yield "  Not verified: differences say nothing at a kink or infinity, or take too long."


def _broken(lead: str, text: str) -> Iterator[str]:
    """A formula on one line, or its terms below each other when the line would be long."""
    if len(lead) + len(text) <= LINE_WIDTH:
        yield lead + text
        return
    first, *others = text.split(" + ")
    yield lead + first
    yield from (f"{' ' * (len(lead) - 2)}+ {other}" for other in others)


def _laid_out(lead: str, matrix: str) -> Iterator[str]:
    """A matrix on one line, or its rows below each other when the line would be long."""
    if len(lead) + len(matrix) <= LINE_WIDTH or "; " not in matrix:
        yield lead + matrix
        return
    rows = matrix.split("; ")
    yield f"{lead}{rows[0]};"
    padding = " " * (len(lead) + 1)
    yield from (f"{padding}{row};" for row in rows[1:-1])
    yield padding + rows[-1]


def matrix_text(values: Array, digits: int = 6) -> str:
    """A matrix as [a b; c d]; a vector as a row; a number as it is.

    >>> import numpy as np
    >>> matrix_text(np.array([[4.0, 0.0], [0.0, 2.5e-10]]))
    '[4 0; 0 2.5e-10]'
    """
    if values.size == 1:
        return significant(float(values.reshape(())), digits)
    if values.size > MOST_SHOWN:
        return f"{' × '.join(map(str, values.shape))} numbers {_range(values, digits)}"
    if values.ndim > 2:
        return array_literal(values, digits)
    rows = values.reshape(1, -1) if values.ndim == 1 else values
    lines = [" ".join(significant(float(entry), digits) for entry in row) for row in rows]
    return "[" + "; ".join(lines) + "]"


def _range(values: Array, digits: int) -> str:
    low, high = float(values.min()), float(values.max())
    return f"from {significant(low, digits)} to {significant(high, digits)}"


def shape_text(shape: Shape) -> str:
    """A shape in words.

    >>> shape_text(()), shape_text((3,)), shape_text((2, 3))
    ('a number', '3 entries', '2 × 3')
    """
    if not shape:
        return "a number"
    if len(shape) == 1:
        return "1 entry" if shape[0] == 1 else f"{shape[0]} entries"
    return " × ".join(map(str, shape))


def space_text(shape: Shape) -> str:
    """The space that arrays of a shape are in, as it is declared.

    >>> space_text(()), space_text((3,)), space_text((2, 3))
    ('R', 'R^3', 'R^(2 x 3)')
    """
    if len(shape) < 2:
        return f"R^{shape[0]}" if shape else "R"
    return f"R^({' x '.join(map(str, shape))})"


def _size(matrix_shape: tuple[int, int]) -> str:
    return f"{matrix_shape[0]} × {matrix_shape[1]}"
