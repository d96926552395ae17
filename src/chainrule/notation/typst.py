r"""Formulas as Typst's math, for PDF; whatever a user wrote stands in it as text."""

from __future__ import annotations

from collections.abc import Sequence

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

__all__ = ["quoted", "typst", "typst_pieces"]

# Everything that could be read as more than a sign goes by its name.
SIGNS = {
    "(": "paren.l", ")": "paren.r", "[": "bracket.l", "]": "bracket.r", "{": "brace.l",
    "}": "brace.r", "|": "bar.v", "‖": "bar.v.double", "⟨": "angle.l", "⟩": "angle.r",
    ",": "comma", ";": "semi", ":": "colon", "-": "minus", "+": "plus", "*": "ast.op",
    "/": "slash", "=": "eq", "<": "lt", ">": "gt", "≔": "colon.eq", "!": "excl",
    "mod": 'op("mod")',
}  # fmt: skip
SAFE = frozenset("⋅×⊙⊗⊕⋆∗∘±÷∖≤≥≠≈≡∼∝∈∉⊂→←↦⇒⇔∧∨¬∀∃∣…⋯⋮⋱⌊⌋⌈⌉−′″·")
STYLES = {"bold": "bold(upright({}))", "typewriter": "mono({})", "double": "bb({})"}
MARKS = {"hat": "hat", "bar": "macron", "tilde": "tilde", "dot": "dot", "vec": "arrow"}
SPACES = {
    "0.167": "thin", "0.222": "med", "0.278": "thick", "0.25": "space", "1": "quad", "2": "wide",
}  # fmt: skip
DELIMITERS = {"bmatrix": '"["', "pmatrix": '"("', "vmatrix": '"|"'}
BREAKS_BEFORE = frozenset("=≈<>≤≥≠≡→+-⋅⊙⊗")
OPENING, CLOSING = frozenset("([{"), frozenset(")]}")
COMMA = Atom("sign", ",")
NOTHING = '""'
TEXTS = ('"', "bold(", "mono(", "bb(")


def typst(latex: str) -> str:
    r"""A formula as the inside of Typst's `$ $`.

    >>> typst(r"\frac{\partial l}{\partial W_{1}} = \mathrm{net}^{\top}")
    'frac(∂ l, ∂ attach(W, b: 1)) eq attach("net", t: ⊤)'

    Raises:
        DataProblem: the LaTeX is none of ours.
        TooLarge: it is too long or nested too deeply.
    """
    return _written(parse_tex(latex))


def typst_pieces(latex: str, *, inside: bool = False) -> list[str]:
    r"""The same in pieces between which a long line may be broken: before its outermost signs.

    With `inside` also within the outermost brackets, which then do not grow.

    >>> typst_pieces(r"a + b \left(c - d\right)")
    ['a', '""/**/plus b lr(paren.l c minus d paren.r)']
    >>> typst_pieces(r"a + b \left(c - d\right)", inside=True)
    ['a', '""/**/plus b paren.l c', '""/**/minus d paren.r']

    Raises:
        DataProblem: the LaTeX is none of ours.
        TooLarge: it is too long or nested too deeply.
    """
    pieces = _Pieces(inside)
    pieces.add(parse_tex(latex))
    return list(map(_joined, pieces.found))


def quoted(text: str) -> str:
    r"""A text as a Typst string: nothing in it does anything.

    >>> print(quoted('#eval("1") \\'))
    "#eval(\"1\") \\"
    """
    text = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


