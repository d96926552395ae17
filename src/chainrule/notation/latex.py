r"""Expressions as LaTeX, for slides and papers; the forms stand with each operation.

A few forms depend on what they are filled with: a number stands before what it multiplies, `\odot`
only between arrays; a row vector is a transposed one; A^{-1} transposed is A^{-\top}.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from chainrule.graph.node import Computation, Constant, Node
from chainrule.notation.formula import is_mark
from chainrule.notation.indices import index_entry
from chainrule.notation.latex_names import latex_name, latex_setting, latex_word
from chainrule.notation.precedence import LEVELS, places
from chainrule.notation.text import (
    NameOf,
    Written,
    constant_text,
    mixes_products,
    says_all,
    setting_text,
    write,
)
from chainrule.ops.arithmetic import Divide, Multiply
from chainrule.ops.broadcasting import Broadcast, Cast, literal
from chainrule.ops.choice import TruthValue, Where
from chainrule.ops.contract import Elementwise, Operation
from chainrule.ops.contraction import MatMul, Outer
from chainrule.ops.diagonals import PlaceDiagonal
from chainrule.ops.elementary import XDivY, XTimesY
from chainrule.ops.guarded import DivideOrZero
from chainrule.ops.indexing import Take
from chainrule.ops.naming import Same
from chainrule.ops.shaping import Stack
from chainrule.ops.solving import Inverse
from chainrule.ops.transposition import Transpose

__all__ = ["adjoint_name", "latex", "latex_name"]

NONE_WRITTEN: Mapping[Node, str] = MappingProxyType({})
PRODUCTS = (Multiply, MatMul, Outer)
INVERSE = "^{-1}"


def latex(
    node: Node,
    name_of: NameOf = lambda _: None,
    written: Mapping[Node, str] = NONE_WRITTEN,
    index_base: int = 0,
    vectors: str = "",
) -> str:
    r"""The node's expression as LaTeX, down to named nodes; `written` are in LaTeX already.

    Indices count from `index_base`; of what has an index already they stand in brackets, W_1[0, 2].
    `vectors` says what arrays of one axis are, "row" or "column", so that every product of matrices
    conforms: W x is x Wᵀ for rows.  Where it is not said, products stand as they are.

    >>> from chainrule.graph.node import variable
    >>> from chainrule.ops.activation import sigmoid
    >>> from chainrule.ops.transposition import transpose
    >>> W1, x, dO = variable((2, 3)), variable((3,)), variable((2,))
    >>> latex(sigmoid(W1 @ x), {W1: "W1", x: "x"}.get)
    '\\sigma\\left(W_{1} \\, x\\right)'
    >>> latex(2 * transpose(W1) @ dO, {W1: "W1"}.get, {dO: adjoint_name("l", "O")})
    '2 W_{1}^{\\top} \\, \\frac{\\partial l}{\\partial O}'
    >>> latex(W1 @ x, {W1: "W1", x: "x"}.get, vectors="row")
    'x \\, W_{1}^{\\top}'
    """

    def written_name(lower: Node) -> str | None:
        if lower in written:
            return written[lower]
        name = name_of(lower)
        return None if name is None else latex_name(name)

    return write(node, written_name, _Writer(index_base, vectors).form)


def adjoint_name(of: str, wrt: str) -> str:
    r"""∂of/∂wrt as LaTeX.

    >>> adjoint_name("l", "W1")
    '\\frac{\\partial l}{\\partial W_{1}}'
    """
    return rf"\frac{{\partial {latex_name(of)}}}{{\partial {latex_name(wrt)}}}"


class _Writer:
    """Each operation over its operands' LaTeX."""

    def __init__(self, index_base: int, vectors: str) -> None:
        self.index_base = index_base
        self.vectors = vectors
        self.rows: dict[Node, str] = {}  # how a vector times a matrix is written as a row

    def form(self, node: Node, inner: list[Node], texts: list[Written]) -> Written:
        operation = node.operation
        texts = [
            (_indicator(text), LEVELS["call"]) if _is_mask(node, lower) else (text, level)
            for lower, (text, level) in zip(inner, texts, strict=True)
        ]
        if isinstance(operation, Multiply | XTimesY):
            return self._product(operation, inner, texts), LEVELS["product"]
        if isinstance(operation, Divide | XDivY | DivideOrZero):
            return rf"\frac{{{texts[0][0]}}}{{{texts[1][0]}}}", LEVELS["power"]
        if isinstance(operation, MatMul):
            return self._matrix_product(node, inner, texts), LEVELS["product"]
        if isinstance(operation, Outer):
            return self._outer(operation, inner, texts), LEVELS["product"]
        if isinstance(operation, Where) and [literal(one) for one in inner[1:]] == [1, 0]:
            return _indicator(texts[0][0]), LEVELS["call"]
        if isinstance(operation, Cast) and inner[0].dtype.kind == "b":
            return _indicator(texts[0][0]), LEVELS["call"]
        if isinstance(operation, Broadcast) and inner[0].shape == ():
            return _repeated(inner[0], texts[0], setting_text(node.shape)), LEVELS["product"]
        if isinstance(operation, Take):
            return self._entry(operation, texts[0]), LEVELS["postfix"]
        if isinstance(operation, Stack) and operation.axis == 0:
            return _in_brackets([text for text, _ in texts]), LEVELS["call"]
        if isinstance(operation, Same):  # another name says nothing in a formula
            return texts[0]
        if _transposes_inverse(node, texts[0][0] if texts else ""):
            return texts[0][0].removesuffix(INVERSE) + r"^{-\top}", LEVELS["postfix"]
        return _usual(node, inner, texts)

    def _entry(self, operation: Take, written: Written) -> str:
        """x_{0}, X_{0, 2}; W_{1}[0, 2] beside another index; parentheses around what is no name."""
        text, level = written
        index = ", ".join(index_entry(entry, self.index_base) for entry in operation.index)
        if level < LEVELS["call"] or text.startswith("\\operatorname"):
            return rf"\left({text}\right)_{{{index}}}"
        return f"{text}[{index}]" if "_" in text else f"{text}_{{{index}}}"

    def _product(self, operation: Computation, inner: list[Node], texts: list[Written]) -> str:
        """A product of entries: ⊙ between arrays, nothing after a number."""
        first, second = inner
        by_number = not first.ndim or not second.ndim
        tight = LEVELS["product"] if not first.ndim else LEVELS["sign"]
        left = _part(operation, inner, texts, 0, LEVELS["product"])
        right = _part(operation, inner, texts, 1, tight)
        if not by_number:
            return rf"{left} \odot {right}"
        if right[0].isdigit() or is_mark(right[0]):
            return rf"{left} \cdot {right}"
        return rf"{left} \, {right}" if literal(first) is None else f"{left} {right}"

    def _outer(self, operation: Computation, inner: list[Node], texts: list[Written]) -> str:
        """A column times a row."""
        if self.vectors == "row":
            right = _part(operation, inner, texts, 1, LEVELS["product"])
            return rf"{_row(texts[0])} \, {right}"
        left = _part(operation, inner, texts, 0, LEVELS["product"])
        return rf"{left} \, {_row(texts[1])}"

    def _matrix_product(self, node: Node, inner: list[Node], texts: list[Written]) -> str:
        """Factors side by side; a vector on the left of a number's product is a row."""
        operation = node.operation
        ranks = tuple(one.ndim for one in inner)
        if (self.vectors, ranks) in (("row", (2, 1)), ("column", (1, 2))):
            turned = _transposed(inner[ranks.index(2)], texts[ranks.index(2)])
            vector = _part(operation, inner, texts, ranks.index(1), LEVELS["product"])
            order = [vector, turned] if self.vectors == "row" else [turned, vector]
            return r" \, ".join(order)
        if self.vectors == "row" and ranks == (1, 1):
            left = _part(operation, inner, texts, 0, LEVELS["product"])
            return rf"{left} \, {_row(texts[1])}"
        associative = isinstance(inner[1].operation, MatMul)
        place = LEVELS["product"] if associative else LEVELS["sign"]
        right = _part(operation, inner, texts, 1, place)
        left = _part(operation, inner, texts, 0, LEVELS["product"])
        if inner[0].ndim == 1:
            row = self.rows.get(inner[0]) or _row(texts[0])
            self.rows[node] = rf"{row} \, {right}"
        return self.rows[node] if node.shape == () else rf"{left} \, {right}"


