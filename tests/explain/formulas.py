"""Random formulas and explanations for the tests of printers."""

from __future__ import annotations

from hypothesis import strategies as st

from chainrule.explain.explanation import Equal, Explanation, Sentence, Step
from chainrule.notation.formula import Expression, Formula, Line, Matrix, Number, Summary, mark

__all__ = ["NAMES", "NUMBERS", "equations", "explanations", "formulas", "matrices"]

NAMES = st.sampled_from(
    ["x", "W1", "ŷ", "y\u0302", "손실", "∂l/∂O", "net_h1", "S0(1-S0)", "Σe", "W1ᵀ"]
)
NUMBERS = st.one_of(
    st.integers(-1000, 1000).map(str),
    st.sampled_from(["-2/3", "1/7", "2.789e-10", "-1.6e12", "inf", "-inf", "nan", "0.0012"]),
    st.floats(-1e3, 1e3).map(lambda value: f"{value:.4f}"),
).map(Number)
SIGNS = [" + ", " - ", " · ", " @ ", " ⊙ ", ", "]


def expression(text: str, *holes: Formula) -> Expression:
    return Expression(text, text, holes)


NAMED = NAMES.map(expression)


def matrices(entries: st.SearchStrategy[Formula]) -> st.SearchStrategy[Matrix]:
    """Matrices of all kinds, up to five rows and fourteen columns, empty ones among them."""

    def of(rows: int, columns: int) -> st.SearchStrategy[Matrix]:
        row = st.tuples(*[entries] * columns)
        return st.tuples(*[row] * rows).map(Matrix)

    sizes = st.tuples(st.integers(0, 5), st.integers(0, 14))
    vectors = st.builds(
        lambda row, kind: Matrix((tuple(row),), kind),
        st.lists(entries, min_size=1, max_size=14),
        st.sampled_from(["row", "column", "diagonal"]),
    )
    return st.one_of(sizes.flatmap(lambda size: of(*size)), vectors)


SUMMARIES = st.builds(
    lambda shape, low, high, norm, first: Summary(shape, low, high, norm, tuple(first)),
    st.tuples(st.integers(1, 900), st.integers(1, 900)),
    NUMBERS, NUMBERS, NUMBERS, st.lists(NUMBERS, min_size=1, max_size=6),
)  # fmt: skip


def _joined(parts: list[Formula], signs: list[str]) -> Line:
    joined: list[Formula] = [parts[0]]
    for part, sign in zip(parts[1:], signs, strict=False):
        joined += [expression(sign), part]
    return Line(tuple(joined))


def formulas() -> st.SearchStrategy[Formula]:
    """Sums, products and calls over names, numbers, matrices and summaries."""
    atoms: st.SearchStrategy[Formula] = st.one_of(NAMED, NUMBERS)
    arrays: st.SearchStrategy[Formula] = st.one_of(
        matrices(NUMBERS), matrices(NAMED), matrices(atoms),
        st.lists(matrices(NUMBERS), min_size=1, max_size=3).map(
            lambda stack: Matrix(tuple((one,) for one in stack))
        ),
    )  # fmt: skip

    def larger(inner: st.SearchStrategy[Formula]) -> st.SearchStrategy[Formula]:
        call = st.builds(
            lambda name, one, other: expression(f"{name}({mark(0)}, 2 * {mark(1)})", one, other),
            st.sampled_from(["relu", "softmax", "σ"]), inner, inner,
        )  # fmt: skip
        sums = st.builds(
            _joined,
            st.lists(inner, min_size=2, max_size=8),
            st.lists(st.sampled_from(SIGNS), min_size=7, max_size=7),
        )
        return st.one_of(call, sums)

    return st.recursive(st.one_of(atoms, arrays, SUMMARIES), larger, max_leaves=8)


SIDES = st.builds(Equal, formulas(), st.just("result"), st.booleans())


def equations() -> st.SearchStrategy[tuple[Formula, list[Equal]]]:
    """A left side and what it is equal to."""
    return st.tuples(NAMED, st.lists(SIDES, min_size=1, max_size=3))


def explanations(words: st.SearchStrategy[str]) -> st.SearchStrategy[Explanation]:
    """Trees of steps; the codes of their sentences, which no catalogue has, are `words`."""
    sentences = words.map(Sentence)
    some = st.lists(sentences, max_size=2).map(tuple)

    def quantity(steps: st.SearchStrategy[tuple[Step, ...]]) -> st.SearchStrategy[Step]:
        return st.builds(
            lambda what, rule, why, sides, shape, remarks, steps: Step(
                "quantity", None, what, rule, why, tuple(sides), shape, (), remarks, steps
            ),
            st.none() | NAMED, st.none() | sentences, st.none() | sentences,
            st.lists(SIDES, max_size=2),
            st.sampled_from([None, (), (3,), (2, 3)]), some, steps,
        )  # fmt: skip

    leaves = st.one_of(
        quantity(st.just(())),
        some.map(lambda remarks: Step("remark", remarks=remarks)),
    )

    def larger(inner: st.SearchStrategy[Step]) -> st.SearchStrategy[Step]:
        steps = st.lists(inner, min_size=1, max_size=3).map(tuple)
        part = st.builds(
            lambda title, remarks, steps: Step("part", title, remarks=remarks, steps=steps),
            sentences, some, steps,
        )  # fmt: skip
        return st.one_of(part, quantity(steps))

    steps = st.lists(st.recursive(leaves, larger, max_leaves=6), max_size=3).map(tuple)
    return st.builds(lambda title, steps: Explanation(title, "chain", steps), NAMED, steps)