class _Pieces:
    """Collects the pieces of a formula."""

    def __init__(self, inside: bool) -> None:
        self.inside = inside
        self.found: list[list[str]] = [[]]

    def add(self, tree: Tree, *, within: bool = False) -> None:
        parts = tree.parts if isinstance(tree, Row) else (tree,)
        depth = 0  # of brackets that do not grow
        for at, part in enumerate(parts):
            depth += _opened(part)
            if at and depth == 0 and _may_break(parts, at):
                self.found.append([NOTHING])  # so that the sign stands between two things
            base = part.base if isinstance(part, Scripts) else part
            if self.inside and not within and isinstance(base, Fence):
                self.add_fence(part, base)
                continue
            self.found[-1].append(_written(part))
            if within and depth == 0 and part == COMMA:
                self.found[-1].append("thin")
                self.found.append([])

    def add_fence(self, part: Tree, fence: Fence) -> None:
        """What stands in brackets, the brackets at its ends."""
        if fence.left:
            self.found[-1].append(_sign(fence.left))
        self.add(fence.inner, within=True)
        closing: Tree = Atom("sign", fence.right) if fence.right else Row(())
        if isinstance(part, Scripts):
            closing = Scripts(closing, part.below, part.above)
        self.found[-1].append(_written(closing))


def _opened(part: Tree) -> int:
    """How many plain brackets a part opens: 1, 0 or -1."""
    if not isinstance(part, Atom) or part.kind != "sign":
        return 0
    return (part.text in OPENING) - (part.text in CLOSING)


def _may_break(parts: tuple[Tree, ...], at: int) -> bool:
    part = parts[at]
    is_sign = isinstance(part, Atom) and part.kind == "sign" and part.text in BREAKS_BEFORE
    return is_sign and not is_prefix(parts, at)


def _joined(parts: Sequence[str]) -> str:
    """Side by side: a blank beside a text would be seen, so a comment stands there."""
    joined = ""
    for part in parts:
        is_text = joined.endswith(('"', '")')) or part.startswith(TEXTS)
        joined += f"{'/**/' if is_text else ' '}{part}" if joined else part
    return joined or NOTHING


def _written(tree: Tree) -> str:
    if isinstance(tree, Atom):
        return _atom(tree)
    if isinstance(tree, Row):
        return _joined(tuple(map(_written, tree.parts)))
    if isinstance(tree, Fraction):
        return f"frac({_written(tree.above)}, {_written(tree.below)})"
    if isinstance(tree, Root):
        inner = _written(tree.inner)
        if tree.degree is None:
            return f"sqrt({inner})"
        return f"root({_written(tree.degree)}, {inner})"
    if isinstance(tree, Scripts):
        above = "" if tree.above is None else f", t: {_written(tree.above)}"
        below = "" if tree.below is None else f", b: {_written(tree.below)}"
        return f"attach({_written(tree.base)}{above}{below})"
    if isinstance(tree, Accent):
        return f"accent({_written(tree.inner)}, {MARKS[tree.mark]})"
    if isinstance(tree, Fence):
        left, right = ([_sign(side)] if side else [] for side in (tree.left, tree.right))
        return f"lr({_joined([*left, _written(tree.inner), *right])})"
    return _table(tree)


def _atom(atom: Atom) -> str:
    text = atom.text
    if atom.kind == "space":
        return SPACES.get(text, f"#h({text}em)")
    if atom.kind in ("sign", "large"):
        return _sign(text)
    if atom.kind == "letter":
        is_plain = len(text) == 1 and (text.isascii() or "Α" <= text <= "ϵ" or text in "∂∇∞ℓ⊤∅")
        return text if is_plain else quoted(text)
    if atom.kind == "number":
        return text
    if atom.kind == "function":
        return f"op({quoted(text)})"
    return STYLES.get(atom.kind, "{}").replace("{}", quoted(text))


def _sign(text: str) -> str:
    if text in SIGNS:
        return SIGNS[text]
    return text if text in SAFE or text in "∑∏∫" else quoted(text)


def _table(table: Table) -> str:
    if table.kind in ("cases", "aligned"):
        rows = [" & ".join(map(_written, row)) for row in table.rows]
        return f"cases({', '.join(rows)})" if table.kind == "cases" else r" \ ".join(rows)
    rows = [", ".join(map(_written, row)) for row in table.rows]
    delimiter = DELIMITERS.get(table.kind, "#none")
    return f"mat(delim: {delimiter}, {'; '.join(rows)})"
