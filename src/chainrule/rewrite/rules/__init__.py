"""The rules by subject; each file holds a few, with a sentence and a condition each.

`RULES` hold wherever both sides have a value, zeros and ends of the number range included.
`PLAIN` drop guards against 0/0 and 0 · ∞ that a person leaves out, and write cofactors by the
inverse, even where that is longer: for reading only, and `READING` are both.
`LAYOUT` comes last: where numbers and signs stand.
"""

from __future__ import annotations

from chainrule.rewrite.rule import Rule
from chainrule.rewrite.rules import (
    arithmetic,
    arranging,
    determinants,
    guards,
    inverses,
    kronecker,
    layout,
    linear,
    logistic,
    matrices,
    norms,
    outer,
    reductions,
    signs,
    structured,
    traces,
)

__all__ = ["LAYOUT", "PLAIN", "READING", "RULES"]

RULES: tuple[Rule, ...] = (
    *arithmetic.BOOK.rules,
    *arranging.BOOK.rules,
    *linear.BOOK.rules,
    *reductions.BOOK.rules,
    *structured.BOOK.rules,
    *matrices.BOOK.rules,
    *inverses.BOOK.rules,
    *outer.BOOK.rules,
    *determinants.BOOK.rules,
    *norms.BOOK.rules,
    *logistic.BOOK.rules,
    *traces.BOOK.rules,
    *kronecker.BOOK.rules,
)
PLAIN: tuple[Rule, ...] = (*guards.BOOK.rules, *determinants.BOOK.rules)
READING: tuple[Rule, ...] = tuple(dict.fromkeys((*PLAIN, *RULES)))
LAYOUT: tuple[Rule, ...] = (*layout.BOOK.rules, *signs.BOOK.rules)
