r"""Formulas as they are read aloud, for those who listen; the words are a language's own."""

from __future__ import annotations

import re
from typing import Protocol

from chainrule.notation.tex import (
    Accent,
    Atom,
    Fence,
    Fraction,
    Root,
    Row,
    Scripts,
    Table,
    Tree,
    is_prefix,
    parse_tex,
)

__all__ = ["SYMBOLS", "Words", "spoken"]


class Words(Protocol):
    """A language: what it says for a code, details filled in."""

    def __call__(self, code: str, **details: str) -> str: ...


# What each symbol's word is called in a catalogue; a symbol that is not here is said as it stands.
SYMBOL_NAMES = """
    =:equals ≈:about ≔:becomes ←:becomes →:to ↦:to ⇒:implies ⇔:iff ≡:identical ∼:like ∝:proportional
    ≠:unequal <:less >:greater ≤:at_most ≥:at_least ∈:in ∉:not_in ⊂:within ∣:given
    +:plus -:minus ±:plus_minus ⋅:times ·:times ×:times ∗:times *:times ⊙:by_entries
    ⊗:kronecker ⊕:exclusive_or ⋆:convolved ∘:after ÷:divided /:divided mod:modulo
    ∧:and ∨:or ¬:not ∀:all ∃:some ∖:without
    ∑:sum ∏:product ∫:integral ∂:partial ∇:nabla ∞:infinity ⊤:top ∅:empty ′:prime ″:double_prime
    …:dots ⋯:dots ⋮:dots ⋱:dots
    (:left_parenthesis ):right_parenthesis [:left_bracket ]:right_bracket {:left_brace }:right_brace
    |:bar ‖:norm_bar
    α:alpha β:beta γ:gamma δ:delta ε:epsilon ζ:zeta η:eta θ:theta ι:iota κ:kappa λ:lambda μ:mu ν:nu
    ξ:xi π:pi ρ:rho σ:sigma τ:tau υ:upsilon φ:phi ϕ:phi χ:chi ψ:psi ω:omega
    Γ:capital_gamma Δ:capital_delta Θ:capital_theta Λ:capital_lambda Ξ:capital_xi Π:capital_pi
    Σ:capital_sigma Φ:capital_phi Ψ:capital_psi Ω:capital_omega
"""
SYMBOLS = {":": "ratio"} | dict(pair.split(":") for pair in SYMBOL_NAMES.split())
FENCES = {"|": "absolute", "‖": "norm", "⌊": "floor", "⌈": "ceiling"}
POWERS = {"2": "squared", "3": "cubed", "-1": "inverse", "+": "pseudoinverse", "⊤": "transposed",
          "-⊤": "inverse_transposed", "′": "primed", "″": "double_primed"}  # fmt: skip
COMMAS = re.compile(r" ?,(?= ?[,;]| ?$)")  # before another pause
PREFIXES = {"-": "negative", "⋅": "placeholder"}
APPLIED = frozenset("σΦ")  # letters that are functions where brackets follow
QUOTIENTS = {"∂": "partial_derivative", "d": "derivative"}
BETWEEN = 2  # operands that one hears without being told where a fraction ends


def spoken(latex: str, words: Words) -> str:
    r"""A formula as one reads it aloud, in the words of a language.

    `words` are asked by code, with details by name: "partial_derivative" with above and below.

    >>> def words(code, **details):
    ...     return " ".join([code, *details.values()])
    >>> spoken(r"\frac{\partial l}{\partial W_{1}} = -2", words)
    'partial_derivative l index W 1 equals negative 2'

    Raises:
        DataProblem: the LaTeX is none of ours.
        TooLarge: it is too long or nested too deeply.
    """
    said = " ".join(_Reader(words).said(parse_tex(latex)).split())
    return COMMAS.sub("", said)


