r"""Expressions as LaTeX, for slides and papers; the forms stand with each operation."""

from __future__ import annotations

import re

from chainrule.graph.node import Constant, Node
from chainrule.notation.precedence import LEVELS, places
from chainrule.notation.text import NameOf, Written, constant_text, says_all, setting_text, write
from chainrule.ops.contract import Operation

__all__ = ["latex", "latex_name"]

GREEK_LETTERS = "αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΦΨΩ"
GREEK_COMMANDS = """
    alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau
    upsilon varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega
"""
GREEK = dict(zip(GREEK_LETTERS, GREEK_COMMANDS.split(), strict=True))
ACCENTS = {"\u0302": "hat", "\u0304": "bar", "\u0303": "tilde", "\u0307": "dot", "\u20d7": "vec"}
SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")


def latex(node: Node, name_of: NameOf = lambda _: None) -> str:
    r"""The node's expression as LaTeX, down to named nodes.

    >>> from chainrule.graph.node import variable
    >>> from chainrule.ops.activation import sigmoid
    >>> W1, x = variable((2, 3)), variable((3,))
    >>> latex(sigmoid(W1 @ x), {W1: "W1", x: "x"}.get)
    '\\sigma\\left(W_{1} \\, x\\right)'
    """

    def written_name(lower: Node) -> str | None:
        name = name_of(lower)
        return None if name is None else latex_name(name)

    return write(node, written_name, operation_latex)


def latex_name(name: str) -> str:
    r"""A name as LaTeX: digits at the end as an index, accents and Greek letters as commands.

    >>> latex_name("W1"), latex_name("ŷ"), latex_name("α"), latex_name("net_h1")
    ('W_{1}', '\\hat{y}', '\\alpha', '\\mathrm{net}_{h1}')
    """
    from unicodedata import normalize

    plain = normalize("NFD", name).translate(SUBSCRIPTS)
    stem, index = re.fullmatch(r"([^_]*?)_?(\d*|(?<=_).*)", plain, re.DOTALL).groups()  # type: ignore[union-attr]
    accents = [ACCENTS[mark] for mark in stem[1:] if mark in ACCENTS]
    letters = "".join(letter for letter in stem if letter not in ACCENTS)
    letters = f"\\{GREEK[letters]}" if letters in GREEK else letters
    if len(letters) > 1 and not letters.startswith("\\"):
        letters = rf"\mathrm{{{letters}}}"
    for accent in accents:
        letters = rf"\{accent}{{{letters}}}"
    return f"{letters}_{{{index}}}" if index else letters


def operation_latex(node: Node, inner: list[Node], texts: list[Written]) -> Written:
    """One operation over its operands' LaTeX."""
    operation = node.operation
    if isinstance(operation, Constant):
        text = constant_text(operation)
        return text, LEVELS["sign" if text.startswith("-") else "call"]
    assert isinstance(operation, Operation)
    settings = operation.settings(node.inputs)
    if not says_all(operation.latex, settings):
        arguments = [text for text, _ in texts]
        arguments += [rf"\mathrm{{{name}}}={setting_text(value)}" for name, value in settings]
        name = operation.name.replace("_", r"\_")
        return rf"\operatorname{{{name}}}\left({', '.join(arguments)}\right)", LEVELS["call"]
    loosest = _places(operation, len(texts))
    parts = [
        rf"\left({text}\right)" if level < place else text
        for (text, level), place in zip(texts, loosest, strict=True)
    ]
    values = {name: setting_text(value) for name, value in settings}
    return operation.latex.format(*parts, **values), LEVELS[operation.precedence]


def _places(operation: Operation, count: int) -> list[int]:
    """The loosest level of each operand; inside braces or parentheses of the form, any."""
    usual = places(operation.precedence, count)
    if operation.precedence == "call":
        usual = (LEVELS["postfix"],) * count
    enclosed = [
        f"{{{{{{{at}}}}}}}" in operation.latex or r"\left" in operation.latex for at in range(count)
    ]
    return [0 if free else place for free, place in zip(enclosed, usual, strict=True)]
