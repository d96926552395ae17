"""Which single mistake would explain a wrong gradient; the tests run in a fixed order.

First a factor that all entries share, then one correction, then one with a factor besides, then
what is wrong in a part only.  An explanation must account for every entry that was compared.

>>> import numpy as np
>>> right = np.array([[1.0, 2.0], [3.0, 5.0]])
>>> [found.kind for found in explanations(Claim(-right.T), Reference(right))]
['transposed_and_sign_flipped']
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

import numpy as np

from chainrule.graph.node import Array, Shape
from chainrule.graph.record import Record
from chainrule.run.corrections import (
    Correction,
    of_entries,
    of_jacobian,
    of_order,
    of_terms,
    permuted,
    reshaped,
    summed,
    transposed,
)
from chainrule.run.places import place, plural
from chainrule.run.ratios import Ratio, named, written
from chainrule.run.reference import Reference

__all__ = ["Claim", "Explanation", "explanations"]

MOST = 3  # explanations that are given where several fit
ENOUGH = 3  # entries that a factor without a name, or two mistakes at once, must explain


class Explanation(Record):
    """A mistake that accounts for all entries: its kinds, a sentence, the factor if one is off."""

    kinds: tuple[str, ...]
    sentence: str
    factor: float | None = None

    @property
    def kind(self) -> str:
        """The kinds as one name: "transposed_and_sign_flipped"."""
        return "_and_".join(self.kinds)


class Claim(Record):
    """The claimed gradient, and whatever else may help to see what is wrong with it."""

    value: Array
    x: Array | None = None
    outputs: Shape = ()
    local_factors: Mapping[str, Array] = {}
    variants: Mapping[str, Array] = {}
    contributions: Array | None = None
    sizes: Mapping[str, int] = {}

    def with_value(self, value: Array) -> Claim:
        """The same with another array claimed."""
        state = {name: getattr(self, name) for name in Claim.fields}
        return Claim(**{**state, "value": value})


def explanations(claim: Claim, reference: Reference) -> tuple[Explanation, ...]:
    """The likeliest explanations, at most a few; none if no single mistake fits."""
    with np.errstate(all="ignore"):
        return _found(claim, reference)[:MOST]


def _found(claim: Claim, reference: Reference) -> tuple[Explanation, ...]:
    if claim.value.shape != reference.value.shape:
        return tuple(_other_shape(claim, reference))
    finite = np.isfinite(claim.value)
    if not (finite | ~reference.usable).all():
        return (_not_finite(claim.value, reference),)
    for stage in (_whole, _corrected, _rescaled, _unnamed, _partial):
        found = {one.sentence: one for one in stage(claim, reference)}
        if found:
            return tuple(found.values())
    return ()


def _other_shape(claim: Claim, reference: Reference) -> Iterator[Explanation]:
    """The shape is wrong: what would bring it right, and whether the entries then are."""
    shape = reference.value.shape
    inputs = shape[len(claim.outputs) :]
    ways = list(chain(of_jacobian(claim.value, claim.outputs, inputs),
                      reshaped(claim.value, shape, bool(claim.outputs))))  # fmt: skip
    right = _distinct(way for way in ways if reference.fits(way.array))
    if right:
        yield from (_single(way) for way in right)
        return
    given = summed(claim.value.shape, reference)
    right = [way for way in given if reference.close(claim.value, way.array)]
    if right:
        yield from (_single(way) for way in right)
        return
    for way in ways:
        ratio = _ratio(way.array, reference, claim.sizes)
        if ratio is not None:
            yield _double(way, ratio)
            return
    for way in ways:
        for found in _corrected(claim.with_value(way.array), reference):
            sentence = f"{way.sentence} Besides: {found.sentence}"
            yield Explanation((way.kind, *found.kinds), sentence, found.factor)
            return
    what = "derivative" if claim.outputs else "gradient"
    needed = f"needs {shape}" if claim.outputs else f"x has {shape}"
    yield Explanation(
        ("wrong_shape",),
        f"The {what} has shape {claim.value.shape}, but {needed}; no sum over an axis and no "
        "transpose makes it right.",
    )


def _not_finite(claimed: Array, reference: Reference) -> Explanation:
    bad = ~np.isfinite(claimed) & reference.usable
    others = (
        "all others are right" if not (reference.off(claimed) & ~bad).any() else "others are wrong"
    )
    sentence = (
        f"{plural(int(bad.sum()), 'entry is', 'entries are')} infinite or no number ({others}): "
        "look for a division by zero, log(0), 0·∞ or ∞ − ∞ in the derivative."
    )
    return Explanation(("not_finite",), sentence)


def _whole(claim: Claim, reference: Reference) -> Iterator[Explanation]:
    """All entries are zero, or share a factor that has a name."""
    clear = int(reference.clear.sum())
    if not (claim.value != 0).any() and reference.value.size > 0:
        sentence = (
            "Every entry is zero: the gradient was never filled in, or the path from x to f "
            "was left out."
        )
        yield Explanation(("all_zero",), sentence, 0.0)
    if reference.usable.any() and not clear and (claim.value != 0).any():
        sentence = "The derivative is zero everywhere here: x does not change f."
        yield Explanation(("should_be_zero",), sentence)
    ratio = _ratio(claim.value, reference, claim.sizes)
    if ratio is not None and clear:
        what = "Every entry" if reference.value.size > 1 else "It"
        yield Explanation(_kinds(ratio), f"{what} is {_times(ratio)}", ratio.value)


def _corrected(claim: Claim, reference: Reference) -> Iterator[Explanation]:
    """One mistake other than a common factor."""
    yield from _known(claim, reference)
    right = _distinct(way for way in _corrections(claim) if reference.fits(way.array))
    yield from (_single(way) for way in right)
    yield from (
        _single(way) for way in permuted(claim.value, reference) if reference.fits(way.array)
    )
    yield from _zeros(claim, reference)
    yield from _signs(claim, reference)
    for way in summed(claim.value.shape, reference):
        if reference.close(claim.value, way.array):
            yield _single(way)
    if reference.clear.sum() >= ENOUGH:
        for way, factor in of_terms(claim.value, claim.x, reference):
            if reference.fits(way.array):
                yield Explanation((way.kind,), way.sentence, factor)


def _rescaled(claim: Claim, reference: Reference) -> Iterator[Explanation]:
    """One mistake, and a factor with a name besides."""
    if reference.clear.sum() < 2:
        return
    for way in _corrections(claim):
        ratio = _ratio(way.array, reference, claim.sizes)
        if ratio is not None:
            yield _double(way, ratio)


def _unnamed(claim: Claim, reference: Reference) -> Iterator[Explanation]:
    """A common factor without a name; alone, or besides another mistake."""
    clear = int(reference.clear.sum())
    factor = reference.ratio(claim.value)
    if clear >= 2 and reference.fits(claim.value / factor):
        length = float(np.sqrt((reference.value[reference.usable] ** 2).sum()))
        text = f"Every entry is {written(factor)} times the right one"
        if abs(factor * length - 1) < reference.rtol:
            yield Explanation(
                ("normalized",),
                f"{text}: the gradient was divided by its own length.",
                factor,
            )
            return
        yield Explanation(
            ("sign_flipped", "constant_factor") if factor < 0 else ("constant_factor",),
            f"{text}: a constant factor is off.",
            factor,
        )
        return
    if clear < ENOUGH:
        return
    for way in _corrections(claim):
        factor = reference.ratio(way.array)
        if np.isfinite(factor) and reference.fits(way.array / factor):
            sentence = (
                f"{way.sentence} Besides, every entry is {written(factor)} times the right one."
            )
            yield Explanation((way.kind, "constant_factor"), sentence, factor)


def _partial(claim: Claim, reference: Reference) -> Iterator[Explanation]:
    """Some entries are right and the others are not."""
    off = reference.off(claim.value)
    count, usable = int(off.sum()), int(reference.usable.sum())
    if not 0 < count < usable:
        return
    clipped = _clipped(claim.value, reference, off)
    if clipped:
        yield clipped
        return
    where, whole = place(off, reference.usable)
    value = np.where(off, claim.value, np.nan)
    part = reference.part(off)
    ratio = _ratio(value, part, claim.sizes) if part.clear.any() else None
    if ratio is not None:
        sentence = f"Only {where} wrong: {_each(count)} {_times(ratio)}"
        yield Explanation(("part_wrong", *_kinds(ratio)), sentence, ratio.value)
    elif whole or count <= max(1, usable // 4):
        yield Explanation(("part_wrong",), f"Only {where} wrong; all other entries are right.")


def _known(claim: Claim, reference: Reference) -> Iterator[Explanation]:
    """What the caller knows that people do."""
    for sentence, array in claim.variants.items():
        if np.shape(array) == claim.value.shape and reference.close(claim.value, array):
            yield Explanation(("known_mistake",), sentence)
    for example, array in enumerate([] if claim.contributions is None else claim.contributions):
        if array.shape == claim.value.shape and reference.close(claim.value, array):
            sentence = (
                f"This is what example {example} alone contributes: the sum over the batch is "
                "missing."
            )
            yield Explanation(("one_example",), sentence)


def _corrections(claim: Claim) -> Iterator[Correction]:
    inputs = claim.value.shape[len(claim.outputs) :]
    if claim.outputs and claim.outputs == inputs and claim.value.size > 1:
        yield from of_jacobian(claim.value, claim.outputs, inputs)
    else:
        yield from transposed(claim.value)
    yield from of_entries(claim.value, claim.x, claim.local_factors)
    yield from of_order(claim.value)


def _zeros(claim: Claim, reference: Reference) -> Iterator[Explanation]:
    """Zero where it should not be, or not zero where it should."""
    off = reference.off(claim.value)
    if not off.any():
        return
    where, _ = place(off, reference.usable)
    if claim.outputs and _only_diagonal(claim) and (claim.value[off] == 0).all():
        sentence = (
            "Only the diagonal of the Jacobian is given: the other entries are not zero, every "
            "output depends on every input."
        )
        yield Explanation(("diagonal_only",), sentence)
    elif (claim.value[off] == 0).all() and (claim.value != 0).any():
        sentence = (
            f"{_start(where)} zero and should not be: never filled in, or a path from x to f "
            "was left out."
        )
        yield Explanation(("unset",), sentence)
    vanishes = np.abs(reference.value) <= reference.allowed
    if vanishes[off].all() and not off.all():
        sentence = f"{_start(where)} not zero and should be; all other entries are right."
        yield Explanation(("should_be_zero",), sentence)


def _only_diagonal(claim: Claim) -> bool:
    if claim.value.shape != claim.outputs * 2:
        return False
    size = int(np.prod(claim.outputs, dtype=int))
    square = claim.value.reshape(size, size)
    return bool(np.count_nonzero(square) == np.count_nonzero(np.diag(square)) > 0)


def _signs(claim: Claim, reference: Reference) -> Iterator[Explanation]:
    """The sign is flipped in a part."""
    off = reference.off(claim.value)
    if not off.any() or not reference.fits(np.where(off, -claim.value, claim.value)):
        return
    where, _ = place(off, reference.usable)
    count = int(off.sum())
    if claim.x is not None and claim.x.shape == off.shape:
        for name, side in (("negative", claim.x < 0), ("positive", claim.x > 0)):
            if (off == (side & reference.clear)).all():
                where = f"the entries where x is {name} are"
    sentence = f"Only {where} wrong: {_each(count)} −1 times the right one, a sign is flipped."
    yield Explanation(("part_wrong", "sign_flipped"), sentence, -1.0)


def _clipped(claimed: Array, reference: Reference, off: Array) -> Explanation | None:
    """The large entries were cut off at a bound."""
    bound = float(np.abs(claimed[off]).max(initial=0.0))
    if off.sum() < 2 or not (np.abs(reference.value[off]) > bound).all():
        return None
    cut = np.clip(np.nan_to_num(reference.value), -bound, bound)
    if not reference.close(np.where(off, claimed, cut), cut):
        return None
    sentence = f"Entries beyond ±{written(bound)} are cut off there: the gradient was clipped."
    return Explanation(("clipped",), sentence)


def _ratio(array: Array, reference: Reference, sizes: Mapping[str, int]) -> Ratio | None:
    """The factor with a name, other than 1, that the array is too large by."""
    ratio = named(reference.ratio(array), sizes)
    if ratio is None or ratio.value == 1:
        return None
    return ratio if reference.fits(array / ratio.value) else None


def _distinct(ways: Iterable[Correction]) -> list[Correction]:
    """Those that do not come to the same; the first is kept."""
    found: list[Correction] = []
    for way in ways:
        if not any(np.array_equal(way.array, other.array, equal_nan=True) for other in found):
            found.append(way)
    return found


def _single(way: Correction) -> Explanation:
    return Explanation((way.kind,), way.sentence)


def _double(way: Correction, ratio: Ratio) -> Explanation:
    sentence = f"{way.sentence} Besides, every entry is {_times(ratio)}"
    return Explanation((way.kind, *_kinds(ratio)), sentence, ratio.value)


def _kinds(ratio: Ratio) -> tuple[str, ...]:
    if ratio.value == -1:
        return ("sign_flipped",)
    return ("sign_flipped", "constant_factor") if ratio.value < 0 else ("constant_factor",)


def _times(ratio: Ratio) -> str:
    """How many times the right one, and what to do about it."""
    text = f"{ratio.text} times the right one: "
    if ratio.value == -1:
        return text + "a sign is flipped."
    sign = ", and a sign is flipped" if ratio.value < 0 else ""
    size = ratio.text.removeprefix("−")
    remedy = f"multiply by {size[2:]}" if size.startswith("1/") else f"divide by {size}"
    if not ratio.meaning:
        return f"{text}{remedy}{sign}."
    count = size.removeprefix("1/")
    kinds = ("a mean", "a sum") if ratio.inverse else ("a sum", "a mean")
    meaning = f"{count} is {ratio.meaning}, so perhaps {kinds[0]} stands where {kinds[1]} is wanted"
    return f"{text}{remedy}{sign} ({meaning})."


def _each(count: int) -> str:
    return "it is" if count == 1 else "each is"


def _start(text: str) -> str:
    return text[:1].upper() + text[1:]
