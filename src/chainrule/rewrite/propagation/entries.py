"""Rules about entries, each by itself, and about rows."""

from __future__ import annotations

from chainrule.graph.facts import OF_ENTRIES, OF_MATRICES, OF_ROWS, Fact, Known
from chainrule.graph.node import Node
from chainrule.ops import (
    activation,
    advanced_indexing,
    arithmetic,
    broadcasting,
    choice,
    contraction,
    diagonals,
    elementary,
    indexing,
    limiting,
    making,
    naming,
    normalizing,
    reduction,
    roots,
    rounding,
    shaping,
    sorting,
)
from chainrule.ops.broadcasting import literal
from chainrule.ops.transposition import Transpose
from chainrule.rewrite.propagation.rule import (
    NOTHING,
    Ask,
    all_hold,
    common,
    kept,
    known_of,
    rule,
    say,
)
from chainrule.rewrite.propagation.signs import SIGNS, ZERO, facts_of, signs_of
from chainrule.rewrite.recognition import divided_by_its_sums

ALL = frozenset(Fact)
OF_ZERO = facts_of(ZERO) | {Fact.AT_MOST_ONE, Fact.BOOLEAN, Fact.INTEGER}


@rule(*SIGNS)
def signs_follow(node: Node, holds: Ask) -> Known:
    """The signs follow from those of the inputs."""
    signs = [signs_of(lower, holds) for lower in node.inputs]
    found = next(SIGNS[kind] for kind in type(node.operation).__mro__ if kind in SIGNS)
    return Known(facts_of(found(node, signs)))


# --- entries that are moved, repeated, chosen ---------------------------------------------------


@rule(naming.Same)
def same_quantity(node: Node, holds: Ask) -> Known:
    """It is the same quantity under another name."""
    return kept(node.inputs[0], ALL, holds)


@rule(broadcasting.Cast)
def same_numbers(node: Node, holds: Ask) -> Known:
    """They are the same numbers."""
    return kept(node.inputs[0], ALL, holds) if node.dtype.kind == "f" else NOTHING


@rule(Transpose, broadcasting.Reshaped, broadcasting.Broadcast)
def same_entries(node: Node, holds: Ask) -> Known:
    """Its entries are those of its input."""
    return kept(node.inputs[0], OF_ENTRIES, holds)


@rule(broadcasting.Reshaped, broadcasting.Broadcast)
def same_last_axes(node: Node, holds: Ask) -> Known:
    """Its rows and its matrices are those of its input."""
    x = node.inputs[0]
    facts: frozenset[Fact] = frozenset()
    if x.ndim and x.shape[-1:] == node.shape[-1:]:
        facts |= OF_ROWS
    if x.ndim > 1 and x.shape[-2:] == node.shape[-2:]:
        facts |= OF_MATRICES
    return kept(x, facts, holds)


@rule(
    indexing.Take,
    indexing.Gather,
    advanced_indexing.TakeAlong,
    sorting.Sort,
    reduction.Extreme,
    diagonals.TakeDiagonal,
)
def chosen_entries(node: Node, holds: Ask) -> Known:
    """Every entry is one of its input's."""
    return known_of(node.inputs[0], OF_ENTRIES, holds)


@rule(indexing.Take)
def chosen_rows(node: Node, holds: Ask) -> Known:
    """Its rows are rows of its input."""
    assert isinstance(node.operation, indexing.Take)
    x = node.inputs[0]
    whole = bool(x.ndim) and node.operation.index[-1] == indexing.whole(x.shape)[-1]
    return known_of(x, OF_ROWS if whole else (), holds)


@rule(
    shaping.Concatenate,
    shaping.Stack,
    choice.Maximum,
    choice.Minimum,
    limiting.Clip,
)
def joined_entries(node: Node, holds: Ask) -> Known:
    """Every entry is one of those of its inputs."""
    return common(node.inputs, OF_ENTRIES, holds)


@rule(shaping.Concatenate, shaping.Stack)
def joined_rows(node: Node, holds: Ask) -> Known:
    """Its rows are those of its inputs."""
    assert isinstance(node.operation, shaping.Concatenate | shaping.Stack)
    last = node.operation.axis == node.ndim - 1
    return common(node.inputs, () if last else OF_ROWS, holds)


@rule(choice.Where)
def one_of_two_branches(node: Node, holds: Ask) -> Known:
    """Every entry is one of the two branches'."""
    return common(node.inputs[1:], OF_ENTRIES, holds)


@rule(indexing.Place, diagonals.PlaceDiagonal, diagonals.Triangle)
def among_zeros(node: Node, holds: Ask) -> Known:
    """Its entries are those of its input, and zeros."""
    return known_of(node.inputs[0], OF_ZERO, holds)


# --- whole numbers, and numbers between 0 and 1 -------------------------------------------------


@rule(
    arithmetic.Add,
    arithmetic.Subtract,
    arithmetic.Multiply,
    arithmetic.Negate,
    choice.Absolute,
    roots.Square,
    activation.Relu,
    reduction.Sum,
    contraction.MatMul,
    contraction.Outer,
    contraction.Einsum,
)
def whole_numbers(node: Node, holds: Ask) -> Known:
    """Sums and products of whole numbers are whole."""
    return common(node.inputs, {Fact.INTEGER}, holds)


@rule(making.Extent)
def size_of_an_array(node: Node, holds: Ask) -> Known:
    """The length of an axis is a whole number above 0."""
    assert isinstance(node.operation, making.Extent)
    return say(Fact.POSITIVE, Fact.INTEGER, when=node.operation.of.is_length)


