"""Whether a claimed gradient is right and, if not, which mistake would explain it.

>>> import numpy as np
>>> print(*lines(diagnose([2.0, -1.0, 4.0], np.array([-2.0, 1.0, -4.0]))), sep="\\n")
the gradient is wrong: 3 of 3 entries are off
  Every entry is −1 times the right one: a sign is flipped.
  entry  claimed  right  off by  allowed
    [2]        4     -4       8    4e-06
    [0]        2     -2       4    2e-06
    [1]       -1      1       2    1e-06
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from chainrule.errors import DataProblem, ShapeError
from chainrule.graph.node import Array, Shape
from chainrule.graph.record import Record
from chainrule.notation.numbers import significant
from chainrule.run.differences import NumericalGradient, Slopes
from chainrule.run.explanations import Claim, Explanation, explanations
from chainrule.run.reference import Reference
from chainrule.run.tensors import array_of

__all__ = ["Diagnosis", "Entry", "diagnose", "diagnose_found", "lines", "plain"]

SHOWN = 5
NO_ROUNDING = 3  # so many entries off by one named factor are a mistake, however small they are


class Entry(Record):
    """One entry that is off; `allowed` is the difference that would have passed."""

    index: tuple[int, ...]
    claimed: float
    wanted: float
    allowed: float


class Diagnosis(Record):
    """What is to be said of a claimed gradient.

    `verdict` is "right", "wrong", or "unknown" where nothing could be compared or noise hides
    everything.  Of `compared` entries `wrong` are off, the `worst` of which are listed; `skipped`
    were not compared.  Each of the `explanations` alone would account for all of it; the first is
    the likeliest.
    `largest` is the largest difference in units of what is allowed.
    """

    verdict: str
    compared: int
    wrong: int
    skipped: int
    largest: float
    claimed_shape: tuple[int, ...]
    wanted_shape: tuple[int, ...]
    worst: tuple[Entry, ...] = ()
    explanations: tuple[Explanation, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def agrees(self) -> bool:
        """Whether the gradient is right, as far as can be seen."""
        return self.verdict == "right"


def diagnose(
    claimed: Any,
    wanted: Any,
    *,
    x: Any = None,
    uncertain: Array | None = None,
    outputs: Shape = (),
    slopes: Slopes | None = None,
    local_factors: Mapping[str, Array] | None = None,
    variants: Mapping[str, Array] | None = None,
    contributions: Array | None = None,
    sizes: Mapping[str, int] | None = None,
    rtol: float | None = None,
    atol: float = 0.0,
    precision: float = 0.0,
) -> Diagnosis:
    """Compare a claimed gradient with the right one, of shape outputs + x.

    Entries of `wanted` that are NaN, or infinitely `uncertain`, are not compared.  What helps to
    find the mistake, all optional: `x`; `local_factors`, derivatives of activations by name;
    `variants`, the gradients that known mistakes would give, by a sentence about each;
    `contributions` of the single examples, stacked; `sizes`, as {"examples": 32}.

    An entry passes within `rtol` of itself (1e-6; in single precision 1e-3) plus `atol`, some
    roundings of the largest entry and four times its uncertainty.  Differences below 1e-12 (in
    single precision 5e-7) may be rounding of numbers about 1, and pass unless a factor with a
    name explains them; `precision` is the relative rounding with which f computes, if coarser.

    Raises:
        DataProblem: the claimed gradient is no array of real numbers.
    """
    given = array_of(claimed, "the gradient")
    if given.dtype.kind not in "iuf":
        raise DataProblem(f"the gradient has entries of type {given.dtype}, not real numbers")
    right = array_of(wanted, "the right gradient").astype(np.float64)
    if right.shape[: len(outputs)] != outputs:
        raise ShapeError(f"a derivative of shape {right.shape} is not one of outputs {outputs}")
    at = None if x is None else array_of(x, "x")
    reference = Reference(right, uncertain, slopes, given.dtype, at, rtol, atol, precision)
    value = _as_rows(given.astype(np.float64), right.shape, outputs)
    clues = Claim(
        value=value,
        x=at,
        outputs=outputs,
        local_factors=dict(local_factors or {}),
        variants=dict(variants or {}),
        contributions=None if contributions is None else np.asarray(contributions, np.float64),
        sizes=_sizes(sizes or {}, right.shape, outputs),
    )
    return _judged(clues, reference, given.shape)


def diagnose_found(claimed: Any, found: NumericalGradient, **clues: Any) -> Diagnosis:
    """Compare a claimed gradient with one found by differences; `clues` as of `diagnose`.

    A Jacobian that was too large is compared in the random sums of outputs that were taken.
    """
    outputs = found.output.shape
    if found.projections is not None:
        weights = found.projections
        given = array_of(claimed, "the Jacobian").astype(np.float64)
        inputs = found.value.shape[1:]
        full = _as_rows(given, outputs + inputs, outputs)
        if full.shape != outputs + inputs:
            raise ShapeError(
                f"the Jacobian has shape {given.shape}, but outputs {outputs} and x {inputs} "
                f"need {outputs + inputs}"
            )
        claimed = np.tensordot(weights, full, axes=len(outputs))
        outputs = (len(weights),)
    told = {
        "uncertain": found.error,
        "outputs": outputs,
        "slopes": found.slopes,
        "precision": found.precision,
        **clues,
    }
    diagnosis = diagnose(claimed, found.value, **told)
    notes = [*found.notes]
    notes += [
        f"Not compared: {_index(entry.index)}, {entry.reason}." for entry in found.unusable[:SHOWN]
    ]
    if len(found.unusable) > SHOWN:
        notes.append(f"{len(found.unusable) - SHOWN} more could not be compared.")
    if found.taken is not None:
        notes.append(
            f"{len(found.taken)} entries were taken at random"
            + (f", and {len(found.slopes.directions)} directions." if found.slopes else ".")
        )
    if found.projections is not None:
        notes.append(f"{len(found.projections)} random sums of the outputs were taken.")
    state = {name: getattr(diagnosis, name) for name in Diagnosis.fields}
    return Diagnosis(**{**state, "notes": diagnosis.notes + tuple(notes)})


def _as_rows(claimed: Array, shape: Shape, outputs: Shape) -> Array:
    """A Jacobian given as a matrix, both sides flattened row by row, is taken as it is meant."""
    rows = int(np.prod(outputs, dtype=int))
    if outputs and claimed.shape != shape and claimed.ndim == 2:
        columns = int(np.prod(shape[len(outputs) :], dtype=int))
        if claimed.shape == (rows, columns):
            return claimed.reshape(shape)
    return claimed


def _sizes(given: Mapping[str, int], shape: Shape, outputs: Shape) -> dict[str, int]:
    """The counts that a factor may be, by name; those given come first."""
    inputs = shape[len(outputs) :]
    sizes = {name: int(count) for name, count in given.items()}
    if outputs:
        sizes.setdefault("outputs", int(np.prod(outputs, dtype=int)))
    if len(inputs) > 1:
        sizes.setdefault("rows", inputs[0])
        sizes.setdefault("columns", inputs[-1])
    sizes.setdefault("entries", int(np.prod(inputs, dtype=int)))
    return sizes


def _judged(claim: Claim, reference: Reference, given: Shape) -> Diagnosis:
    compared, skipped = int(reference.usable.sum()), int((~reference.usable).sum())
    matching = claim.value.shape == reference.value.shape
    off = reference.off(claim.value) if matching else reference.usable
    wrong = int(off.sum())
    notes: list[str] = []
    found: tuple[Explanation, ...] = ()
    passes = matching and reference.fits(claim.value)
    if not passes:
        found = explanations(claim, reference)
    elif compared and not reference.strict().fits(claim.value):
        # Below rounding of numbers about 1: a mistake only if a named factor explains it all.
        found = _clean(claim, reference)
        passes = not found
        if passes:
            notes.append("Some entries differ by no more than rounding of numbers about 1 leaves.")
        else:
            wrong = int(reference.strict().off(claim.value).sum())
    vague = reference.vague(claim.value) if passes else 0
    if vague:
        notes.append(f"The rounding noise of f hides as much as is claimed in {_count(vague)}.")
    verdict = "right" if passes else "wrong"
    if passes and vague == compared and reference.value.size and reference.slopes is None:
        verdict = "unknown"
    return Diagnosis(
        verdict=verdict,
        compared=compared,
        wrong=0 if passes else wrong,
        skipped=skipped,
        largest=reference.strict().excess(claim.value) if matching else float("inf"),
        claimed_shape=given,
        wanted_shape=reference.value.shape,
        worst=() if passes or not matching else _worst(claim.value, reference.strict()),
        explanations=found,
        notes=tuple(notes),
    )


def _clean(claim: Claim, reference: Reference) -> tuple[Explanation, ...]:
    """Explanations of differences so small that they might be rounding."""
    strict = reference.strict()
    if (strict.off(claim.value) & (claim.value != 0)).sum() < NO_ROUNDING:
        return ()
    return tuple(
        found
        for found in explanations(claim, strict)
        if found.factor is not None and found.kind != "part_wrong"
    )


def _worst(claimed: Array, reference: Reference) -> tuple[Entry, ...]:
    excess = reference.excesses(claimed).reshape(-1)
    order = np.argsort(-excess, kind="stable")[:SHOWN]
    shape = reference.value.shape
    return tuple(
        Entry(
            tuple(int(part) for part in np.unravel_index(at, shape)) if shape else (),
            float(claimed.reshape(-1)[at]),
            float(reference.value.reshape(-1)[at]),
            float(reference.allowed.reshape(-1)[at]),
        )
        for at in order
        if excess[at] > 1
    )


def lines(diagnosis: Diagnosis, name: str = "the gradient") -> list[str]:
    """A report for reading: the verdict, the explanation, the worst entries."""
    compared, skipped = diagnosis.compared, diagnosis.skipped
    aside = f" ({skipped:,} more not compared)" if skipped else ""
    if diagnosis.verdict == "unknown":
        why = "f is too noisy" if compared else "no entry could be compared"
        said = [f"{name} could not be checked: {why}"]
    elif diagnosis.agrees:
        said = [f"{name} is right: {_count(compared)} {_verb(compared)}{aside}"]
    elif diagnosis.claimed_shape != diagnosis.wanted_shape and not diagnosis.worst:
        said = [f"{name} is wrong: it has another shape than it should"]
    elif diagnosis.wrong:
        are = "is" if diagnosis.wrong == 1 else "are"
        said = [f"{name} is wrong: {diagnosis.wrong:,} of {_count(compared)} {are} off{aside}"]
    else:
        said = [
            f"{name} is wrong along whole directions, in entries that were not taken one by one"
        ]
    for number, found in enumerate(diagnosis.explanations):
        said.append(f"  {'Or: ' if number else ''}{found.sentence}")
    if diagnosis.verdict == "wrong" and not diagnosis.explanations:
        said.append("  No single common mistake explains it.")
    said += _table(diagnosis)
    return said + [f"  {note}" for note in diagnosis.notes]


def _table(diagnosis: Diagnosis) -> list[str]:
    if not diagnosis.worst:
        return []
    rows = [("entry", "claimed", "right", "off by", "allowed")] + [
        (
            _index(entry.index),
            significant(entry.claimed),
            significant(entry.wanted),
            significant(abs(entry.claimed - entry.wanted), 2),
            f"{entry.allowed:.0e}",
        )
        for entry in diagnosis.worst
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    table = ["  " + "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
             for row in rows]  # fmt: skip
    more = diagnosis.wrong - len(diagnosis.worst)
    return [*table, f"  and {more} more"] if more > 0 else table


def _index(index: tuple[int, ...]) -> str:
    return f"[{', '.join(map(str, index))}]" if index else "the number"


def _count(entries: int) -> str:
    return f"{entries:,} {'entry' if entries == 1 else 'entries'}"


def _verb(entries: int) -> str:
    return "agrees" if entries == 1 else "agree"


def plain(record: Record) -> dict[str, Any]:
    """A record as lists, texts and numbers that JSON can hold; what is not finite is a text."""
    return {name: _plain(getattr(record, name)) for name in record.fields}


def _plain(value: Any) -> Any:
    if isinstance(value, Record):
        return plain(value)
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    if isinstance(value, float) and not np.isfinite(value):
        return str(value)
    return value
