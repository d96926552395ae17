r"""Formulas as MathML Core, which browsers set without any help."""

from __future__ import annotations

from html import escape

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

__all__ = ["mathml"]

NO_BREAK = "\u00a0"  # a space at the edge of a text is lost otherwise
THIN = '<mspace width="0.167em"/>'
MARKS = {"hat": "^", "bar": "‾", "tilde": "~", "dot": "˙", "vec": "→"}
SETS = {"R": "ℝ", "N": "ℕ", "Z": "ℤ", "Q": "ℚ", "C": "ℂ"}
STYLES = {"bold": "font-weight: bold", "typewriter": "font-family: monospace"}
FENCES = {"bmatrix": ("[", "]"), "pmatrix": ("(", ")"), "vmatrix": ("|", "|"), "cases": ("{", "")}
GROWING = frozenset("()[]{}|‖⌊⌋⌈⌉⟨⟩")
SIGNS = {"-": "−", "*": "∗"}


def mathml(latex: str, *, display: bool = False, spoken: str | None = None) -> str:
    r"""A formula as a `<math>` element; `spoken` is what a screen reader says for it.

    >>> mathml(r"W_{1}^{\top}", spoken="W 1 transposed")
    '<math aria-label="W 1 transposed"><msubsup><mi>W</mi><mn>1</mn><mi>⊤</mi></msubsup></math>'

    Raises:
        DataProblem: the LaTeX is none of ours.
        TooLarge: it is too long or nested too deeply.
    """
    attributes = ' display="block"' if display else ""
    if spoken is not None:
        attributes += f' aria-label="{escape(spoken)}"'
    return f"<math{attributes}>{_written(parse_tex(latex))}</math>"


def _written(tree: Tree) -> str:
    if isinstance(tree, Atom):
        return _atom(tree)
    if isinstance(tree, Row):
        return f"<mrow>{_side_by_side(tree.parts)}</mrow>"
    if isinstance(tree, Fraction):
        return f"<mfrac>{_written(tree.above)}{_written(tree.below)}</mfrac>"
    if isinstance(tree, Root):
        inner = _written(tree.inner)
        if tree.degree is None:
            return f"<msqrt>{inner}</msqrt>"
        return f"<mroot>{inner}{_written(tree.degree)}</mroot>"
    if isinstance(tree, Scripts):
        return _scripts(tree)
    if isinstance(tree, Accent):
        mark = f'<mo stretchy="false">{MARKS[tree.mark]}</mo>'
        return f'<mover accent="true">{_written(tree.inner)}{mark}</mover>'
    if isinstance(tree, Fence):
        parts = tree.inner.parts if isinstance(tree.inner, Row) else (tree.inner,)
        return _fenced(tree.left, _side_by_side(parts), tree.right, grows=_is_high(tree.inner))
    return _table(tree)


def _atom(atom: Atom) -> str:
    text = escape(atom.text)
    if atom.kind == "space":
        return f'<mspace width="{atom.text}em"/>'
    if atom.kind == "number":
        return f"<mn>{text}</mn>"
    if atom.kind in ("sign", "large"):
        return _sign(atom.text, "prefix" if text in "+-" else "")  # by itself, as in A⁺
    if atom.kind in ("text", "typewriter"):
        style = f' style="{STYLES[atom.kind]}"' if atom.kind in STYLES else ""
        return f"<mtext{style}>{text.replace(' ', NO_BREAK)}</mtext>"
    if atom.kind == "bold":
        tag = "mn" if text.isdecimal() else "mi"
        upright = ' mathvariant="normal"' if tag == "mi" and len(atom.text) == 1 else ""
        return f'<{tag}{upright} style="{STYLES["bold"]}">{text}</{tag}>'
    if atom.kind == "double":
        return f"<mi>{SETS.get(atom.text, text)}</mi>"
    upright = ' mathvariant="normal"' if atom.kind != "letter" and len(atom.text) == 1 else ""
    return f"<mi{upright}>{text}</mi>"


def _sign(text: str, form: str = "") -> str:
    """A sign; brackets that are not a fence keep their size."""
    attributes = ' stretchy="false"' if text in GROWING else ""
    attributes += f' form="{form}"' if form else ""
    return f"<mo{attributes}>{escape(SIGNS.get(text, text))}</mo>"


def _side_by_side(parts: tuple[Tree, ...]) -> str:
    """The parts of a row: a minus before a number close to it, log apart from what it is of."""
    written = []
    for at, part in enumerate(parts):
        if isinstance(part, Atom) and part.kind == "sign":
            form = "prefix" if part.text in "+-" and is_prefix(parts, at) else ""
            written.append(_sign(part.text, form))
            continue
        if at and _needs_space(parts[at - 1], part):
            written.append(THIN)
        written.append(_written(part))
    return "".join(written)


def _needs_space(before: Tree, after: Tree) -> bool:
    if isinstance(before, Atom) and before.kind in ("sign", "space"):
        return False
    if isinstance(after, Atom) and after.kind == "space":
        return False
    return (_is_function(before) and not isinstance(after, Fence)) or _is_function(after)


def _is_function(tree: Tree) -> bool:
    base = tree.base if isinstance(tree, Scripts) else tree
    return isinstance(base, Atom) and base.kind in ("function", "large")


def _scripts(tree: Scripts) -> str:
    is_large = isinstance(tree.base, Atom) and tree.base.kind == "large"
    below, above = ("munder", "mover") if is_large else ("msub", "msup")
    base = _written(tree.base)
    if tree.below is None and tree.above is not None:
        return f"<{above}>{base}{_written(tree.above)}</{above}>"
    if tree.above is None and tree.below is not None:
        return f"<{below}>{base}{_written(tree.below)}</{below}>"
    both = "munderover" if is_large else "msubsup"
    scripts = "".join(_written(script) for script in (tree.below, tree.above) if script)
    return f"<{both}>{base}{scripts}</{both}>"


def _fenced(left: str, inner: str, right: str, grows: bool = True) -> str:
    """Between brackets; the empty one is none.

    They grow only where they must: fonts leave more room around brackets that can.
    """
    stretchy = str(grows).lower()
    opening = f'<mo form="prefix" stretchy="{stretchy}">{escape(left)}</mo>' if left else ""
    closing = f'<mo form="postfix" stretchy="{stretchy}">{escape(right)}</mo>' if right else ""
    return f"<mrow>{opening}{inner}{closing}</mrow>"


def _is_high(tree: Tree) -> bool:
    """Whether a formula is higher than a line of letters with indices and exponents."""
    if isinstance(tree, Row):
        return any(map(_is_high, tree.parts))
    if isinstance(tree, Scripts):
        return _is_high(tree.base)
    if isinstance(tree, Accent | Fence):
        return _is_high(tree.inner)
    return not isinstance(tree, Atom) or tree.kind == "large"


def _table(table: Table) -> str:
    aligned = {"cases": ("left",), "aligned": ("right", "left")}.get(table.kind, ())
    rows = []
    for row in table.rows:
        cells = []
        for at, cell in enumerate(row):
            style = f' style="text-align: {aligned[at % len(aligned)]}"' if aligned else ""
            cells.append(f"<mtd{style}>{_written(cell)}</mtd>")
        rows.append(f"<mtr>{''.join(cells)}</mtr>")
    left, right = FENCES.get(table.kind, ("", ""))
    return _fenced(left, f"<mtable>{''.join(rows)}</mtable>", right)
