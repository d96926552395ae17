"""Derivatives that are explained, against differences."""

from __future__ import annotations

from collections.abc import Iterable

from chainrule.explain.derivation import Verified
from chainrule.explain.instances import Instances
from chainrule.explain.solution import explainable_at
from chainrule.paper.program import Asked, Paper
from chainrule.run.gradient_check import EFFORT, check, is_cheap

__all__ = ["all_verified", "verified"]


def verified(paper: Paper, asked: Asked, effort: int, instances: Instances) -> Verified | None:
    """One derivative against differences at the given numbers, without them at random ones.

    None where there is nothing to compare: of a quantity by itself, on a kink, beside infinite
    values, or where it would take too long.
    """
    of, wrt = asked.of, asked.wrt
    if of is wrt:
        return None
    source = explainable_at(paper, asked)
    if source.unknown([of, wrt]):
        return instances.verified(asked, effort)
    if not is_cheap(of):
        return None
    found = check(of, wrt, source.values, effort)
    if found.skipped == of.size * wrt.size:
        return None
    return Verified(found.method, found.largest_error, found.relative_error)


def all_verified(paper: Paper, asked: Iterable[Asked]) -> list[Verified]:
    """The largest errors of each way to check; together the derivatives take one check's effort."""
    asked = list(asked)
    instances = Instances(paper)
    worst: dict[tuple[str, str | None], Verified] = {}
    for one in asked:
        found = verified(paper, one, EFFORT // len(asked), instances)
        if found is None:
            continue
        how = found.method, found.at
        so_far = worst.get(how, found)
        worst[how] = Verified(
            found.method,
            max(found.largest_error, so_far.largest_error),
            max(found.relative_error, so_far.relative_error),
            found.at,
        )
    return list(worst.values())