@rule(choice.Sign, rounding.Floor, rounding.Ceil, rounding.Trunc)
def rounded(node: Node, holds: Ask) -> Known:
    """It is a whole number, and at most 1 where its input is."""
    small = isinstance(node.operation, choice.Sign) or holds(node.inputs[0], Fact.AT_MOST_ONE)
    return say(Fact.INTEGER, Fact.AT_MOST_ONE) if small else say(Fact.INTEGER)


@rule(activation.Relu, reduction.Mean)
def still_at_most_one(node: Node, holds: Ask) -> Known:
    """What is at most 1 stays so."""
    return known_of(node.inputs[0], {Fact.AT_MOST_ONE}, holds)


@rule(choice.Minimum)
def smaller_than_both(node: Node, holds: Ask) -> Known:
    """It is above neither of the two."""
    return say(Fact.AT_MOST_ONE, when=any(holds(x, Fact.AT_MOST_ONE) for x in node.inputs))


@rule(limiting.Clip)
def below_the_bound(node: Node, holds: Ask) -> Known:
    """It is not above its upper bound."""
    return known_of(node.inputs[2], {Fact.AT_MOST_ONE}, holds)


@rule(arithmetic.Add)
def nothing_added(node: Node, holds: Ask) -> Known:
    """What is at most 1 stays so when nothing above 0 is added."""
    pairs = (node.inputs, node.inputs[::-1])
    small = any(holds(x, Fact.AT_MOST_ONE) and holds(y, Fact.NONPOSITIVE) for x, y in pairs)
    return say(Fact.AT_MOST_ONE, when=small)


@rule(arithmetic.Subtract)
def something_taken_away(node: Node, holds: Ask) -> Known:
    """What is at most 1 stays so when nothing below 0 is taken away."""
    a, b = node.inputs
    return say(Fact.AT_MOST_ONE, when=holds(a, Fact.AT_MOST_ONE) and holds(b, Fact.NONNEGATIVE))


@rule(arithmetic.Subtract)
def measured_from_one(node: Node, holds: Ask) -> Known:
    """The difference between 1 and what is at most 1 has a known sign."""
    a, b = node.inputs
    if literal(a) == 1:
        left = holds(b, Fact.AT_MOST_ONE)
        return say(Fact.BOOLEAN) if holds(b, Fact.BOOLEAN) else say(Fact.NONNEGATIVE, when=left)
    return say(Fact.NONPOSITIVE, when=literal(b) == 1 and holds(a, Fact.AT_MOST_ONE))


@rule(arithmetic.Multiply)
def product_of_shares(node: Node, holds: Ask) -> Known:
    """Products of numbers between 0 and 1 lie there."""
    shares = all_hold(holds, node.inputs, Fact.NONNEGATIVE)
    return common(node.inputs, {Fact.AT_MOST_ONE, Fact.BOOLEAN} if shares else (), holds)


@rule(arithmetic.PowerOf, roots.Square, elementary.Sqrt)
def power_of_shares(node: Node, holds: Ask) -> Known:
    """Powers of numbers between 0 and 1 lie there, and those of whole numbers are whole."""
    x, exponent = node.inputs[0], _exponent(node)
    found: set[Fact] = set()
    if exponent > 0 and holds(x, Fact.NONNEGATIVE):
        found |= known_of(x, {Fact.AT_MOST_ONE, Fact.BOOLEAN}, holds).true
    if exponent >= 0 and exponent % 1 == 0:
        found |= known_of(x, {Fact.INTEGER}, holds).true
    return Known(frozenset(found))


def _exponent(node: Node) -> float:
    operation = node.operation
    if isinstance(operation, arithmetic.PowerOf):
        return operation.exponent
    return 2.0 if isinstance(operation, roots.Square) else 0.5


@rule(elementary.Log)
def logarithm_of_share(node: Node, holds: Ask) -> Known:
    """The logarithm of what is at most 1 is not above 0."""
    return say(Fact.NONPOSITIVE, when=holds(node.inputs[0], Fact.AT_MOST_ONE))


@rule(normalizing.LogSoftmax)
def logarithm_of_softmax(node: Node, holds: Ask) -> Known:
    """The logarithm of a share is not above 0."""
    return say(Fact.NONPOSITIVE)


# --- rows ---------------------------------------------------------------------------------------


@rule(reduction.Sum)
def total_of_rows(node: Node, holds: Ask) -> Known:
    """Rows that sum to 1 have the sum 1."""
    assert isinstance(node.operation, reduction.Sum)
    x = node.inputs[0]
    along_rows = node.operation.axis == (x.ndim - 1,)
    return say(Fact.POSITIVE, Fact.BOOLEAN, when=along_rows and holds(x, Fact.ROWS_SUM_TO_ONE))


@rule(reduction.Mean)
def mean_of_rows(node: Node, holds: Ask) -> Known:
    """The mean of rows that sum to 1 sums to 1."""
    assert isinstance(node.operation, reduction.Mean)
    x = node.inputs[0]
    kept_whole = bool(x.ndim) and x.ndim - 1 not in node.operation.axis
    return known_of(x, {Fact.ROWS_SUM_TO_ONE} if kept_whole else (), holds)


@rule(arithmetic.Divide)
def divided_by_their_sum(node: Node, holds: Ask) -> Known:
    """What is divided by its sum sums to 1."""
    return say(Fact.ROWS_SUM_TO_ONE, when=divided_by_its_sums(node) is not None)
