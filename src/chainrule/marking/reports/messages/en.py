"""English."""

from __future__ import annotations

# --- words of the report ------------------------------------------------------------------------

WORDS: dict[str, str] = {
    # verdicts
    "exact": "exact",
    "consistent": "consistent",
    "truncated": "truncated",
    "follow-through": "follows through",
    "undecided": "undecided",
    "wrong": "wrong",
    "unreadable": "unreadable",
    # of a cell
    "cell": "{at}{claimed} should be {expected}; difference {difference}.",
    "cell-from-above": "{at}{claimed} should be {expected} by your earlier lines; "
    "difference {difference}.",
    "cell-without-difference": "{at}{claimed} should be {expected}.",
    "further-cells": "{count} more cells of this line are wrong.",
    # of a claim
    "expected": "True value: {expected}.",
    "no-known-mistake": "No known mistake gives these numbers.",
    # of a report
    "title": "Marked solution",
    "line": "Line",
    "claim": "Claim",
    "verdict": "Verdict",
    "comments": "Comments",
    "summary": "Claims: {claims} ({verdicts})",
    "no-claims": "Nothing is claimed.",
    "first-wrong": "First wrong line: {line}",
    "nothing-wrong": "No line is wrong.",
    # of a class
    "students": "Students: {students}; without a wrong line: {right}",
    "no-answer": "Nothing is answered.",
    "not-marked": "This answer could not be marked: {reason}",
    "broken-row": "This row has {found} of the 4 columns.",
    "long-row": "This row has more than {most} characters.",
    "too-many-rows": "More than {most} rows, or too much text, for one student.",
    "no-claim": "There is no claim in this row.",
}

# --- remarks ------------------------------------------------------------------------------------

REMARKS: dict[str, str] = {
    "transposed": "Rows and columns are exchanged (transposed).",
    "flattened": "The matrix is written in one row (flattened).",
    "row-for-column": "A row stands here for a column, or a column for a row.",
    "shape": "The shape is {claimed_shape}, and should be {expected_shape}.",
    "missing-cells": "Some numbers are missing.",
    "restated": "This repeats line {line}.",
    "right-but-does-not-follow": "The result is right, but does not follow from line {line}.",
    "truncated": "Digits were cut off instead of rounded; accepted.",
    "follows-from": "This follows from the mistake in line {line}: the method is right, "
    "and it does not count again.",
    "trivial": "The value carried from an earlier line leaves nothing to work out here, "
    "so it is marked by the true value.",
    "whole-number": "Only rounding to a whole number would admit this; write more digits.",
    "mistake-fits": "The digits cannot tell this from a mistake: {sentence}",
    "per-example": "This is the gradient for each example; it is not yet summed over the batch.",
    "identity": "This formula holds for all numbers.",
    "holds-here": "This formula holds for these numbers, but not for others.",
    "not-claimed": "This line gives a new quantity its value.",
    "given": "This repeats what the problem gives.",
    "underflow": "The true value is too small for a computer's number.",
}

# --- mistakes: the sentence for each code, with the fields of `Mistake.details` and {where} -----

