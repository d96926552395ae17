"""Rules about matrices, and stacks of them, along the last two axes.

Source: R. Horn, C. Johnson, Matrix Analysis, 2nd ed., 2013, chapters 0, 2 and 7.
"""

from __future__ import annotations

from chainrule.graph.facts import OF_ENTRIES, OF_MATRICES, OF_ROWS, Fact, Known
from chainrule.graph.node import Node
from chainrule.ops import (
    activation,
    arithmetic,
    broadcasting,
    choice,
    contraction,
    determinant,
    diagonals,
    factorization,
    indexing,
    making,
    naming,
    roots,
    shaping,
    singular,
    solving,
    tensor_products,
)
from chainrule.ops.contract import Elementwise
from chainrule.ops.matrices import exchanged
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

MOST_FACTORS = 9  # of a product that is read from both ends
OF_PRODUCTS = {Fact.DIAGONAL, Fact.ORTHOGONAL, Fact.INVERTIBLE}
OF_MULTIPLES = {Fact.SYMMETRIC, Fact.SKEW_SYMMETRIC, Fact.DIAGONAL}
OF_INVERSES = OF_MATRICES | {Fact.ROWS_SUM_TO_ONE}


@rule(making.Eye)
def identity_matrix(node: Node, holds: Ask) -> Known:
    """It is the identity matrix."""
    return say(Fact.ONE_HOT, Fact.DIAGONAL, Fact.ORTHOGONAL, Fact.POSITIVE_DEFINITE)


# --- entry by entry -----------------------------------------------------------------------------


@rule(Elementwise)
def symmetric_entry_by_entry(node: Node, holds: Ask) -> Known:
    """What is computed entry by entry from symmetric matrices is symmetric."""
    square = bool(node.inputs) and is_square(node)
    return common(node.inputs, {Fact.SYMMETRIC} if square else (), holds)


@rule(broadcasting.Broadcast)
def one_number_repeated(node: Node, holds: Ask) -> Known:
    """A matrix of one repeated number is symmetric."""
    return say(Fact.SYMMETRIC, when=is_square(node) and is_one_number(node.inputs[0]))


@rule(arithmetic.Add, arithmetic.Subtract)
def sum_of_matrices(node: Node, holds: Ask) -> Known:
    """Sums of such matrices are such matrices."""
    facts = {Fact.SKEW_SYMMETRIC, Fact.DIAGONAL}
    if isinstance(node.operation, arithmetic.Add):
        facts |= {Fact.POSITIVE_DEFINITE}
    return common(node.inputs, facts, holds)


@rule(arithmetic.Add, arithmetic.Subtract)
def sum_with_transpose(node: Node, holds: Ask) -> Known:
    """A matrix plus its transpose is symmetric, and minus its transpose skew-symmetric."""
    a, b = node.inputs
    if not is_square(node) or not are_transposes(a, b, holds):
        return NOTHING
    plus = isinstance(node.operation, arithmetic.Add)
    return say(Fact.SYMMETRIC if plus else Fact.SKEW_SYMMETRIC)


@rule(arithmetic.Negate)
def minus_a_matrix(node: Node, holds: Ask) -> Known:
    """Minus a matrix has the properties that do not depend on its sign."""
    return kept(node.inputs[0], OF_MATRICES - {Fact.POSITIVE_DEFINITE}, holds)


@rule(arithmetic.Multiply, arithmetic.Divide)
def multiple_of_a_matrix(node: Node, holds: Ask) -> Known:
    """A multiple of such a matrix is such a matrix."""
    x, factor = node.inputs
    if isinstance(node.operation, arithmetic.Multiply) and is_repeated(x):
        x, factor = factor, x
    if not is_repeated(factor):
        return NOTHING
    facts = set(OF_MULTIPLES)
    if isinstance(node.operation, arithmetic.Divide) or holds(factor, Fact.NONZERO):
        facts.add(Fact.INVERTIBLE)
    if holds(factor, Fact.POSITIVE):
        facts.add(Fact.POSITIVE_DEFINITE)
    return known_of(x, facts, holds)


