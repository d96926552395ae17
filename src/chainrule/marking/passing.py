"""One pass through a solution: each line judged, and remembered for the lines after it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from chainrule.errors import ChainruleError, NameProblem
from chainrule.graph.node import Node, Shape, size_of
from chainrule.graph.source import Source
from chainrule.marking.carried import Basis
from chainrule.marking.identities import (
    Stated,
    by_own_lines,
    face_value,
    in_rows_and_columns,
    is_identity,
    judged_formula,
    stated,
    symbolic,
    with_givens,
)
from chainrule.marking.judge import Reference, is_near, is_trivial
from chainrule.marking.judged import Judged, Measure, claim_of, judged, misshapen, unreadable
from chainrule.marking.memory import RIGHT, Memory
from chainrule.marking.misread import cannot_tell, without_slips
from chainrule.marking.naming import Namer
from chainrule.marking.reading.layouts import Layout, layouts
from chainrule.marking.reading.solution import Line, Link, Written
from chainrule.marking.reading.targets import Target, is_given, target_of
from chainrule.marking.references import references, ways
from chainrule.marking.report import ACCEPTED, Claim, Remark, worst
from chainrule.marking.sheet import Sheet, bound
from chainrule.ops.broadcasting import reshape
from chainrule.ops.reduction import sum_
from chainrule.paper.dependencies import parts
from chainrule.paper.suggest import quoted
from chainrule.paper.syntax import Name, Number
from chainrule.paper.workbook import Workbook, mentions, spelling

__all__ = ["Passing"]


class Passing:
    """One pass; `cuts` says that this solution cuts its numbers instead of rounding them."""

    def __init__(
        self,
        sheet: Sheet,
        workbook: Workbook,
        source: Source,
        namer: Namer,
        measure: Measure,
        cuts: bool,
    ) -> None:
        self.sheet = sheet
        self.workbook = workbook
        self.source = source
        self.namer = namer
        self.measure = measure
        self.memory = Memory(sheet, cuts)
        self._operands: Written | None = None  # the link before, if it is arithmetic

    def line(self, line: Line) -> list[Claim]:
        """The claims of a line, one for each link of its chain."""
        if line.target is None:
            return [unreadable(line.number, line.column, line.text, "", line.problem)]
        try:
            target, links = self._target(line)
        except ChainruleError as problem:
            return [_unusable(line.target_text, link, problem) for link in line.links]
        chain: list[Reference] = []
        self._operands = None
        if not line.is_update:
            links = [_judgeable(line, link) for link in links]
        return [self._link(target, link, chain) for link in links]

    def _target(self, line: Line) -> tuple[Target, Sequence[Link]]:
        """The target and what is claimed of it; a formula for a new name introduces that name."""
        first = line.links[0]
        is_new = isinstance(line.target, Name) and line.target.name not in self.workbook.names
        if not is_new or line.is_update:
            return self._known(line), line.links
        assert isinstance(line.target, Name)
        if first.expression is None or first.written is not None:
            raise NameProblem(
                f"{quoted(line.target.name)} is not defined. Introduce it with its formula, as in "
                f"{line.target.name} = dl/dO = {first.text}."
            )
        self.workbook.define(self.source, line.target.name, first.expression)
        return target_of(line, self.source, self.workbook), line.links[1:]

    def _known(self, line: Line) -> Target:
        """The target; in the problem's own words it is the same for every solution."""
        if self.workbook.introduced:
            return target_of(line, self.source, self.workbook)
        key = line.target_text, line.is_update
        if key not in self.sheet.targets:
            bound(self.sheet.targets)
            self.sheet.targets[key] = target_of(line, self.source, self.workbook)
        return self.sheet.targets[key]

    def _link(self, target: Target, link: Link, chain: list[Reference]) -> Claim:
        if link.expression is None and link.written is None:
            return unreadable(link.line, link.column, link.text, target.text, link.problem)
        try:
            if is_given(target.base, self.sheet.givens):
                return self._given(target, link)
            if link.written is None or self._quotes_given(link):
                return self._formula(target, link, chain)
            return self._numbers(target, link, link.written, chain)
        except ChainruleError as problem:
            return _unusable(target.text, link, problem)

    def _quotes_given(self, link: Link) -> bool:
        """Whether arithmetic holds a number of the problem, which is exact."""
        if link.expression is None:
            return False
        return any(
            float(one.text) in self.sheet.given_decimals
            for one in parts(link.expression)
            if isinstance(one, Number)
        )

    # Numbers

    def _numbers(
        self, target: Target, link: Link, written: Written, chain: list[Reference]
    ) -> Claim:
        target = self._as_written(target, written.shape)
        found = self._best(target, written, chain)
        if found is None:
            self.memory.doubt(link.line)
            return self._misshapen(target, link, written)
        remarks = _of_layout(found.layout, written, target)
        found, restated = self._restated(target, found)
        finest = partial(Basis(self.sheet, self.memory.right).finest, target.node)
        found = found.with_verdicts(without_slips(found, bool(chain), finest))
        made_on = self._made_on(target, link.line)
        remarks += restated or self._remarks(found, made_on)
        if code := cannot_tell(found):
            found = found.with_verdicts(["undecided"] * len(found.cells))
            remarks.append(Remark("mistake-fits", (("code", code),)))
        claim = claim_of(target, link, written.shape, found, remarks, self.measure)
        claim = self.namer.named(claim, target, found, self.memory, self._operands)
        follows = claim.verdict == "follow-through"
        self.memory.note(target, found, link.line, made_on if follows else None)
        self._operands = _operands(written)
        chain[:] = _face_value(found, claim.verdict)
        return claim

    def _misshapen(self, target: Target, link: Link, written: Written) -> Claim:
        """Numbers that the quantity has no place for."""
        claim = misshapen(target, link, written)
        return self.namer.misshapen(claim, target, written, self.memory)

    def _best(self, target: Target, written: Written, chain: list[Reference]) -> Judged | None:
        """The reading in which most cells are accepted, the plainest of those."""
        readings = layouts(written.shape, target.node.shape, _is_jacobian(target))
        if not readings:
            return None
        truth = self.sheet.truth(target.node).reshape(-1)
        options = self._references(target)
        decimals = self.memory.shows_decimals
        found = (judged(written.cells, one, chain, options, truth, decimals) for one in readings)
        best = next(found)
        for other in found:
            if best.accepted == len(written.cells):
                break
            best = other if other.accepted > best.accepted else best
        return best

    def _references(self, target: Target) -> list[Reference]:
        nodes = ways(self.sheet, self.memory, target)
        right, *every = self.memory.bases()
        found = references(right, nodes, "consistent")
        for basis in every:
            found += references(basis, nodes, "follow-through")
        return found

    def _as_written(self, target: Target, shape: Shape) -> Target:
        """What a derivative in this shape is: of each example, or without its zeros."""
        size = size_of(shape)
        if target.pair is None or target.node is not target.base or size == target.node.size:
            return target
        each = self.sheet.examples(target.pair)
        if each is None or each.size != size or each.shape[0] != shape[0]:
            return self._without_zeros(target, shape)
        positions, first = np.arange(each.size), target.counts_from
        return Target(target.text, (), each, each, positions, None, first, True)

    def _without_zeros(self, target: Target, shape: Shape) -> Target:
        """∂of/∂wrt in the shape of wrt, where each entry of wrt acts on one entry of `of`.

        `da/dz = a*(1 - a)`, entry by entry: nobody writes the zeros of the diagonal matrix.
        """
        if target.pair is None or not target.node.shape:
            return target
        wrt = target.pair[1]
        if wrt.size < 2 or shape != wrt.shape or target.node.size == wrt.size:
            return target
        rows = self.sheet.acted_on(target.base, wrt.size)
        if rows is None:
            return target
        node = reshape(sum_(target.base, axis=0), to=wrt.shape)
        positions = rows * wrt.size + np.arange(wrt.size)
        return Target(
            target.text, (), node, target.base, positions, target.pair, target.counts_from
        )

    def _restated(self, target: Target, found: Judged) -> tuple[Judged, list[Remark]]:
        """The same number for the same entry has the verdict that it had."""
        positions = target.positions[found.layout.order].tolist()
        new, lines = list(found.verdicts), set()
        for at, (position, cell) in enumerate(zip(positions, found.cells, strict=True)):
            before = self.memory.restated(target.base, position, cell)
            if before is not None:
                new[at], line = before
                lines.add(line)
        remarks = [Remark("restated", (("line", str(max(lines))),))] if lines else []
        return found.with_verdicts(new), remarks

    def _made_on(self, target: Target, line: int) -> int | None:
        """The line of the mistake that the target's values rest on; of several the last."""
        if not self.memory.has_wrong or line in self.memory.mistakes:
            return None
        every = self.memory.bases()[-1]
        read = {one for node in ways(self.sheet, self.memory, target) for one in every.lines(node)}
        return max((self.memory.mistakes.get(one, 0) for one in read), default=0) or None

    def _remarks(self, found: Judged, made_on: int | None) -> list[Remark]:
        """How a claim stands to the wrong lines before it, and what its digits leave open."""
        verdict = worst(list(found.verdicts))
        if verdict == "undecided" and found.numbers.rounded.any():
            return [Remark("whole-number")]
        if made_on is None:
            return []
        detail = (("line", str(made_on)),)
        if verdict == "follow-through":
            return [Remark("follows-from", detail)]
        following = [one for one in found.references if one.verdict == "follow-through"]
        if verdict == "wrong":
            is_moot = any(is_trivial(one, found.truth) for one in following)
            return [Remark("trivial")] if is_moot else []
        follows = any(is_near(found.numbers, one.values, one.reach).all() for one in following)
        is_right = verdict == "exact" and following and not follows
        return [Remark("right-but-does-not-follow", detail)] if is_right else []

    # Givens and formulas

    def _given(self, target: Target, link: Link) -> Claim:
        """A given that is quoted, rightly or not; it is never carried."""
        if link.written is None:
            problem = "This is given; write its numbers, or leave the line out."
            return unreadable(link.line, link.column, link.text, target.text, problem)
        readings = layouts(link.written.shape, target.node.shape, is_jacobian=False)
        if not readings:
            return self._misshapen(target, link, link.written)
        truth = self.sheet.truth(target.node).reshape(-1)
        found = judged(link.written.cells, readings[0], (), (), truth, True)
        claim = claim_of(target, link, link.written.shape, found, _of_given(found), self.measure)
        if claim.verdict in ACCEPTED:
            return claim
        self.memory.misquote(target, found, link.line)
        return self.namer.named(claim, target, found, self.memory, None)

    def _formula(self, target: Target, link: Link, chain: list[Reference]) -> Claim:
        """A formula: an identity, or right for these numbers, or wrong."""
        assert link.expression is not None
        node = self.workbook.value(self.source, link.expression).node
        node = in_rows_and_columns(node, target.node.shape)
        written = stated(node, link.expression, self.sheet.given_numbers)
        target = self._as_written(target, node.shape)
        readings = layouts(node.shape, target.node.shape, is_jacobian=False)
        # numbers may be laid out either way; a formula of the transposed matrix is another one
        readings = tuple([one for one in readings if one.remark != "transposed"])
        if not readings:
            cells = Written(node.shape, (None,) * node.size)
            return self._misshapen(target, link, cells)
        layout = readings[0]
        identity = not written.decimals and self._is_identity(node, target, layout)
        if self.sheet.is_symbolic(target.node):
            return self._without_numbers(target, link, written, layout, identity)
        truth = self.sheet.truth(target.node).reshape(-1)
        options = self._references(target)
        found = judged_formula(written, self.sheet, self.memory, layout, truth, options)
        if self.memory.has_wrong and "wrong" in found.verdicts and not written.decimals:
            found = by_own_lines(written, self.sheet, self.memory, target.node, found)
        holds_here = not identity and not written.decimals
        if holds_here:
            found = found.with_verdicts([_only_here(one) for one in found.verdicts])
        claim = claim_of(
            target, link, node.shape, found, _of_formula(identity, holds_here, found), self.measure
        )
        claim = self.namer.named(claim, target, found, self.memory, None)
        if claim.verdict == "wrong":
            self.memory.doubt(link.line)
        verdict = "consistent" if claim.verdict in RIGHT else "follow-through"
        chain[:] = face_value(written, self.sheet, self.memory, verdict)
        return claim

    def _is_identity(self, node: Node, target: Target, layout: Layout) -> bool:
        """Whether the formula is the target in general, a given being as good as its number."""
        named = with_givens(node, self.sheet.given_decimals)
        return any(
            is_identity(self.sheet, one, target.node, layout.order)
            for one in dict.fromkeys([node, named])
        )

    def _without_numbers(
        self, target: Target, link: Link, written: Stated, layout: Layout, identity: bool
    ) -> Claim:
        """A formula in a problem without numbers; its mistakes show at other ones."""
        found = symbolic(layout, "exact" if identity else "wrong", target.node.size)
        remarks = _of_formula(identity, False, found)
        claim = claim_of(target, link, written.node.shape, found, remarks, self.measure)
        nothing = Memory(self.sheet.twin, cuts=False)
        truth = nothing.sheet.truth(target.node).reshape(-1)
        values = judged_formula(written, nothing.sheet, nothing, layout, truth)
        return self.namer.named(claim, target, values, nothing, None)


