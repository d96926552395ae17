"""The order of examples: a permutation for each epoch, that goes on wherever training went on."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from chainrule.train import chunks
from chainrule.train.chunks import Pace, chunk_lengths
from chainrule.train.order import batches


@pytest.mark.parametrize(("examples", "batch"), [(12, 3), (10, 3), (7, 7), (5, 1), (1, 1)])
def test_an_epoch_takes_every_example_at_most_once(examples: int, batch: int) -> None:
    in_epoch = examples // batch
    for epoch in range(4):
        taken = batches(epoch * in_epoch, in_epoch, examples, batch, seed=1)
        assert taken.shape == (in_epoch, batch)
        assert len(np.unique(taken)) == in_epoch * batch
        assert (taken.min() >= 0, taken.max() < examples) == (True, True)


def test_every_example_has_its_turn() -> None:
    """Those that an epoch leaves out are not the same ones in the next."""
    taken = batches(0, 60, examples=10, batch=3, seed=0)
    assert set(taken.ravel().tolist()) == set(range(10))


def test_epochs_and_seeds_differ() -> None:
    first, second = np.split(batches(0, 2, 50, 50, seed=0), 2)
    other = batches(0, 1, 50, 50, seed=1)
    assert not np.array_equal(first, second)
    assert not np.array_equal(first, other)
    assert np.array_equal(first, batches(0, 1, 50, 50, seed=0))


@pytest.mark.parametrize("cuts", [[5], [1, 2, 3], [4, 8, 12], [19]])
def test_parts_of_the_order_are_the_order(cuts: list[int]) -> None:
    whole = batches(0, 20, examples=13, batch=3, seed=7)
    edges = [0, *cuts, 20]
    parts = [batches(start, stop - start, 13, 3, seed=7) for start, stop in pairwise(edges)]
    assert np.array_equal(np.concatenate(parts), whole)


def test_every_permutation_is_as_likely() -> None:
    found = Counter(map(tuple, batches(0, 60_000, 4, 4, seed=3).tolist()))
    assert len(found) == 24
    assert (min(found.values()) > 2_300, max(found.values()) < 2_700) == (True, True)


def test_the_permutation_of_many_examples_is_drawn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However short the parts are that a run is cut into: it takes longer than a step does."""
    drawn: list[list[int]] = []

    def watched(seed: list[int]) -> np.random.PCG64:
        drawn.append(seed)
        return generator(seed)

    generator = np.random.PCG64
    monkeypatch.setattr(np.random, "PCG64", watched)
    for step in range(200):
        batches(step, 1, 100_000, 1_000, seed=7)
    assert drawn == [[7, 0], [7, 1]]


def test_the_order_is_the_same_for_ever() -> None:
    assert batches(0, 3, 8, 4, seed=2026).tolist() == [
        [7, 0, 4, 3],
        [2, 1, 5, 6],
        [1, 6, 4, 0],
    ]


@pytest.mark.parametrize("steps", [0, 1, 63, 64, 65, 1000, 12_345])
@pytest.mark.parametrize("most", [1, 10, 1 << 16])
def test_parts_of_a_run_add_up(steps: int, most: int) -> None:
    found = list(chunk_lengths(steps, most))
    assert sum(found) == steps
    assert all(0 < length <= most for length in found)


def test_a_run_begins_with_parts_as_the_one_before_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "perf_counter", lambda: 0.0)  # steps take no time
    pace = Pace()
    assert list(chunk_lengths(100, pace=pace)) == [1, 2, 4, 8, 16, 32, 37]
    assert list(chunk_lengths(100, pace=pace)) == [74, 26]
    assert list(chunk_lengths(100, most=60, pace=pace)) == [60, 40]
