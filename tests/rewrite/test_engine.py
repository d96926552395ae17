"""The rules together: they come to an end, at one form, whatever their order.

Over the expressions of the proofs, the derivatives of the textbooks, and every adjoint of random
programs.  "One form" is meant up to
the order of factors and terms: a * b is b * a.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import cache

import pytest
from tests.rewrite.proofs import PROOFS, QUANTITIES
from tests.rewrite.random_programs import BY, programs
from tests.rewrite.shuffled import Unordered
from tests.rewrite.textbook import TEXTBOOK

from chainrule.graph.node import Node, topological, variable
from chainrule.graph.record import Record
from chainrule.graph.source import Source
from chainrule.ops.elementary import exp, log
from chainrule.ops.linear import matmul
from chainrule.ops.transposition import Transpose
from chainrule.paper.elaborate import elaborate
from chainrule.paper.knowledge import knowledge_of
from chainrule.paper.parser import parse
from chainrule.rewrite.closed import closed_form, closed_jacobian
from chainrule.rewrite.engine import Simplified, replaced, rewritten, simplified
from chainrule.rewrite.knowledge import Knowledge
from chainrule.rewrite.rule import Rule
from chainrule.rewrite.rules import READING, RULES

ORDERS = tuple(tuple(random.Random(seed).sample(READING, len(READING))) for seed in range(5))
APPLICATIONS_A_NODE = 2  # at most; nearly all need less than one
PROGRAMS = 60


class Case(Record):
    """An expression, and what is known of the quantities in it."""

    node: Node
    knowledge: Knowledge

    @property
    def size(self) -> int:
        """How many nodes there are above the names."""
        return len(topological([self.node], below_names))


def below_names(node: Node) -> tuple[Node, ...]:
    return () if node.distinct else node.inputs


@cache
def cases() -> tuple[Case, ...]:
    return (*of_proofs(), *of_textbooks(), *of_programs())


def of_proofs() -> Iterator[Case]:
    for proof in PROOFS:
        text = "\n".join([QUANTITIES, *proof.facts, proof.before])
        paper = elaborate(parse(Source(text)))
        yield Case(paper.questions[0].node, Knowledge(paper.declarations))


def of_textbooks() -> Iterator[Case]:
    for row in TEXTBOOK:
        paper = elaborate(parse(Source(row.program)))
        of, wrt = paper.definitions[-1].node, [paper.graph[name] for name in row.wrt.split()]
        knowledge = knowledge_of(paper, wrt)
        if of.shape == ():
            for one in closed_form(of, wrt, paper.graph, knowledge).definitions:
                yield Case(one.pulled_back, knowledge)
        else:
            yield Case(closed_jacobian(of, wrt[0], paper.graph, knowledge).pulled_back, knowledge)


def of_programs() -> Iterator[Case]:
    for text in programs(PROGRAMS):
        paper = elaborate(parse(Source(text)))
        wrt = [paper.graph[name] for name in BY]
        knowledge = knowledge_of(paper, wrt)
        form = closed_form(paper.graph["l"], wrt, paper.graph, knowledge)
        for one in form.definitions:
            yield Case(one.pulled_back, knowledge)


@cache
def normal_forms(rules: tuple[Rule, ...] = READING) -> tuple[Simplified, ...]:
    """What rules make of each of the cases."""
    return tuple(simplified([case.node], rules, case.knowledge) for case in cases())


def test_there_are_many_cases_and_most_are_rewritten() -> None:
    pairs = zip(cases(), normal_forms(), strict=True)
    assert len(cases()) > 400
    assert sum(found.nodes != (case.node,) for case, found in pairs) > 200


def test_a_normal_form_is_normal() -> None:
    for case, found in zip(cases(), normal_forms(), strict=True):
        assert simplified(found.nodes, READING, case.knowledge) == Simplified(found.nodes, ())


@pytest.mark.parametrize("order", range(len(ORDERS)))
def test_any_order_of_the_rules_leads_to_the_same_form(order: int) -> None:
    for usual, other in zip(normal_forms(), normal_forms(ORDERS[order]), strict=True):
        assert Unordered().same(usual.nodes[0], other.nodes[0])


@pytest.mark.parametrize("rules", [READING, *ORDERS], ids=range(1 + len(ORDERS)))
def test_few_applications_are_needed(rules: tuple[Rule, ...]) -> None:
    for case, found in zip(cases(), normal_forms(rules), strict=True):
        assert len(found.applications) <= APPLICATIONS_A_NODE * case.size


@pytest.mark.parametrize("rules", [READING, *ORDERS], ids=range(1 + len(ORDERS)))
def test_no_rule_undoes_another(rules: tuple[Rule, ...]) -> None:
    """From no node do rewritings lead back to it."""
    for found in normal_forms(rules):
        then = {one.before: one.after for one in found.applications}
        assert len(then) == len(found.applications)
        for node in then:
            passed = {node}
            while node in then:
                node = then[node]
                assert node not in passed
                passed.add(node)


def test_what_is_written_stands() -> None:
    x = variable((3,))
    formula = log(exp(x))
    assert simplified([formula], RULES, Knowledge(), written=[formula]).nodes == (formula,)
    assert simplified([2 * formula], RULES, Knowledge(), written=[formula]).nodes == (2 * formula,)
    assert simplified([2 * formula], RULES, Knowledge()).nodes == (2 * x,)


def test_an_inner_expression_is_rewritten_once_however_often_it_is_read() -> None:
    x = variable((3,))
    inner = log(exp(x))
    found = simplified([inner + exp(inner), inner * x], RULES, Knowledge())
    assert [one.before for one in found.applications].count(inner) == 1
    assert found.nodes == (x + exp(x), x**2)


def test_a_long_chain_is_rewritten_without_recursion() -> None:
    x = variable(())
    node = x
    for _ in range(5_000):
        node = log(exp(node))
    assert simplified([node], RULES, Knowledge()).nodes == (x,)


def test_steps_show_the_whole_expression_each_time() -> None:
    x, y = variable((3,)), variable((3,))
    start = exp(log(exp(x))) * (y * 2)
    found = simplified([start], RULES, Knowledge())
    steps = rewritten(start, found.applications)
    assert [rule.name for rule, _ in steps] == [
        "logarithm of an exponential",
        "factors of a product",
    ]
    assert steps[0][1] is exp(x) * (y * 2)
    assert steps[-1][1] is found.nodes[0]


def test_a_rule_is_shown_again_where_a_later_step_brings_its_expression_back() -> None:
    A, B, turned = variable((2, 2)), variable((2, 2)), Transpose((1, 0))
    start = exp(turned(turned(A))) + turned(matmul(B, turned(A)))
    found = simplified([start], RULES, Knowledge())
    assert rewritten(start, found.applications)[-1][1] is found.nodes[0]


def test_replacing_looks_into_no_name() -> None:
    x, y = variable(()), variable(())
    assert replaced(exp(x), {x: y}) is exp(y)
    assert replaced(x, {y: x}) is x
    assert replaced(exp(x) + x, {exp(x): y}) is y + x
