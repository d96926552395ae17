"""Every rule by itself: what it does, that the value stays, and which facts it needs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pytest
from tests.rewrite.drawing import draw
from tests.rewrite.proofs import ELSEWHERE, PROOFS, QUANTITIES, Proof

from chainrule.errors import DomainProblem
from chainrule.graph.facts import Fact, decide
from chainrule.graph.node import Array, Node
from chainrule.graph.source import Source
from chainrule.notation.text import show
from chainrule.paper.elaborate import elaborate
from chainrule.paper.parser import parse
from chainrule.paper.program import Paper
from chainrule.rewrite.knowledge import Knowledge
from chainrule.rewrite.rule import Rule
from chainrule.rewrite.rules import LAYOUT, READING, RULES
from chainrule.run.interpreter import evaluate_all

EVERY = tuple(dict.fromkeys((*RULES, *READING, *LAYOUT)))
NAMED = {rule.name: rule for rule in EVERY}
DRAWS = 5
CONDITIONAL = [(proof, fact) for proof in PROOFS for fact in proof.facts]


def written(expression: str, facts: Iterable[str] = ()) -> tuple[Paper, Node]:
    """What an expression over the table's quantities means, and the expression's node."""
    paper = elaborate(parse(Source("\n".join([QUANTITIES, *facts, expression]))))
    return paper, paper.questions[-1].node


def numbers(paper: Paper, facts: Knowledge, seed: int) -> dict[Node, Array]:
    """Random numbers of which the facts hold, for each quantity."""
    random = np.random.default_rng(seed)
    declared = {one.node: facts.declared.get(one.node, []) for one in paper.declared}
    return {
        node: draw(node.shape, {one.fact for one in stated}, random)
        for node, stated in declared.items()
    }


def singular(matrix: Array) -> Array:
    """The matrix with zeros for its last row."""
    return np.concatenate([matrix[:-1], 0 * matrix[-1:]])


def is_equal(nodes: Sequence[Node], at: dict[Node, Array]) -> bool:
    """Whether both nodes have the same numbers, up to rounding; not if one has no value."""
    try:
        one, other = evaluate_all(nodes, at)
    except DomainProblem:
        return False
    return np.allclose(one, other, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("proof", PROOFS, ids=str)
def test_a_rule_says_what_the_table_says(proof: Proof) -> None:
    paper, before = written(proof.before, proof.facts)
    after = NAMED[proof.rule].rewrite(before, Knowledge(paper.declarations))
    assert after is not None
    assert show(after, paper.graph.name_of) == proof.after


@pytest.mark.parametrize("proof", PROOFS, ids=str)
def test_a_rule_keeps_shape_type_and_value(proof: Proof) -> None:
    paper, before = written(proof.before, proof.facts)
    known = Knowledge(paper.declarations)
    after = NAMED[proof.rule].rewrite(before, known)
    assert after is not None
    assert (after.shape, after.dtype) == (before.shape, before.dtype)
    for seed in range(DRAWS):
        assert is_equal([before, after], numbers(paper, known, seed))


@pytest.mark.parametrize("proof", PROOFS, ids=str)
def test_a_rule_is_tried_at_the_operations_it_is_for(proof: Proof) -> None:
    _, before = written(proof.before, proof.facts)
    assert type(before.operation) in NAMED[proof.rule].on


@pytest.mark.parametrize(("proof", "fact"), CONDITIONAL, ids=str)
def test_without_the_fact_a_rule_does_something_else(proof: Proof, fact: str) -> None:
    paper, before = written(proof.before, [one for one in proof.facts if one != fact])
    after = NAMED[proof.rule].rewrite(before, Knowledge(paper.declarations))
    assert after is None or show(after, paper.graph.name_of) != proof.after


@pytest.mark.parametrize(("proof", "fact"), CONDITIONAL, ids=str)
def test_without_the_fact_the_two_sides_differ(proof: Proof, fact: str) -> None:
    paper, before = written(proof.before, proof.facts)
    after = NAMED[proof.rule].rewrite(before, Knowledge(paper.declarations))
    assert after is not None
    (violated,) = [one for one in paper.declarations if one.where.startswith(fact)]
    kept = Knowledge([one for one in paper.declarations if one is not violated])
    drawn = [numbers(paper, kept, seed) for seed in range(4 * DRAWS)]
    if violated.fact is Fact.INVERTIBLE:  # which numbers hardly ever violate by chance
        drawn = [at | {violated.node: singular(at[violated.node])} for at in drawn]
    without = [at for at in drawn if not decide(violated.fact, at[violated.node])]
    assert len(without) >= DRAWS
    assert not any(is_equal([before, after], at) for at in without)


@pytest.mark.parametrize(
    ("name", "expression"),
    [(name, expression) for name, all_ in ELSEWHERE.items() for expression in all_],
)
def test_what_only_looks_alike_is_left_as_it_is(name: str, expression: str) -> None:
    _, before = written(expression)
    assert NAMED[name].rewrite(before, Knowledge()) in (None, before)


class Asked(Knowledge):
    """Knows nothing, and keeps what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.facts: set[Fact] = set()

    def holds(self, node: Node, fact: Fact) -> bool | None:
        self.facts.add(fact)
        return super().holds(node, fact)

    def knows(self, node: Node, fact: Fact) -> bool:
        self.facts.add(fact)
        return super().knows(node, fact)


@pytest.mark.parametrize("rule", EVERY, ids=str)
def test_every_rule_is_proven(rule: Rule) -> None:
    assert any(proof.rule == rule.name for proof in PROOFS)


@pytest.mark.parametrize("rule", EVERY, ids=str)
def test_every_rule_that_asks_for_facts_is_shown_to_need_them(rule: Rule) -> None:
    asked = Asked()
    for proof in PROOFS:
        if proof.rule == rule.name:
            rule.rewrite(written(proof.before)[1], asked)
    is_conditional = any(proof.rule == rule.name and proof.facts for proof in PROOFS)
    assert is_conditional == bool(asked.facts)


def test_rules_have_names_of_their_own_and_sentences() -> None:
    assert len(NAMED) == len(EVERY)
    assert len({rule.sentence for rule in EVERY}) == len(EVERY)
    for rule in EVERY:
        assert rule.name == rule.name.strip() != ""
        assert rule.sentence.endswith(".")
        assert rule.on


def test_the_tables_speak_of_rules_that_exist() -> None:
    assert {proof.rule for proof in PROOFS} | ELSEWHERE.keys() == NAMED.keys()
