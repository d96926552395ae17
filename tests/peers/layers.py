"""Shapes, indices and layers: the second half of the functions that are compared with the peers."""

from __future__ import annotations

from typing import Any

from tests.peers.functions import NOT_SPELLED, POSITIVE, named
from tests.peers.row import CUBE, MATRIX, ONE, Row, at

SHAPING: tuple[Row, ...] = (
    Row("reshape", lambda np, x: np.reshape(x, (3, -1)), (((2, 3),), ((0, 3),))),
    Row(
        "reshape F", lambda np, x: np.reshape(x, (3, 2), order="F"), (((2, 3),),), apart=NOT_SPELLED
    ),
    Row("reshape method", lambda np, x: x.reshape(3, 2) * x.reshape((3, -1)), (((2, 3),),)),
    *named("ravel transpose copy", ONE),
    *named("atleast_1d atleast_2d atleast_3d", ONE[:2]),
    Row("flatten", lambda np, x: x.flatten() * x.ravel()),
    Row("ravel F", lambda np, x: np.ravel(x, order="F"), (((2, 3),),), apart=NOT_SPELLED),
    Row("expand_dims", lambda np, x: np.expand_dims(x, (0, -1))),
    Row("squeeze", lambda np, x: np.squeeze(x), (((1, 3, 1),), ((2, 3),))),
    Row("squeeze axis", lambda np, x: np.squeeze(x, axis=0), (((1, 3, 1),),)),
    Row("transpose axes", lambda np, x: np.transpose(x, (2, 0, 1)), CUBE),
    Row("T", lambda np, x: x.T * 2 + x.transpose(2, 1, 0), CUBE, apart=NOT_SPELLED),
    Row("mT", lambda np, x: x.mT, CUBE),
    Row("swapaxes", lambda np, x: np.swapaxes(x, 0, -1), CUBE),
    Row("moveaxis", lambda np, x: np.moveaxis(x, 0, -1), CUBE),
    Row("moveaxis of two", lambda np, x: np.moveaxis(x, (0, 1), (-1, 0)), CUBE),
    Row("rollaxis", lambda np, x: np.rollaxis(x, 2, 1), CUBE),
    Row("broadcast_to", lambda np, x: np.broadcast_to(x, (2, 2, 3)), (((2, 3),), ((1, 3),), ((),))),
    Row("broadcast_arrays", lambda np, x, y: np.broadcast_arrays(x, y), (((2, 1), (3,)),)),
    Row("astype", lambda np, x: x.astype(float) * np.astype(x, float), CUBE, apart=NOT_SPELLED),
    Row("shape, ndim, size", lambda np, x: x * np.shape(x)[0] * np.ndim(x) + np.size(x), CUBE),
    Row("empty_like", lambda np, x: np.empty_like(x) * 0 + x, order=1),
    # joining and splitting
    Row("concatenate", lambda np, x, y: np.concatenate([x, y], axis=1), (((2, 3), (2, 1)),)),
    Row("concatenate flat", lambda np, x, y: np.concatenate([x, y], axis=None), (((2, 3), (2,)),)),
    Row("concatenate empty", lambda np, x, y: np.concatenate([x, y]), (((0, 3), (2, 3)),)),
    Row("stack", lambda np, x, y: np.stack([x, y], axis=-1), (((2, 3), (2, 3)), ((), ()))),
    Row("vstack", lambda np, x, y: np.vstack([x, y]), (((3,), (3,)), ((2, 3), (1, 3)))),
    Row("hstack", lambda np, x, y: np.hstack([x, y]), (((3,), (2,)), ((2, 3), (2, 1)))),
    Row("dstack", lambda np, x, y: np.dstack([x, y]), (((2, 3), (2, 3)),)),
    Row("column_stack", lambda np, x, y: np.column_stack([x, y]), (((3,), (3, 2)),)),
    Row("append", lambda np, x, y: np.append(x, y), (((2, 3), (2,)),)),
    Row("block", lambda np, x, y: np.block([[x, y], [y, x]]), (((2, 3), (2, 3)),)),
    Row("array", lambda np, x, y: np.array([[x, y], [y * y, 1.0]]), (((), ()),)),
    Row("split", lambda np, x: np.split(x, 2, axis=1), (((2, 4),), ((3, 2),))),
    Row("split at", lambda np, x: np.split(x, [1, 3], axis=1), (((2, 4),),)),
    Row("array_split", lambda np, x: np.array_split(x, 3), (((5, 2),),)),
    Row("hsplit", lambda np, x: np.hsplit(x, 2), (((2, 4),), ((4,),))),
    Row("vsplit", lambda np, x: np.vsplit(x, 2), (((4, 2),),)),
    Row("dsplit", lambda np, x: np.dsplit(x, 2), (((2, 3, 4),),)),
    Row("unstack", lambda np, x: np.unstack(x, axis=1), CUBE),
    # entries repeated, turned round, padded
    *named("flip", MATRIX),
    Row("flip axis", lambda np, x: np.flip(x, 1), CUBE),
    *named("fliplr flipud rot90", MATRIX),
    Row("rot90 back", lambda np, x: np.rot90(x, -1, (1, 2)), CUBE),
    Row("roll", lambda np, x: np.roll(x, 2), MATRIX),
    Row("roll axis", lambda np, x: np.roll(x, -1, 1), CUBE),
    Row("roll axes", lambda np, x: np.roll(x, (1, 2), (0, 1)), CUBE),
    Row("tile", lambda np, x: np.tile(x, (2, 1, 2)), MATRIX),
    Row("repeat", lambda np, x: np.repeat(x, 2, axis=1), MATRIX),
    Row("repeat flat", lambda np, x: np.repeat(x, 3), MATRIX),
    Row("repeat unevenly", lambda np, x: np.repeat(x, at(2, 0, 1), axis=1), MATRIX[:1]),
    Row("pad", lambda np, x: np.pad(x, ((1, 0), (2, 1))), MATRIX),
    Row("pad with a number", lambda np, x: np.pad(x, 1, constant_values=2.5), MATRIX),
    Row("pad edge", lambda np, x: np.pad(x, ((1, 2), (1, 2)), mode="edge"), MATRIX),
    Row("pad reflect", lambda np, x: np.pad(x, (2, 1), mode="reflect"), (((4,),),)),
    Row("pad symmetric", lambda np, x: np.pad(x, (2, 1), mode="symmetric"), (((4,),),)),
    Row("pad wrap", lambda np, x: np.pad(x, (2, 1), mode="wrap"), (((4,),),)),
)