@rule(arithmetic.Multiply)
def entrywise_product(node: Node, holds: Ask) -> Known:
    """Entry by entry, a product is 0 where a factor is, and a skew one changes the symmetry."""
    a, b = node.inputs
    found = {Fact.DIAGONAL for x in node.inputs if holds(x, Fact.DIAGONAL)}
    for x, y in ((a, b), (b, a)):
        if holds(x, Fact.SKEW_SYMMETRIC) and holds(y, Fact.SYMMETRIC):
            found.add(Fact.SKEW_SYMMETRIC)
    if all_hold(holds, node.inputs, Fact.SKEW_SYMMETRIC):
        found.add(Fact.SYMMETRIC)
    return Known(frozenset(found))


@rule(arithmetic.Divide)
def diagonal_divided(node: Node, holds: Ask) -> Known:
    """What is 0 stays so when it is divided."""
    return known_of(node.inputs[0], {Fact.DIAGONAL}, holds)


@rule(activation.Relu, activation.Tanh, choice.Absolute, choice.Sign, roots.Square)
def zeros_stay_zero(node: Node, holds: Ask) -> Known:
    """What is 0 stays so."""
    return known_of(node.inputs[0], {Fact.DIAGONAL}, holds)


@rule(arithmetic.PowerOf)
def power_of_diagonal(node: Node, holds: Ask) -> Known:
    """A power above 0 of 0 is 0."""
    assert isinstance(node.operation, arithmetic.PowerOf)
    return known_of(node.inputs[0], {Fact.DIAGONAL} if node.operation.exponent > 0 else (), holds)


# --- transposed, stacked, placed ----------------------------------------------------------------


@rule(Transpose)
def transposed(node: Node, holds: Ask) -> Known:
    """A transpose has the properties of the matrix."""
    assert isinstance(node.operation, Transpose)
    x, last = node.inputs[0], node.operation.axes[-2:]
    if last not in ((node.ndim - 2, node.ndim - 1), (node.ndim - 1, node.ndim - 2)):
        return kept(x, OF_ROWS if last[-1:] == (node.ndim - 1,) else (), holds)
    same = last[-1] == node.ndim - 1 or holds(x, Fact.SYMMETRIC)
    return kept(x, OF_MATRICES | OF_ROWS if same else OF_MATRICES, holds)


@rule(shaping.Stack, shaping.Concatenate)
def stacked(node: Node, holds: Ask) -> Known:
    """Its matrices are those of its inputs."""
    assert isinstance(node.operation, shaping.Stack | shaping.Concatenate)
    return common(node.inputs, OF_MATRICES if node.operation.axis < node.ndim - 2 else (), holds)


@rule(indexing.Take)
def taken_whole(node: Node, holds: Ask) -> Known:
    """Its matrices are matrices of its input."""
    assert isinstance(node.operation, indexing.Take)
    x = node.inputs[0]
    whole = x.ndim > 1 and node.operation.index[-2:] == indexing.whole(x.shape)[-2:]
    return known_of(x, OF_MATRICES if whole else (), holds)


@rule(diagonals.PlaceDiagonal)
def placed_on_diagonal(node: Node, holds: Ask) -> Known:
    """Its entries stand on the diagonal, and are its eigenvalues."""
    assert isinstance(node.operation, diagonals.PlaceDiagonal)
    if node.operation.offset or not is_square(node):
        return NOTHING
    found = {Fact.DIAGONAL}
    if holds(node.inputs[0], Fact.NONZERO):
        found.add(Fact.INVERTIBLE)
    if holds(node.inputs[0], Fact.POSITIVE):
        found.add(Fact.POSITIVE_DEFINITE)
    return Known(frozenset(found))


