"""What a rule makes of an expression: a line of the tables that prove the rules."""

from __future__ import annotations

from chainrule.graph.record import Record

__all__ = ["Proof"]


class Proof(Record):
    """`before`, which the rule makes `after`; each of the `facts`, one a line, is needed."""

    rule: str
    before: str
    after: str
    facts: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"{self.rule}: {self.before}"
