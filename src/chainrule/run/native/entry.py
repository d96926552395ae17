"""What a compiled function is called with.

`void main(ptr table, i64 steps, i64 thread)`, where the table holds the addresses of: each given
(of a gathered one: the whole data set), each output, and the working memory.  Where steps differ,
there stand before the working memory: the rows of the data set for every step, each recorded array,
and the number of the first step (a double); `main0`, `main1`, … take no steps, and have none.  The
working memory begins with the flag for errors of the data, then the barrier; `WORKING` bytes on
the arena begins; `i64 room()` says how many it has in all.  Threads take parts of every kernel, and
meet after it.
"""

from __future__ import annotations

from chainrule.graph.record import Record

__all__ = ["WORKING", "Steps"]

WORKING = 128  # bytes before the arena: two lines of the cache


class Steps(Record):
    """What changes from step to step besides what is carried.

    `gathered` are the givens whose rows are chosen anew, each with the shape of the data set;
    `recorded` the outputs that are kept of every step; `counter` the given that is its number.
    """

    gathered: tuple[tuple[int, tuple[int, ...]], ...] = ()
    recorded: tuple[int, ...] = ()
    counter: int | None = None