MISTAKES: dict[str, str] = {
    "misquoted": "{where} has another number than the problem gives.",
    "arithmetic": "{where} comes to {right}; this is a slip in the arithmetic.",
    "missing-cells": "The numbers that are written are right, but some are missing: {where}.",
    "learning-rate-sign": "The step goes uphill: in {where} the gradient must be subtracted, "
    "not added.",
    "difference-reversed": "The difference is turned round: it is {where}, not the other way.",
    "sign": "The sign of {where} is wrong in every entry.",
    "derivative-dropped": "The derivative {where} is left out.",
    "bias-forgotten": "The bias {where} is forgotten.",
    "learning-rate-dropped": "The learning rate {where} is left out.",
    "mean-dropped": "The division by {count} is left out: {where} is a mean.",
    "mean-twice": "The division by {count} is done twice: {where} is averaged once only.",
    "factor-dropped": "The factor {where} is left out.",
    "factor-doubled": "The factor {where} is there twice.",
    "mean-for-sum": "{where} is divided by {count}: the examples are added up here, not averaged.",
    "factor-two": "{where} is too large by a factor of 2.",
    "factor-half": "{where} is too small by a factor of 2.",
    "not-summed": "The sum over the examples is missing: {where}.",
    "one-example": "Only example {index} is counted in {where}; all examples add up.",
    "transpose": "{where} must be transposed here, or is transposed and must not be.",
    "result-transposed": "{where} is transposed: rows and columns are exchanged.",
    "path-left-out": "One path of the chain rule is left out: {where} is missing from the sum.",
    "power-dropped": "The power in {where} is left out.",
    "activation-dropped": "The activation is left out: {where} is the {name} of its argument.",
    "activation-for-derivative": "The activation itself stands for its derivative {where}.",
    "derivative-squared": "The derivative {where} is multiplied in twice.",
    "softmax-diagonal-only": "Of the softmax's Jacobian {where} only the diagonal S_i (1 − "
    "S_i) is used; the other entries −S_i S_j are left out.",
    "updated-too-early": "The new {where} is used; the gradients need the weights before the step.",
    "clipped": "{where} is kept above {least}, as programs do to avoid log 0; the true value "
    "is smaller.",
    "mask-of-gradient": "The ReLU's mask is taken from the incoming gradient, and not from "
    "{where}.",
    "mask": "The ReLU's mask is taken from {other}, and not from {where}.",
    "decimal": "The decimal point is misplaced in {where}: off by a factor of {power}.",
    "sign-of-cells": "The sign is wrong in {where}.",
    "derivative-other": "For {where} the derivative of another function is used: {other}.",
    "activation-other": "For {where} another activation is used: {other} in the place of {name}.",
    "derivative-argument": "The derivative {where} is taken at the wrong place, the "
    "activation's value confused with its argument.",
    "derivative-part": "The derivative {where} is incomplete, or has a wrong sign in it.",
    "derivative-for-activation": "For {where} the derivative of {name} is used, and not {name} "
    "itself.",
    "label-for-all": "The label is subtracted from every class; only the class of the label "
    "has one: {where}.",
    "mask-at-zero": "For the ReLU the derivative at 0 is taken as 0 here: {where}.",
    "mask-turned": "The ReLU's mask is turned round: {where}.",
    "sum-for-mean": "{where} is too large by a factor of {count}.",
    "wrong-quantity": "{other} is used in the place of {where}.",
    "product-order": "The factors of {where} stand in the wrong order.",
    "entrywise": "{where} is a product of matrices; here entries are multiplied one by one.",
    "matrix-product": "{where} multiplies entries one by one; here a product of matrices is taken.",
    "term-sign": "{where} has the wrong sign.",
    "term-dropped": "The term {where} is left out.",
    "softmax-off-diagonal": "Of the softmax's Jacobian {where} the diagonal is left out.",
    "not-updated": "The old {where} is used; here the new one is needed.",
    "misread": "{where} is {right}; {read} was used.",
    "input-sign": "{where} is {right}; it was used with the wrong sign.",
    "rounded-early": "{where} is {right}; it was rounded to {read} before it was used.",
    "rows-swapped": "Two rows are exchanged: {where}.",
    "columns-swapped": "Two columns are exchanged: {where}.",
    "cells-swapped": "Two numbers are exchanged: {where}.",
    "reversed": "The numbers are in reversed order: {where}.",
    "wrong-index": "The index is wrong: this is {other}, and not {where}.",
    "other-example": "These are the numbers of row {other}: {where}.",
    "copied": "These are the numbers of {where} from line {line}.",
    "digit": "A digit is miswritten or misread in {where}; it should be {right}.",
    "digits-swapped": "Two digits are exchanged in {where}; it should be {right}.",
    "digit-doubled": "A digit is written twice in {where}; it should be {right}.",
    "digit-dropped": "A digit is missing in {where}; it should be {right}.",
    "factor-of-cells": "A factor of {factor} too much in {where}.",
    "rounding": "The last digit is wrong in {where}: rounded the wrong way, or too coarsely.",
    "shape": "The numbers are arranged in the wrong shape, or there are too many or too few.",
    "summed": "These are sums over rows or columns; each entry has its own value here.",
    "miscopied": "{where} was copied wrongly from line {line}.",
}
