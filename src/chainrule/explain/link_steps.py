"""Factors, sums over paths and products as steps: their symbols, forms, numbers and rules."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from chainrule.differentiate.factors import Factor, Link
from chainrule.explain.derivation import (
    FactorStep,
    ForkStep,
    InnerStep,
    LinkStep,
    PartialProduct,
)
from chainrule.explain.explanation import Sentence
from chainrule.explain.forms import as_one_expression, is_diagonal, structure, written_out
from chainrule.explain.inner import (
    Composition,
    direct_pairs,
    product_in_letters,
    spoken_rule,
    with_names,
)
from chainrule.explain.language.sources import local_derivative
from chainrule.explain.map_numbers import Numbers
from chainrule.explain.remarks import (
    factor_operation,
    factor_remarks,
    factor_rule,
    operation_name,
    operation_sentence,
)
from chainrule.explain.source import Explainable, is_readable
from chainrule.explain.writing import Writer, joined, sign
from chainrule.graph.node import Node
from chainrule.jacobians.kinds import LinearMap
from chainrule.notation.formula import Expression, Formula, Line, inline

if TYPE_CHECKING:
    from chainrule.explain.closed_forms import ClosedForms
    from chainrule.explain.expressions import Expressions

__all__ = ["LinkSteps"]

CONDITION = re.compile(r"\[(?:[^\[\];\s]|\[[\d,]*\])*[<>=≤≥≠]")  # [h0>0], [W1[0,1]>0]
LONGEST_COMPOSED = 60  # characters of entries that stand beside the factors they come of
TIMES = sign(" · ", r"\cdot")
PLUS = sign(" + ", "+")
Compositions = Mapping[tuple[Node, Node], Composition]


class LinkSteps:
    """The links and products of one derivation as steps.

    `routes` are the products of the paths, `compositions` the factors that are taken apart;
    `known` keeps the factors for other derivations.
    """

    def __init__(
        self,
        source: Explainable,
        numbers: Numbers,
        links: Sequence[Link],
        routes: Mapping[int, LinearMap],
        closed: ClosedForms,
        compositions: Compositions,
        known: dict[tuple[Node, Node], FactorStep],
    ) -> None:
        self.known = known
        self.source = source
        self.writer = Writer(source)
        self.numbers = numbers
        self.routes = routes
        self.closed = closed
        self.compositions = compositions
        self.taken_apart = frozenset(pair for pair, one in compositions.items() if one.is_direct)
        self.direct = direct_pairs(links)

    @property
    def expressions(self) -> Expressions:
        """What stands in the place of numbers; loaded where there are none."""
        from chainrule.explain.expressions import Expressions

        return Expressions(self.source, self.closed)

    def total(self, of: Node, wrt: Node) -> Expression:
        """∂of/∂wrt over all paths; with d where ∂ stands for the direct path."""
        is_part = (of, wrt) in self.direct or (of, wrt) in self.taken_apart
        return self.writer.symbol(of, wrt, "d" if is_part else "∂")

    def factor_symbol(self, factor: Factor) -> Expression:
        """∂of/∂wrt of one factor; with d where its own formula has several paths."""
        is_part = (factor.of, factor.wrt) in self.taken_apart
        return self.writer.symbol(factor.of, factor.wrt, "d" if is_part else "∂")

    def chain(self, links: Sequence[Link]) -> Formula | None:
        """The links as a product; a lone sum needs no parentheses."""
        if not links:
            return None
        if len(links) == 1:
            return self.formula(links[0])
        opening, closing = sign("(", r"\left("), sign(")", r"\right)")
        shown: list[Formula] = []
        for link in links:
            found = self.formula(link)
            shown.append(found if isinstance(link, Factor) else Line((opening, found, closing)))
        return joined(shown, TIMES)

    def formula(self, link: Link) -> Formula:
        """A factor's symbol, or the sum over paths."""
        if isinstance(link, Factor):
            return self.factor_symbol(link)
        routes = [self.path_formula(path) for path in link.paths]
        if link.count > len(routes):
            more = f"… {link.count - len(routes):,} more paths"
            routes.append(Expression(more, rf"\text{{{more}}}"))
        return joined(routes, PLUS)

    def path_formula(self, path: Sequence[Factor]) -> Formula:
        """A path as a product."""
        return joined(list(map(self.factor_symbol, path)), TIMES)

    def link_step(self, link: Link) -> LinkStep:
        """One link with its numbers."""
        if isinstance(link, Factor):
            return self.factor_step(link)
        return ForkStep(
            symbol=self.total(link.of, link.wrt),
            formula=self.formula(link),
            paths=tuple(tuple(self.factor_step(f) for f in path) for path in link.paths),
            path_products=tuple(
                self.product(self.path_formula(path), self._flat(path), self.routes[id(path)])
                for path in link.paths
            ),
            count=link.count,
            **self.of_map(link.map),
        )

    def _flat(self, path: Sequence[Factor]) -> Expression:
        """What stands for a path's product: its factors as one symbol."""
        formula = self.path_formula(path)
        parts = formula.parts if isinstance(formula, Line) else (formula,)
        expressions = [one for one in parts if isinstance(one, Expression)]
        return Expression(
            "".join(one.text for one in expressions), " ".join(one.latex for one in expressions)
        )

    def of_map(self, map_: LinearMap) -> dict[str, Any]:
        """What every matrix says of itself; in symbols where it has no numbers."""
        known: dict[str, Any] = {
            "output": map_.output_shape,
            "input": map_.input_shape,
            "value": self.numbers(map_),
            "is_diagonal": is_diagonal(map_),
        }
        if self.numbers.know(map_):
            return known
        expressions = self.expressions
        return known | {
            "is_known": False,
            "symbolic": expressions.entries(map_),
            "closed": expressions.closed(map_),
        }

    def factor_step(self, factor: Factor) -> FactorStep:
        """One local Jacobian in every form; taken apart if its formula has several operations."""
        key = factor.of, factor.wrt
        if key not in self.known:
            self.known[key] = self._factor_step(factor)
        return self.known[key]

    def _factor_step(self, factor: Factor) -> FactorStep:
        composition = self.compositions.get((factor.of, factor.wrt))
        forms = self._forms(factor.map, composition is not None)
        remarks = [*factor_remarks(self.source, factor)]
        symbolic = forms["symbolic"]
        if symbolic is not None and CONDITION.search(inline(symbolic)):
            remarks.append(Sentence("indicator"))
        is_known, closed = self.numbers.know(factor.map), forms["closed"]
        needs_rule = symbolic is None and composition is None and (is_known or closed is None)
        if needs_rule and (rule := factor_rule(self.source, factor)):
            code = "too_large_in_letters" if is_known else "in_letters"
            remarks.append(Sentence(code, (("rule", local_derivative(rule)),)))
        if symbolic is None and closed is None and composition is None:
            letters = product_in_letters(self.source, factor)
            remarks += [] if letters is None else [letters]
        operation = factor_operation(self.source, factor)
        if composition is not None:
            named: dict[str, Any] = self._composed(composition)
        elif operation is not None:
            sentence = operation_sentence(operation)
            named = {"operation": operation_name(operation), "sentence": sentence}
        else:
            rule_name, sentence = spoken_rule(self.source, factor)
            named = {"operation": rule_name, "sentence": sentence}
        return FactorStep(
            symbol=self.factor_symbol(factor),
            remarks=tuple(remarks),
            **self.of_map(factor.map) | forms | named,
        )

    def _forms(self, map_: LinearMap, is_composed: bool) -> dict[str, Any]:
        """The entries of a factor, or what they are as one expression; both where that helps."""
        symbolic = written_out(self.source, map_)
        if is_composed and symbolic is not None and len(inline(symbolic)) > LONGEST_COMPOSED:
            symbolic = None  # its factors say it better
        if not self.numbers.know(map_):
            return {"symbolic": symbolic, "closed": self.expressions.closed(map_)}
        closed = as_one_expression(self.source, map_)
        if closed is None and symbolic is None:
            closed = structure(self.closed.of_map(map_))
        return {"symbolic": symbolic, "closed": closed}

    def _composed(self, found: Composition) -> dict[str, Any]:
        """The local Jacobians of the operations in a formula, and the results between them."""
        closed = self.closed.over(found.source)
        steps = LinkSteps(found.source, self.numbers, found.links, found.routes, closed, {}, {})
        return {
            "operation": Sentence("chain"),
            "inner": tuple(self._inner(found)),
            "chain": steps.chain(found.links),
            "links": tuple(map(steps.link_step, found.links)),
        }

    def _inner(self, found: Composition) -> Iterator[InnerStep]:
        source, graph = self.source, found.source.graph
        for node in found.inner:
            formula = Writer(source).expression(node)
            yield InnerStep(
                name=Writer(found.source).name(node),
                formula=formula if is_readable(formula.text) else None,
                value=self.numbers.inner.get(node),
                shape=node.shape,
            )
            source = with_names(source, {graph.name_of(node) or "": node})

    def products(
        self, of: Node, links: Sequence[Link], partial: Sequence[LinearMap]
    ) -> Iterator[PartialProduct]:
        """What the links multiply to, from the left."""
        in_symbols: Iterable[Formula | None] = [None] * len(partial)
        if not all(map(self.numbers.know, partial)):
            in_symbols = self.expressions.products(of, links, partial)
        steps = zip(links, links[1:], partial, in_symbols, strict=False)
        for before, link, map_, symbolic in steps:
            both: list[Formula] = [self.total(of, before.wrt), self.total(link.of, link.wrt)]
            product = self.product(joined(both, TIMES), self.total(of, link.wrt), map_)
            if not product.is_known:
                values = dict(zip(product.fields, product.key(), strict=True))
                closed = self.closed.derivative(of, link.wrt)
                facts = self.closed.facts(of, link.wrt)
                forms = {"symbolic": symbolic, "closed": closed, "facts": facts}
                product = PartialProduct(**values | forms)
            yield product

    def product(self, formula: Formula, symbol: Expression, map_: LinearMap) -> PartialProduct:
        """One product with its numbers."""
        return PartialProduct(symbol=symbol, formula=formula, **self.of_map(map_))