def _judgeable(line: Line, link: Link) -> Link:
    """The link; unreadable if it states the target by itself, `z = z`."""
    if link.expression is None or not mentions(link.expression, spelling(line.target)):
        return link
    problem = f"This states {line.target_text} by itself."
    return Link(link.text, link.line, link.column, None, None, problem)


def _only_here(verdict: str) -> str:
    """A formula that is right for these numbers, and not in general, follows from nothing."""
    return "consistent" if verdict == "exact" else verdict


def _of_formula(identity: bool, holds_here: bool, found: Judged) -> list[Remark]:
    if identity:
        return [Remark("identity")]
    is_right = worst(list(found.verdicts)) == "consistent"
    return [Remark("holds-here")] if holds_here and is_right else []


def _of_given(found: Judged) -> list[Remark]:
    return [Remark("given")] if worst(list(found.verdicts)) in ACCEPTED else []


def _of_layout(layout: Layout, written: Written, target: Target) -> list[Remark]:
    """What is unusual in how the numbers are laid out."""
    found = [Remark(layout.remark)] if layout.remark else []
    found += [Remark("per-example")] if target.is_each else []
    return found + ([Remark("missing-cells")] if written.is_ragged else [])


def _is_jacobian(target: Target) -> bool:
    return target.pair is not None and target.pair[0].shape != ()


def _operands(written: Written) -> Written | None:
    """The numbers, if they are arithmetic that was not worked out."""
    is_arithmetic = any(cell is not None and not cell.unit for cell in written.cells)
    return written if is_arithmetic else None


def _face_value(found: Judged, verdict: str) -> list[Reference]:
    """What the next link of a chain may be computed from: these numbers as they stand."""
    claimed = found.numbers
    is_arithmetic = (claimed.units == 0) | claimed.whole
    reach = np.where(is_arithmetic, 0.0, claimed.halves)
    meaning = "consistent" if verdict in RIGHT else "follow-through"
    return [Reference(lambda: claimed.values, meaning, lambda: reach)]


def _unusable(target: str, link: Link, problem: ChainruleError) -> Claim:
    """A claim that cannot be judged, with the reason."""
    return unreadable(link.line, link.column, link.text, target, problem.message)
