"""Where a local Jacobian comes from: the operation's own derivative, entry by entry."""

from __future__ import annotations

from collections.abc import Callable

from chainrule.differentiate.factors import Factor
from chainrule.differentiate.jacobian import jacobian
from chainrule.differentiate.walk import Paths
from chainrule.explain.entries import diagonal_entries, matrix_entries
from chainrule.explain.explanation import Sentence
from chainrule.explain.forms import is_diagonal
from chainrule.explain.language.sources import local_derivative
from chainrule.explain.remarks import factor_rule, operation_name, operation_sentence
from chainrule.explain.source import Explainable, has_named_sizes
from chainrule.graph.node import Array, Node
from chainrule.graph.record import Record
from chainrule.jacobians.kinds import LinearMap
from chainrule.notation.formula import Expression, Matrix, Number
from chainrule.ops.abstract import AbstractElementwise, AbstractFunction
from chainrule.ops.broadcasting import Broadcast, Cast, Reshaped, literal
from chainrule.ops.contract import Composite, Elementwise, Operation
from chainrule.ops.naming import Same
from chainrule.rewrite.recognition import recognized

__all__ = ["Origin", "origin_of"]

MOST_ENTRIES = 16  # of a matrix, and
MOST_ON_DIAGONAL = 6  # of a diagonal one; of more one sees less
WIDEST = 88  # letters of a row of entries
MOST_OPERATIONS = 3  # between two quantities, of which each says what it does
ARRANGING = (Broadcast, Cast, Composite, Reshaped, Same)
Both = Callable[[Node], Expression]


class Origin(Record):
    """The operation between two quantities, what its derivative is, and the entries of that.

    `rule` and `why` are of a single operation; of several, `remarks` say what each does.
    """

    rule: Sentence | None
    why: Sentence | None
    remarks: tuple[Sentence, ...]
    entries: Matrix | None

    def without_entries(self) -> Origin:
        """The same where the derivative is written out anyway."""
        return Origin(self.rule, self.why, self.remarks, None)


def origin_of(
    source: Explainable, of: Node, wrt: Node, both: Both, is_transposed: bool = False
) -> Origin | None:
    """The origin of ∂of/∂wrt; None where it is not local, or says nothing.

    `both` writes an entry; `is_transposed` says that rows are inputs.
    """
    named = source.graph.named_nodes - {of}
    between = [node for node in Paths(of, (wrt,)).order if node not in (of, wrt)]
    if of is wrt or not named.isdisjoint(between) or wrt not in Paths(of, (wrt,)).edges:
        return None
    body = recognized(of)
    if body is not None:
        return _of_operations([body.operation], "", None)
    nodes = [node for node in reversed(Paths(of, (wrt,), named).order) if node is not wrt]
    map_ = jacobian(of, wrt, named)
    letters = factor_rule(source, Factor(of, wrt, map_))
    is_symbol = any(isinstance(one.operation, AbstractFunction) for one in nodes)
    entries = None if is_symbol else _entries(map_, named | {of}, both)
    if entries is not None and is_transposed and entries.kind == "matrix":
        entries = Matrix(tuple(zip(*entries.rows, strict=True)))
    is_of_numerators = is_transposed and not isinstance(of.operation, Elementwise)
    said = "" if is_symbol or is_of_numerators else letters
    return _of_operations([node.operation for node in nodes], said, entries)


def _of_operations(
    computations: list[object], letters: str, entries: Matrix | None
) -> Origin | None:
    operations = [
        one
        for one in computations
        if isinstance(one, Operation) and one.sentence and not isinstance(one, ARRANGING)
    ]
    operations = list({one.name: one for one in operations}.values())
    if not operations or len(operations) > MOST_OPERATIONS:
        return None
    if len(operations) > 1:
        return Origin(None, None, tuple(map(_says, operations)), entries)
    (only,) = operations
    has_name = not isinstance(only, AbstractElementwise | AbstractFunction)
    rule = operation_name(only) if has_name else None
    rules = [local_derivative(letters)] if letters and has_name else []
    remarks = tuple(Sentence("in_letters", (("rule", one),)) for one in rules)
    return Origin(rule, operation_sentence(only), remarks, entries)


def _says(operation: Operation) -> Sentence:
    why = operation_sentence(operation)
    assert why is not None
    if isinstance(operation, AbstractElementwise | AbstractFunction):
        return why  # it has no name to tell
    return Sentence("closed:operation", (("name", operation_name(operation)), ("why", why)))


def _entries(map_: LinearMap, named: frozenset[Node], both: Both) -> Matrix | None:
    """The matrix entry by entry, if it is small enough to be read."""
    if is_diagonal(map_):
        diagonal = diagonal_entries(map_, named)
        if diagonal is None or not 1 < diagonal.size <= MOST_ON_DIAGONAL:
            return None
        return _fitting(diagonal.reshape(1, -1), "diagonal", both)
    if has_named_sizes(map_.matrix_shape):
        return None
    rows, columns = map_.matrix_shape
    if not 1 < rows * columns <= MOST_ENTRIES:
        return None
    found = matrix_entries(map_, named)
    return None if found is None else _fitting(found, "matrix", both)


def _fitting(entries: Array, kind: str, both: Both) -> Matrix | None:
    """The entries as they are written, where a row of them fits a line."""
    rows = tuple(tuple(_written(entry, both) for entry in row) for row in entries)
    widest = max(sum(len(one.text) + 2 for one in row) for row in rows)
    is_number = all(isinstance(one, Number) for row in rows for one in row)
    return None if widest > WIDEST or is_number else Matrix(rows, kind)


def _written(entry: Node, both: Both) -> Expression | Number:
    number = literal(entry)
    if number is not None and number == int(number):
        return Number(str(int(number)))
    return both(entry)