def replaced_and_kept(np: Any, x: Any, value: Any) -> Any:
    """A copy with a row replaced, beside the row that was."""
    return np.set(x, (1, slice(None)), value) * x[1]


INDEXING: tuple[Row, ...] = (
    Row("x[0]", lambda np, x: x[0] * x[-1], MATRIX),
    Row("x[0, 1:]", lambda np, x: x[0, 1:], (((2, 3),), ((2, 1),))),
    Row("x[..., None, ::2]", lambda np, x: x[..., None, ::2], CUBE),
    Row("x[::-1]", lambda np, x: x[::-1, 1:], CUBE, apart=NOT_SPELLED),
    Row("x[rows]", lambda np, x: x[at(1, 0, 1)], (((2, 3),),)),
    Row("x[rows, columns]", lambda np, x: x[at(0, 1, 1), at(2, -1, 0)], (((2, 3),),)),
    Row("x[:, rows]", lambda np, x: x[:, at([1, 0], [2, 2])], CUBE[:1]),
    Row("x[row, :, column]", lambda np, x: x[at(0, 1), :, at(3, 3)], CUBE[:1]),
    Row("take", lambda np, x: np.take(x, at(2, 0, 2), axis=1), CUBE),
    Row("take flat", lambda np, x: np.take(x, at([2, 0], [1, 1])), MATRIX),
    Row(
        "take_along_axis",
        lambda np, x: np.take_along_axis(x, at([2, 0], [1, 1]), 1),
        (((2, 3),),),
    ),
    Row("delete", lambda np, x: np.delete(x, 1, axis=1), CUBE),
    Row("compress", lambda np, x: np.compress(at(True, False, True), x, axis=1), CUBE),
    Row(
        "extract",
        lambda np, x: np.extract(at([True, False, True], [False, True, True]), x),
        (((2, 3),),),
    ),
    Row("set a row", replaced_and_kept, (((2, 3), (3,)), ((2, 3), ()))),
    Row("set entries", lambda np, x: np.set(x, at(0, 2), np.sin(x[1])), (((3,),),)),
    Row("set a slice", lambda np, x, v: np.set(x, slice(1, None), v), (((3, 2), (2, 2)),)),
)