@rule(diagonals.TakeDiagonal)
def own_diagonal(node: Node, holds: Ask) -> Known:
    """The diagonal of a positive definite matrix is positive, that of a skew-symmetric one is 0."""
    assert isinstance(node.operation, diagonals.TakeDiagonal)
    x = node.inputs[0]
    if node.operation.offset:
        return say(Fact.NONNEGATIVE, Fact.NONPOSITIVE, when=holds(x, Fact.DIAGONAL))
    if holds(x, Fact.SKEW_SYMMETRIC):
        return say(Fact.NONNEGATIVE, Fact.NONPOSITIVE)
    return say(Fact.POSITIVE, when=holds(x, Fact.POSITIVE_DEFINITE))


@rule(diagonals.Triangle)
def triangle_of_diagonal(node: Node, holds: Ask) -> Known:
    """A triangle of a diagonal matrix is diagonal."""
    return known_of(node.inputs[0], {Fact.DIAGONAL}, holds)


# --- products -----------------------------------------------------------------------------------


@rule(contraction.MatMul)
def product_of_matrices(node: Node, holds: Ask) -> Known:
    """Products of such matrices are such matrices."""
    return common(node.inputs, OF_PRODUCTS if is_square(node.inputs[0]) else (), holds)


@rule(contraction.MatMul)
def product_of_rows(node: Node, holds: Ask) -> Known:
    """Rows that sum to 1 weigh the rows of the other factor; one that is one-hot chooses one."""
    a, b = node.inputs
    facts = set(OF_ROWS) if b.ndim > 1 else set()
    found = set(common(node.inputs, facts, holds).true)
    if holds(a, Fact.ONE_HOT):
        found |= known_of(b, OF_ENTRIES, holds).true
    if holds(a, Fact.ROWS_SUM_TO_ONE) and holds(a, Fact.NONNEGATIVE):
        found |= known_of(b, {Fact.AT_MOST_ONE}, holds).true
    return Known(frozenset(found))