def _repeated(number: Node, written: Written, shape: str) -> str:
    """An array of one number: zeros and ones are bold."""
    sizes = shape.strip("[]").replace(", ", r" \times ")
    if literal(number) in (0, 1):
        return rf"\mathbf{{{literal(number):g}}}_{{{sizes}}}"
    text = written[0] if written[1] >= LEVELS["sign"] else rf"\left({written[0]}\right)"
    return rf"{text} \, \mathbf{{1}}_{{{sizes}}}"


def _in_brackets(parts: list[str]) -> str:
    """Entries side by side; rows below each other."""
    left, right = r"\begin{bmatrix} ", r" \end{bmatrix}"
    if all(part.startswith(left) and part.endswith(right) for part in parts):
        rows = [part.removeprefix(left).removesuffix(right) for part in parts]
        if not any(r"\begin" in row for row in rows):
            return left + r" \\ ".join(rows) + right
    return left + " & ".join(parts) + right


def _row(vector: Written) -> str:
    """A vector as a row."""
    text, level = vector
    is_tight = level >= LEVELS["postfix"] and not text.startswith(r"\frac")
    return rf"{text}^{{\top}}" if is_tight else rf"\left({text}\right)^{{\top}}"


def _transposed(node: Node, matrix: Written) -> str:
    """A matrix, transposed; one that is transposed already without that."""
    text = matrix[0]
    if isinstance(node.operation, Transpose) and text.endswith(r"^{\top}"):
        return text.removesuffix(r"^{\top}")
    return _row(matrix)


