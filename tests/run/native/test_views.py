"""A view of a view is one view: the same entries as taking them one after the other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.run.native.reference import places

from chainrule.graph.node import Array, Shape
from chainrule.run.native.tensors import row_major
from chainrule.run.native.views import are_apart, composed, do_not_meet, found_in

lengths = st.integers(1, 5)
shapes = st.lists(lengths, min_size=1, max_size=4).map(tuple)


@st.composite
def views(draw: st.DrawFn, x: Array) -> Array:
    """What NumPy makes of an array without copying it: its entries are their own places."""
    kind = draw(st.sampled_from(["slice", "transpose", "reshape", "spread", "diagonal", "windows"]))
    if kind == "slice" and x.ndim:
        steps = st.sampled_from([1, 1, 2, -1, -2])
        key = tuple(slice(None, None, draw(steps)) for _ in x.shape)
        axis = draw(st.integers(0, x.ndim - 1))
        at = draw(st.integers(0, x.shape[axis] - 1))
        part: Any = draw(st.sampled_from([at, slice(at, None), slice(None, at + 1), None]))
        return x[(*key[:axis], part, *key[axis + 1 :])] if part is not None else x[key]
    if kind == "transpose":
        return x.transpose(draw(st.permutations(range(x.ndim))))
    if kind == "reshape":
        return x.reshape(draw(st.sampled_from(_shapes_of(x.size))))
    if kind == "spread":
        return np.broadcast_to(x, (draw(lengths), *x.shape))
    if kind == "diagonal" and x.ndim >= 2:
        return x.diagonal(draw(st.integers(-1, 1)), -2, -1)
    if kind == "windows" and x.ndim:
        size = draw(st.integers(1, x.shape[-1])) if x.shape[-1] else 1
        return np.lib.stride_tricks.sliding_window_view(x, size, -1) if x.shape[-1] else x
    return x


def _shapes_of(size: int) -> list[Shape]:
    found = [(size,), (1, size), (size, 1)]
    return found + [(n, size // n) for n in range(2, size) if size % n == 0]


def as_view(taken: Array) -> tuple[int, tuple[int, ...]] | None:
    """The offset and strides of entries that are their own places; None if they have none."""
    if not taken.size:
        return None
    first = taken.flat[0]
    strides = []
    for axis, n in enumerate(taken.shape):
        beside = taken[(0,) * axis + (1,)].flat[0] if n > 1 else first
        strides.append(int(beside - first))
    if not np.array_equal(taken, places(taken.shape, int(first), strides)):
        return None
    return int(first), tuple(strides)


@settings(max_examples=400, deadline=None)
@given(st.data(), shapes)
def test_a_view_of_a_view(data: st.DataObject, shape: Shape) -> None:
    """Entries are the places they are at; whatever NumPy takes of them says where it took it."""
    base = np.arange(int(np.prod(shape))).reshape(shape)
    first = data.draw(views(base))
    own = as_view(first)
    second = data.draw(views(np.arange(first.size).reshape(first.shape)))
    outer = as_view(second)
    if own is None or outer is None:
        return
    found = composed(first.shape, *own, second.shape, *outer)
    wanted = first.reshape(-1)[second]
    if found is not None:
        np.testing.assert_array_equal(places(second.shape, *found), wanted)
    else:
        assert is_torn(first.shape, outer, second.shape)


def is_torn(shape: Shape, outer: tuple[int, tuple[int, ...]], to: Shape) -> bool:
    """Whether an index into the inner view does not move evenly."""
    return any(as_view(at) is None for at in np.unravel_index(places(to, *outer), shape))


VIEWS: list[tuple[str, Any, Any, bool]] = [
    ("a row of a transposed array", lambda x: x.T, lambda x: x[1], True),
    ("a transposed array in a row", lambda x: x.T, lambda x: x.reshape(-1), False),
    ("every second row in a row", lambda x: x[::2], lambda x: x.reshape(-1), False),
    ("the first rows in a row", lambda x: x[:2], lambda x: x.reshape(-1), True),
    ("the other diagonal", lambda x: x, lambda x: x.reshape(-1)[3:-1:3], True),
    ("backwards twice", lambda x: x[::-1, ::-1], lambda x: x[::-1, ::-1], True),
    ("columns of a row repeated", lambda x: np.broadcast_to(x[0], (3, 4)), lambda x: x.T, True),
]


@pytest.mark.parametrize(("what", "inner", "outer", "is_one"), VIEWS, ids=[row[0] for row in VIEWS])
def test_which_views_are_one(what: str, inner: Any, outer: Any, is_one: bool) -> None:
    first = inner(np.arange(16).reshape(4, 4))
    second = outer(np.arange(first.size).reshape(first.shape))
    own, taken = as_view(first), as_view(second)
    assert own is not None
    assert taken is not None
    found = composed(first.shape, *own, second.shape, *taken)
    assert (found is not None) == is_one


@settings(max_examples=200, deadline=None)
@given(st.data(), st.lists(lengths, min_size=1, max_size=3).map(tuple))
def test_what_is_seen_of_a_part(data: st.DataObject, shape: Shape) -> None:
    """A view that meets only the entries of a part is a view of the part."""
    whole = np.arange(int(np.prod(shape))).reshape(shape)
    part = whole[tuple(data.draw(st.sampled_from(_slices(n))) for n in shape)]
    seen = data.draw(views(whole))
    region, view = as_view(part), as_view(seen)
    if region is None or view is None:
        return
    found = found_in(part.shape, *region, seen.shape, *view)
    if found is None:
        return
    inside = part.reshape(-1)[places(seen.shape, *found)]
    np.testing.assert_array_equal(inside, seen)


def _slices(n: int) -> list[slice]:
    return [slice(None), slice(0, (n + 1) // 2), slice(n // 2, None), slice(None, None, 2)]


def test_a_slice_of_one_of_two_joined_arrays_is_a_slice_of_it() -> None:
    whole = np.arange(4 * 6).reshape(4, 6)
    right, seen = as_view(whole[:, 2:]), as_view(whole[1:3, 4:])
    assert right is not None
    assert seen is not None
    assert found_in((4, 4), *right, (2, 2), *seen) == (6, (4, 1))
    left = as_view(whole[:, :2])
    assert left is not None
    assert found_in((4, 2), *left, (2, 2), *seen) is None


@settings(max_examples=200, deadline=None)
@given(shapes, st.data())
def test_entries_that_do_not_meet(shape: Shape, data: st.DataObject) -> None:
    strides = tuple(data.draw(st.integers(-8, 8)) for _ in shape)
    at = places(shape, 0, strides)
    if do_not_meet(shape, strides):
        assert np.unique(at).size == at.size
    assert do_not_meet(shape, row_major(shape))


@settings(max_examples=200, deadline=None)
@given(st.data(), shapes)
def test_parts_that_are_apart(data: st.DataObject, shape: Shape) -> None:
    whole = np.arange(int(np.prod(shape))).reshape(shape)
    parts = [whole[tuple(data.draw(st.sampled_from(_slices(n))) for n in shape)] for _ in "ab"]
    seen = [as_view(part) for part in parts]
    if seen[0] is None or seen[1] is None:
        return
    meet = np.intersect1d(*parts).size > 0
    apart = are_apart(shape, (parts[0].shape, *seen[0]), (parts[1].shape, *seen[1]))
    assert not (apart and meet)