@rule(contraction.MatMul)
def palindrome(node: Node, holds: Ask) -> Known:
    """A product that reads the same when it is transposed is symmetric."""
    if not is_square(node):
        return NOTHING
    factors = factors_through_names(node)
    if len(factors) < 2:
        return NOTHING
    outer, middle = factors[: len(factors) // 2], factors[len(factors) // 2 : -(len(factors) // 2)]
    if not all(are_transposes(a, b, holds) for a, b in zip(outer, reversed(factors), strict=False)):
        return NOTHING
    found = {Fact.SYMMETRIC} if all_hold(holds, middle, Fact.SYMMETRIC) else set()
    definite = all_hold(holds, middle, Fact.POSITIVE_DEFINITE)
    if definite and all_hold(holds, outer, Fact.INVERTIBLE):
        found.add(Fact.POSITIVE_DEFINITE)
    found |= known_of(middle[0], {Fact.SKEW_SYMMETRIC}, holds).true if middle else set()
    return Known(frozenset(found))


@rule(contraction.Outer)
def outer_with_itself(node: Node, holds: Ask) -> Known:
    """Every entry times every other is symmetric."""
    a, b = map(naming.original, node.inputs)
    both = common(node.inputs, {Fact.AT_MOST_ONE, Fact.BOOLEAN}, holds)
    shares = all_hold(holds, node.inputs, Fact.NONNEGATIVE)
    found = say(Fact.SYMMETRIC, when=a is b).true
    return Known(found | both.true if shares else found)


@rule(tensor_products.Kron)
def kronecker_product(node: Node, holds: Ask) -> Known:
    """A Kronecker product of such matrices is such a matrix."""
    square = all(map(is_square, node.inputs))
    facts = OF_MATRICES - {Fact.SKEW_SYMMETRIC}
    return common(node.inputs, facts if square else (), holds)


@rule(tensor_products.MatrixPower)
def power_of_matrix(node: Node, holds: Ask) -> Known:
    """A power of such a matrix is such a matrix."""
    facts = OF_PRODUCTS | {Fact.SYMMETRIC, Fact.POSITIVE_DEFINITE}
    return known_of(node.inputs[0], facts, holds)


# --- inverses, determinants, factors ------------------------------------------------------------


@rule(solving.Inverse)
def inverse_of_matrix(node: Node, holds: Ask) -> Known:
    """The inverse of such a matrix is such a matrix, and has an inverse."""
    found = known_of(node.inputs[0], OF_INVERSES, holds)
    return Known(found.true | {Fact.INVERTIBLE})


@rule(determinant.Det, determinant.DetSign)
def determinant_of_matrix(node: Node, holds: Ask) -> Known:
    """The determinant is the product of the eigenvalues."""
    x = node.inputs[0]
    if holds(x, Fact.POSITIVE_DEFINITE):
        return say(Fact.POSITIVE)
    return say(Fact.NONZERO, when=holds(x, Fact.INVERTIBLE))


@rule(factorization.Cholesky)
def triangular_factor(node: Node, holds: Ask) -> Known:
    """The diagonal of a Cholesky factor is positive."""
    return say(Fact.INVERTIBLE)


@rule(factorization.EigenvaluesSymmetric)
def eigenvalues(node: Node, holds: Ask) -> Known:
    """The eigenvalues of a positive definite matrix are positive."""
    x = node.inputs[0]
    if holds(x, Fact.POSITIVE_DEFINITE):
        return say(Fact.POSITIVE)
    return say(Fact.NONZERO, when=holds(x, Fact.INVERTIBLE) and holds(x, Fact.SYMMETRIC))


@rule(factorization.EigenvectorsSymmetric, factorization.QFactor)
def orthogonal_factor(node: Node, holds: Ask) -> Known:
    """Its columns are orthogonal unit vectors."""
    return say(Fact.ORTHOGONAL, when=is_square(node))


@rule(singular.SingularValues)
def singular_values(node: Node, holds: Ask) -> Known:
    """Singular values are not negative, and none is 0 where the matrix has an inverse."""
    if holds(node.inputs[0], Fact.INVERTIBLE):
        return say(Fact.POSITIVE)
    return say(Fact.NONNEGATIVE)


def factors_through_names(node: Node) -> list[Node]:
    """The factors of a matrix product, and of those that have a name; a long one is left whole."""
    factors, at = [node], 0
    while at < len(factors):
        one = factors[at]
        product = isinstance(one.operation, contraction.MatMul) and one.ndim > 1
        if product and len(factors) < MOST_FACTORS and min(x.ndim for x in one.inputs) > 1:
            factors[at : at + 1] = one.inputs
        else:
            at += 1
    return factors


def are_transposes(a: Node, b: Node, holds: Ask) -> bool:
    """Whether one is seen to be the transpose of the other, matrix by matrix."""
    a, b = naming.original(a), naming.original(b)
    if a is b:
        return bool(holds(a, Fact.SYMMETRIC))
    return _untransposed(a) is b or _untransposed(b) is a


def _untransposed(x: Node) -> Node | None:
    """What `x` is the transpose of, matrix by matrix, if it is one."""
    if isinstance(x.operation, Transpose) and x.operation.axes == exchanged(x.ndim):
        return naming.original(x.inputs[0])
    return None


def is_repeated(x: Node) -> bool:
    """Whether every matrix is one number, repeated."""
    return isinstance(x.operation, broadcasting.Broadcast) and is_one_number(x.inputs[0])


def is_one_number(x: Node) -> bool:
    """Whether there is one entry for each matrix."""
    return all(length == 1 for length in x.shape[-2:])


def is_square(node: Node) -> bool:
    """Whether these are square matrices."""
    return node.ndim > 1 and node.shape[-1] == node.shape[-2]