def _indicator(condition: str) -> str:
    """1 where a condition holds, else 0."""
    return rf"\mathbf{{1}}[{condition}]"


def _is_mask(node: Node, lower: Node) -> bool:
    """Whether a truth value counts as a number here."""
    if lower.dtype.kind != "b" or isinstance(node.operation, TruthValue | Where | Cast):
        return False
    return isinstance(node.operation, Elementwise | PlaceDiagonal)


def _transposes_inverse(node: Node, text: str) -> bool:
    is_transpose = isinstance(node.operation, Transpose) and not node.operation.settings(
        node.inputs
    )
    if not is_transpose or not text.endswith(INVERSE):
        return False
    return isinstance(node.inputs[0].operation, Inverse)


def _usual(node: Node, inner: list[Node], texts: list[Written]) -> Written:
    """By the operation's own form, or as a call."""
    operation = node.operation
    if isinstance(operation, Constant):
        text = constant_text(operation)
        shown = latex_setting(text)
        is_product = r"\times" in shown and not shown.startswith("[")
        level = "sign" if text.startswith("-") else "product" if is_product else "call"
        return shown, LEVELS[level]
    assert isinstance(operation, Operation)
    settings = operation.settings(node.inputs)
    if not says_all(operation.latex, settings):
        arguments = [text for text, _ in texts]
        arguments += [
            f"{latex_word(name)}={latex_setting(setting_text(value))}" for name, value in settings
        ]
        name = operation.name.replace("_", r"\_")
        return rf"\operatorname{{{name}}}\left({', '.join(arguments)}\right)", LEVELS["call"]
    loosest = _places(operation, len(texts))
    parts = [_part(operation, inner, texts, at, place) for at, place in enumerate(loosest)]
    values = {name: _in_braces(latex_setting(setting_text(value))) for name, value in settings}
    return operation.latex.format(*parts, **values), _level(operation)


def _level(operation: Operation) -> int:
    """How tightly the form binds; a call that is written with a sign between binds as a product."""
    return LEVELS["product" if _is_between(operation) else operation.precedence]


def _is_between(operation: Computation) -> bool:
    form, precedence = getattr(operation, "latex", ""), getattr(operation, "precedence", "")
    return form.startswith("{0}") and form.endswith(" {1}") and precedence == "call"


def _part(
    operation: Computation, inner: list[Node], texts: list[Written], at: int, place: int
) -> str:
    r"""An operand, in parentheses where it binds too loosely or would be misread.

    So are a negative number behind a sign, and `\log a` before another factor or an exponent.
    """
    text, level = texts[at]
    loose = level < place
    if place > 0:
        signed = at > 0 and text.startswith("-")
        fraction = place >= LEVELS["postfix"] and text.startswith(r"\frac")
        misread = at == 0 and _is_open(inner[0], text) and _goes_on(operation)
        mixed = level == LEVELS["product"] and _mixed(operation, inner, at)
        twice = at == 0 and _raises(operation) and _has_exponent(text)
        loose = loose or signed or fraction or misread or mixed or twice
    return rf"\left({text}\right)" if loose else text


def _mixed(operation: Computation, inner: list[Node], at: int) -> bool:
    """Whether products of two kinds stand side by side; a fraction holds together."""
    if isinstance(inner[at].operation, Divide) or not isinstance(operation, PRODUCTS):
        return False
    if _is_between(inner[at].operation):
        return True
    return mixes_products(MatMul() if isinstance(operation, Outer) else operation, inner, at)


def _is_open(node: Node, text: str) -> bool:
    r"""Whether a text ends with an operand without parentheses around it, as `\log a` does."""
    form = getattr(node.operation, "latex", "")
    start = form.removesuffix("{0}").format() if form.endswith(" {0}") else ""
    return bool(start) and text.startswith(start) and not text.endswith(r"\right)")


def _has_exponent(text: str) -> bool:
    """Whether there is an exponent outside of all brackets."""
    depth = 0
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        if depth == 0 and character == "^":
            return True
    return False


def _raises(operation: Computation) -> bool:
    return re.match(r"\{0\}\^|\{\{\{0\}\}\}\^", getattr(operation, "latex", "")) is not None


def _goes_on(operation: Computation) -> bool:
    precedence = getattr(operation, "precedence", "")
    return precedence in ("product", "power", "postfix")


def _places(operation: Operation, count: int) -> list[int]:
    """The loosest level of each operand; inside braces or parentheses of the form, any."""
    usual = places(operation.precedence, count)
    if operation.precedence == "call":
        usual = (LEVELS["postfix"],) * count
    enclosed = [
        f"{{{{{{{at}}}}}}}" in operation.latex or r"\left" in operation.latex for at in range(count)
    ]
    if _raises(operation):
        enclosed[0] = False
    return [0 if free else place for free, place in zip(enclosed, usual, strict=True)]


def _in_braces(text: str) -> str:
    """What stands as an exponent: in braces, if it is longer than a letter or digit."""
    return text if len(text) == 1 else f"{{{text}}}"
