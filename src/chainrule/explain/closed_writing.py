"""How closed forms are written: over the file's names, a matrix as one long vector as vec(W)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from chainrule.explain.indices import text_counting_from
from chainrule.explain.source import Explainable
from chainrule.graph.node import Node, topological
from chainrule.notation.formula import Expression
from chainrule.notation.latex import adjoint_name, latex
from chainrule.notation.precedence import LEVELS
from chainrule.notation.text import Written, write
from chainrule.ops.broadcasting import Cast, Reshaped
from chainrule.ops.making import Eye
from chainrule.ops.naming import Same
from chainrule.rewrite.affine import Affine
from chainrule.rewrite.closed import Definition
from chainrule.rewrite.derivation import names_in_text

__all__ = ["ClosedWriter", "affine_text", "without_cast"]


class ClosedWriter:
    """Writes the derivatives of `of`; symbols of `definitions` stand as their names."""

    def __init__(self, source: Explainable, of: Node, definitions: Iterable[Definition]) -> None:
        definitions = tuple(definitions)
        self.source = source
        self._names = names_in_text(source.graph, definitions)
        self._own = names_in_text(source.graph)
        self._adjoints = {
            one.symbol: adjoint_name(source.name(of), source.name(one.quantity))
            for one in definitions
        }

    def both(self, node: Node) -> Expression:
        """An expression in both notations."""
        return Expression(self.text(node), self.latex(node))

    def text(self, node: Node) -> str:
        """An expression of the paper language."""
        return write(node, self._name_of, self._form)

    def latex(self, node: Node) -> str:
        """The same as LaTeX."""
        written = dict(self._adjoints)
        for one in topological([node], lambda one: () if self._name_of(one) else one.inputs):
            if _is_vec(one) and one not in written:
                inner = self._in_latex(without_cast(one.inputs[0]), written)
                written[one] = rf"\operatorname{{vec}}\left({inner}\right)"
        return self._in_latex(node, written)

    def _in_latex(self, node: Node, written: dict[Node, str]) -> str:
        source = self.source
        return latex(
            node,
            lambda one: self._own(one) or source.name_of(one),
            written,
            source.index_base,
            source.vectors,
        )

    def _name_of(self, node: Node) -> str | None:
        while True:
            found = self._names(node) or self.source.name_of(node)
            if found is not None or not isinstance(node.operation, Same):
                return found
            node = node.inputs[0]  # a point without a name of its own

    def _form(self, node: Node, inner: list[Node], texts: list[Written]) -> Written:
        if isinstance(node.operation, Same):  # an inner point without a name of its own
            return texts[0]
        if not _is_vec(node):
            return text_counting_from(self.source.index_base, node, inner, texts)
        text, _ = texts[0]
        if without_cast(inner[0]) is not inner[0]:
            text = text.removeprefix("number(").removesuffix(")")
        return f"vec({text})", LEVELS["call"]


def without_cast(node: Node) -> Node:
    """A truth value for the number 1 or 0 that is made of it."""
    is_truth = isinstance(node.operation, Cast) and node.inputs[0].dtype.kind == "b"
    return node.inputs[0] if is_truth and not node.distinct else node


def _is_vec(node: Node) -> bool:
    is_long = isinstance(node.operation, Reshaped) and node.ndim == 1 and not node.distinct
    return is_long and node.inputs[0].ndim > 1


def affine_text(found: Affine, x: Node, show: Callable[[Node], str], times: str) -> str:
    """(matrix) @ x + (constant)."""
    is_identity = isinstance(found.matrix.operation, Eye)
    text = show(x) if is_identity else f"{_grouped(show(found.matrix))}{times}{show(x)}"
    return text if found.constant is None else f"{text} + {_grouped(show(found.constant))}"


def _grouped(text: str) -> str:
    """A formula of several parts in parentheses."""
    depth = 0
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        if depth == 0 and character == " ":
            return rf"\left({text}\right)" if "\\" in text else f"({text})"
    return text
