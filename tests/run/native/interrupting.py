"""Training on several threads that is interrupted again and again, in a process of its own.

    python -m tests.run.native.interrupting TIMES

An interruption comes after another time each, as Ctrl-C would.  Prints a line of JSON: how many
there were, whether the parameters are those of a run that nobody interrupted, bit for bit, and how
many threads are left over.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from typing import Any

import numpy as np

import chainrule as cr

LONGEST = 0.03  # seconds until an interruption
STEPS = 1_000_000  # more than are done until then


def loss(params: Any, x: Any) -> Any:
    return np.mean((np.tanh(x @ params[0]) @ params[1] - 1) ** 2)


def new_loop() -> Any:
    first, second = np.ones((40, 33)) / 40, np.ones((33, 10)) / 33
    return cr.training_loop(loss, [first, second], cr.momentum(0.01), batch_size=24)


def threads() -> int:
    """How many this process has."""
    return len(os.listdir("/proc/self/task"))


def left_over(before: int) -> int:
    """The threads that there are in the end, and were not before."""
    end = time.monotonic() + 10
    while threads() > before and time.monotonic() < end:
        time.sleep(0.01)
    return threads() - before


def main(times: int) -> None:
    before = threads()
    loop, x = new_loop(), np.random.default_rng(0).normal(size=(100, 40))
    loop(x, steps=1)
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    found = 0
    for _ in range(times):
        try:
            signal.setitimer(signal.ITIMER_REAL, random.uniform(0.0005, LONGEST))
            loop(x, steps=STEPS)
        except KeyboardInterrupt:
            found += 1
    again = new_loop()
    again(x, steps=loop.step)
    same = [one.tobytes() for one in loop.params] == [one.tobytes() for one in again.params]
    print(json.dumps({"interrupted": found, "same": same, "left over": left_over(before)}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