class _Reader:
    """Says one piece after another."""

    def __init__(self, words: Words) -> None:
        self.words = words

    def said(self, tree: Tree) -> str:
        if isinstance(tree, Atom):
            return self.atom(tree)
        if isinstance(tree, Row):
            return self.row(tree.parts)
        if isinstance(tree, Fraction):
            return self.fraction(tree)
        if isinstance(tree, Root):
            inner = self.said(tree.inner)
            if tree.degree is None:
                return self.words("root", inner=inner)
            return self.words("nth_root", inner=inner, degree=self.said(tree.degree))
        if isinstance(tree, Scripts):
            return self.scripts(tree)
        if isinstance(tree, Accent):
            return self.words(f"accent_{tree.mark}", inner=self.said(tree.inner))
        if isinstance(tree, Fence):
            return self.fence(tree)
        return self.table(tree)

    def atom(self, atom: Atom) -> str:
        if atom.kind == "space" or atom.text == "_":  # between the words of a name
            return ""
        if atom.kind in ("text", "typewriter"):
            return atom.text
        code = SYMBOLS.get(atom.text)
        return atom.text if code is None else self.words(code)

    def row(self, parts: tuple[Tree, ...]) -> str:
        """One after another; what a function is applied to after "of"."""
        said: list[str] = []
        for at, part in enumerate(parts):
            if at and isinstance(part, Fence) and part.left == "(" and _is_applied(parts[at - 1]):
                said[-1] = self.words("call", function=said[-1], inner=self.said(part.inner))
            elif isinstance(part, Atom) and part.text == ",":
                said = [*said[:-1], f"{said[-1] if said else ''},"]
            elif isinstance(part, Atom) and part.text in PREFIXES and is_prefix(parts, at):
                said.append(self.words(PREFIXES[part.text]))
            else:
                said.append(self.said(part))
        return " ".join(filter(None, said))

    def fraction(self, tree: Fraction) -> str:
        """A derivative by its name; a long fraction with its end."""
        above, below = _differential(tree.above), _differential(tree.below)
        if above is not None and below is not None and above[0] == below[0]:
            code = QUOTIENTS[above[0]]
            return self.words(code, above=self.said(above[1]), below=self.said(below[1]))
        is_short = _is_short(tree.above) and _is_short(tree.below)
        code = "over" if is_short else "fraction"
        return self.words(code, above=self.said(tree.above), below=self.said(tree.below))

    def scripts(self, tree: Scripts) -> str:
        base = self.said(tree.base)
        if isinstance(tree.base, Atom) and tree.base.kind == "double":
            return self.set_of(base, tree)
        if tree.below is not None:
            code = "index" if _is_plain(tree.below) else "long_index"
            base = self.words(code, base=base, below=self.said(tree.below))
        if tree.above is None:
            return base
        code = POWERS.get(_plain(tree.above), "")
        if code:
            return self.words(code, base=base)
        return self.words("power", base=base, above=self.said(tree.above))

    def set_of(self, base: str, tree: Scripts) -> str:
        """R to the 2 × 3 is said by its sizes."""
        sizes = [] if tree.above is None else _split(tree.above, "×")
        return " ".join([base, self.by(sizes)])

    def by(self, sizes: list[Tree]) -> str:
        said = list(map(self.said, sizes))
        text = said[0] if said else ""
        for size in said[1:]:
            text = self.words("by", rows=text, columns=size)
        return text

    def fence(self, tree: Fence) -> str:
        inner = self.row((tree.inner,))
        code = FENCES.get(tree.left)
        if code is not None:
            return self.words(code, inner=inner)
        if tree.left == "(" and tree.right == ")":
            return self.words("parentheses", inner=inner)
        sides = [self.atom(Atom("sign", side)) if side else "" for side in (tree.left, tree.right)]
        return f"{sides[0]} {inner} {sides[1]}"

    def table(self, table: Table) -> str:
        rows = [", ".join(map(self.said, row)) for row in table.rows]
        if table.kind in ("cases", "aligned"):
            return "; ".join(rows)
        count, width = len(rows), max(map(len, table.rows), default=0)
        if count == 1:
            return self.words("row_vector", entries=rows[0])
        if width == 1:
            return self.words("column_vector", entries=", ".join(rows))
        numbered = [
            self.words("row", number=str(at), entries=row) for at, row in enumerate(rows, start=1)
        ]
        size = self.words("by", rows=str(count), columns=str(width))
        return self.words("matrix", size=size, rows="; ".join(numbered))


def _is_applied(tree: Tree) -> bool:
    base = tree.base if isinstance(tree, Scripts) else tree
    if not isinstance(base, Atom):
        return False
    return base.kind == "function" or base.text in APPLIED


def _differential(tree: Tree) -> tuple[str, Tree] | None:
    """∂ or d, and what follows it."""
    parts = tree.parts if isinstance(tree, Row) else ()
    if len(parts) < 2 or not isinstance(parts[0], Atom):
        return None
    sign, rest = parts[0], parts[1:]
    is_d = sign.kind == "upright" and sign.text == "d"
    if sign.text != "∂" and not is_d:
        return None
    return sign.text, rest[0] if len(rest) == 1 else Row(rest)


def _is_short(tree: Tree) -> bool:
    """Whether a fraction of it needs no word for its end."""
    if isinstance(tree, Scripts):
        return _is_short(tree.base)
    if isinstance(tree, Row):
        return len(tree.parts) <= BETWEEN and all(map(_is_short, tree.parts))
    return isinstance(tree, Atom | Accent)


def _is_plain(tree: Tree) -> bool:
    """Whether an index is letters, numbers and commas, so that one hears where it ends."""
    parts = tree.parts if isinstance(tree, Row) else (tree,)
    return all(
        isinstance(part, Atom) and (part.kind != "sign" or part.text == ",") for part in parts
    )


def _plain(tree: Tree) -> str:
    """The characters of a short script, for looking it up."""
    if isinstance(tree, Atom):
        return tree.text
    if isinstance(tree, Row) and all(isinstance(part, Atom) for part in tree.parts):
        return "".join(map(_plain, tree.parts))
    return ""


def _split(tree: Tree, sign: str) -> list[Tree]:
    """The parts of a row between signs of one kind."""
    found: list[list[Tree]] = [[]]
    for part in tree.parts if isinstance(tree, Row) else (tree,):
        if isinstance(part, Atom) and part.text == sign:
            found.append([])
        else:
            found[-1].append(part)
    return [one[0] if len(one) == 1 else Row(tuple(one)) for one in found]
