"""The closed view as plain text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from chainrule.explain.closed_view import AffineLine, ClosedLine, ClosedView
from chainrule.explain.plain import matrix_text, shape_text
from chainrule.notation.numbers import significant

__all__ = ["closed_lines"]

LINE_WIDTH = 96
SAME = 1e-9  # a larger difference than this between two ways to compute is not only rounding


def closed_lines(views: Iterable[ClosedView], digits: int = 6) -> Iterator[str]:
    """The views one after another, without trailing newlines."""
    for number, view in enumerate(views):
        if number:
            yield ""
        yield from _view_lines(view, digits)


def _view_lines(view: ClosedView, digits: int) -> Iterator[str]:
    asked = [line for line in view.lines if line.is_asked]
    title = ", ".join(f"∂{view.of}/∂{line.wrt}" for line in asked)
    yield title
    yield "=" * len(title)
    yield ""
    if view.facts:
        yield "Known"
        yield from (f"  {one.name} : {one.fact}   ({one.where})" for one in view.facts)
        yield ""
    yield "Closed form"
    yield from _in_columns(view.lines)
    yield ""
    if view.affine:
        for one in view.affine:
            yield _affine_line(view.of, one)
        yield ""
    yield from _derivations(view)
    if any(line.value is not None for line in view.lines):
        yield "Numbers"
        for line in view.lines:
            if line.value is not None:
                lead = f"  {line.derived.name} = "
                yield from _rows_below(lead, matrix_text(line.value, digits))
        yield ""
    yield from _checked(view)


def _in_columns(lines: Iterable[ClosedLine]) -> Iterator[str]:
    """Each formula with its shape, the shapes below each other as far as there is room."""
    shown = [(f"  {one.derived.name} = {one.derived.text}", one.derived.shape) for one in lines]
    short = [len(text) for text, _ in shown if len(text) <= LINE_WIDTH // 2]
    width = max(short, default=0)
    for text, shape in shown:
        yield f"{text.ljust(width)}   ({shape_text(shape)})"


def _affine_line(of: str, one: AffineLine) -> str:
    kind = "linear" if one.is_linear else "affine"
    return f"{of} is {kind} in {one.wrt}: {of} = {one.text}"


def _derivations(view: ClosedView) -> Iterator[str]:
    yield "Derivation"
    said: set[str] = set()
    for line in view.lines:
        symbol = f"∂{view.of}/∂{line.wrt}"
        yield from (f"  {text}" for text in line.derived.lines(symbol, said))
        said.update(step.rule for step in line.derived.steps)
    yield ""


def _rows_below(lead: str, matrix: str) -> Iterator[str]:
    """A matrix on one line, or its rows below each other."""
    if len(lead) + len(matrix) <= LINE_WIDTH or "; " not in matrix:
        yield lead + matrix
        return
    first, *others = matrix.split("; ")
    yield f"{lead}{first};" if others else lead + first
    for at, row in enumerate(others, 1):
        yield " " * (len(lead) + 1) + row + (";" if at < len(others) else "")


def _checked(view: ClosedView) -> Iterator[str]:
    """How the closed forms were verified."""
    checks = [line.verified for line in view.lines if line.verified is not None]
    if all(line.value is None for line in view.lines) or any(one.at for one in checks):
        yield from _at_random(view)
        yield from _by_differences(view, "The derivative is verified")
        return
    yield from _against_the_product(view)
    yield from _by_differences(view, "Verified")


def _at_random(view: ClosedView) -> Iterator[str]:
    """What is asked for, against the product of the local Jacobians where there are no numbers."""
    found = [line.difference for line in view.lines if line.difference is not None]
    if not found:
        return
    worst = significant(max(found), 2)
    if max(found) <= SAME:
        yield (
            "Verified: equal to the product of the local Jacobians at random numbers "
            f"(relative error {worst})."
        )
    else:
        yield (
            f"Differs from the product of the local Jacobians at random numbers by {worst} "
            "(relative): what is declared of the quantities does not hold of them."
        )


def _against_the_product(view: ClosedView) -> Iterator[str]:
    found = [line.difference for line in view.lines if line.difference is not None]
    if len(found) < len(view.lines):
        yield "Not verified in full: some numbers are not finite."
    elif max(found) <= SAME:
        worst = significant(max(found), 2)
        yield f"Verified: equal to the product of the local Jacobians (relative error {worst})."
    else:
        yield (
            f"Differs from the product of the local Jacobians by {significant(max(found), 2)} "
            "(relative), which keeps more digits where numbers saturate or nearly cancel."
        )


def _by_differences(view: ClosedView, lead: str) -> Iterator[str]:
    """The largest relative error of each way to check."""
    errors: dict[str, float] = {}
    for line in view.lines:
        one = line.verified
        if one is not None:
            how = one.method if one.at is None else f"{one.method} at {one.at}"
            errors[how] = max(errors.get(how, 0.0), one.relative_error)
    for how, error in errors.items():
        yield f"{lead} by {how}: relative error {significant(error, 2)}."
    if not errors:
        yield "Not verified by differences: they say nothing here, or take too long."