def elman(np: Any, W: Any, h: Any, xs: Any) -> Any:
    """A small recurrent network: the last state and all outputs."""

    def step(h: Any, x: Any) -> Any:
        h = np.tanh(W @ h + x)
        return h, np.sum(h * h)

    return np.scan(step, h, xs)


def newton(np: Any, a: Any) -> Any:
    """√a by Newton's method."""
    last, _ = np.scan(lambda x, _: ((x + a / x) / 2, None), 1.0 + 0 * a, length=6)
    return last


LAYERS: tuple[Row, ...] = (
    Row("conv2d", lambda np, x, k: np.conv2d(x, k), (((2, 3, 5, 4), (2, 3, 3, 2)),)),
    Row(
        "conv2d stride, padding, dilation",
        lambda np, x, k: np.conv2d(x, k, stride=(2, 1), padding=(1, 2), dilation=(1, 2)),
        (((1, 2, 6, 5), (3, 2, 2, 3)), ((2, 1, 3, 3), (1, 1, 1, 1))),
    ),
    Row(
        "conv2d_transposed",
        lambda np, y, k: np.conv2d_transposed(y, k, stride=(2, 1), padding=(1, 0)),
        (((1, 3, 3, 4), (3, 2, 3, 2)),),
    ),
    Row(
        "conv2d_correlation",
        lambda np, x, y: np.conv2d_correlation(x, y, size=(2, 2), stride=2),
        (((2, 2, 4, 6), (2, 3, 2, 3)),),
    ),
    Row("max_pool2d", lambda np, x: np.max_pool2d(x, size=2), (((2, 2, 4, 6),), ((1, 1, 2, 3),))),
    Row(
        "max_pool2d stride, padding",
        lambda np, x: np.max_pool2d(x, size=(3, 2), stride=(2, 1), padding=(1, 0)),
        (((1, 2, 5, 4),),),
    ),
    Row("avg_pool2d", lambda np, x: np.avg_pool2d(x, size=2), (((2, 2, 4, 6),), ((1, 1, 2, 3),))),
    Row(
        "avg_pool2d stride, padding",
        lambda np, x: np.avg_pool2d(x, size=(3, 2), stride=(2, 1), padding=(1, 0)),
        (((1, 2, 5, 4),),),
    ),
    Row(
        "avg_pool2d without the border",
        lambda np, x: np.avg_pool2d(x, size=3, stride=1, padding=1, count_include_pad=False),
        (((1, 2, 5, 4),),),
    ),
    Row(
        "batch_norm",
        lambda np, x, g, b: np.batch_norm(x, g, b, epsilon=0.01),
        (((5, 3), (3,), (3,)), ((2, 2, 3, 4), (2,), (2,)), ((4, 1), (1,), (1,))),
    ),
    Row(
        "batch_norm_inference",
        lambda np, x, g, b, m, v: np.batch_norm_inference(x, g, b, m, v),
        (((5, 3), (3,), (3,), (3,), (3,)), ((2, 2, 1, 3), (2,), (2,), (2,), (2,))),
        (*[(-2.0, 2.0)] * 4, POSITIVE),
    ),
    Row(
        "layer_norm",
        lambda np, x, g, b: np.layer_norm(x, g, b),
        (((2, 5), (5,), (5,)), ((2, 1, 4), (4,), (4,))),
    ),
    Row("standardize", lambda np, x: np.standardize(x, axis=0), (((4, 3),),)),
    Row(
        "embedding",
        lambda np, t: np.embedding(t, at([3, 0], [1, 3])),
        (((4, 3),), ((4, 1),)),
    ),
    Row("scan", elman, (((3, 3), (3,), (5, 3)), ((1, 1), (1,), (1, 1)))),
    Row("scan without xs", newton, (((3,),), ((),)), (POSITIVE,)),
    Row(
        "perceptron",
        lambda np, x, W1, b1, W2: np.sum(np.relu(x @ W1 + b1) @ W2, axis=0),
        (((4, 3), (3, 5), (5,), (5, 2)), ((1, 1), (1, 1), (1,), (1, 1))),
    ),
    Row(
        "attention",
        lambda np, q, k, v: np.softmax(q @ np.swapaxes(k, -1, -2) / 2.0) @ v,
        (((2, 3, 4), (2, 5, 4), (2, 5, 2)),),
    ),
)
