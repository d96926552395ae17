"""The codes of mistakes, the most usual first: of those that fit alike it is the likeliest."""

from __future__ import annotations

__all__ = ["CODES", "RANK", "USUAL", "largest_chance"]

USUAL = (
    "misquoted",
    "arithmetic",
    "missing-cells",
    "learning-rate-sign",
    "difference-reversed",
    "sign",
    "derivative-dropped",
    "bias-forgotten",
    "learning-rate-dropped",
    "mean-dropped",
    "mean-twice",
    "factor-dropped",
    "factor-doubled",
    "mean-for-sum",
    "factor-two",
    "factor-half",
    "not-summed",
    "one-example",
    "transpose",
    "result-transposed",
    "path-left-out",
    "power-dropped",
    "activation-dropped",
    "activation-for-derivative",
    "derivative-squared",
    "softmax-diagonal-only",
    "updated-too-early",
    "clipped",
    "mask-of-gradient",
    "mask",
    "decimal",
    "sign-of-cells",
)
"""Mistakes that people make every day: few readings are tried of each."""

UNUSUAL = (
    "derivative-other",
    "activation-other",
    "derivative-argument",
    "derivative-part",
    "derivative-for-activation",
    "label-for-all",
    "mask-at-zero",
    "mask-turned",
    "sum-for-mean",
    "wrong-quantity",
    "product-order",
    "entrywise",
    "matrix-product",
    "term-sign",
    "term-dropped",
    "softmax-off-diagonal",
    "not-updated",
    "rows-swapped",
    "columns-swapped",
    "cells-swapped",
    "reversed",
    "wrong-index",
    "other-example",
    "copied",
    "digit",
    "digits-swapped",
    "digit-doubled",
    "digit-dropped",
    "misread",
    "input-sign",
    "rounded-early",
    "factor-of-cells",
    "rounding",
    "shape",
    "summed",
    "miscopied",
)

CODES = USUAL + UNUSUAL
LARGEST_CHANCE = 0.01
UNLIKELY = 0.005


def largest_chance(code: str) -> float:
    """Up to which chance of a false name a mistake is named.

    There are many ways to go wrong that are not usual; each gets a smaller share.
    """
    is_likely = code in USUAL or code in ("digit", "rounded-early")
    return LARGEST_CHANCE if is_likely else UNLIKELY


RANK = {code: rank for rank, code in enumerate(CODES)}
