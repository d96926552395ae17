"""Parts of one piece of work on several threads, which wait for each other in native code.

Nothing interrupts native code, so that a part that waits for one which never comes would wait for
ever.  So no part begins before there is a thread for each of them, and what has begun is finished:
an interruption such as Ctrl-C reaches the main thread, which only waits.  Threads are `_thread`'s,
because an interruption within `Thread.start` can leave its locks taken.
"""

from __future__ import annotations

import os
from _thread import LockType, allocate_lock, start_new_thread
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from time import sleep

__all__ = ["together"]

MOMENT = 0.001  # seconds


def together(part: Callable[[int], object], threads: int) -> bool:
    """`part(number)` for each number below `threads`, all at once.

    Interrupted, it waits until they have ended; if it is interrupted again, they end without it.

    Returns:
        False if there can be no more threads; then nothing was done.

    >>> done = []
    >>> together(done.append, 3), sorted(done)
    (True, [0, 1, 2])
    """
    found: list[bool | BaseException] = []

    def lead() -> None:
        try:
            found.append(_led(part, threads))
        except BaseException as problem:
            found.append(problem)

    try:
        ended = _begun(lead)
    except RuntimeError:  # "can't start new thread"
        return False
    try:
        ended.acquire()
    except BaseException:
        while not found:
            sleep(MOMENT)
        raise
    (outcome,) = found
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome


def _begun(work: Callable[[], object]) -> LockType:
    """A lock that is free when the work, in a thread of its own, has ended."""
    ended = allocate_lock()
    ended.acquire()

    def run() -> None:
        try:
            work()
        finally:
            ended.release()

    start_new_thread(run, ())
    return ended


def _led(part: Callable[[int], object], threads: int) -> bool:
    """The same, by a thread that nobody interrupts, which does the first part itself."""
    gate = allocate_lock()
    are_there = False

    def wait_and_do(number: int) -> None:
        with gate:
            pass
        if are_there:
            _take_a_core(number)
            part(number)

    others: list[LockType] = []
    with gate:
        try:
            others.extend(_begun(partial(wait_and_do, number)) for number in range(1, threads))
            are_there = True
        except RuntimeError:
            pass
    if are_there:
        _take_a_core(0)
        part(0)
    for ended in others:
        ended.acquire()
    return are_there


def _take_a_core(number: int) -> None:
    """Go on on a core of one's own, which one may leave again.

    A system may begin several threads on one core, where those that wait for each other take turns;
    it can be many milliseconds until it moves one.  Other processes begin at other cores.
    """
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        with suppress(OSError):  # it may be forbidden
            os.sched_setaffinity(0, {cores[(os.getpid() + number) % len(cores)]})
            os.sched_setaffinity(0, cores)
