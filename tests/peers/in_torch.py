"""`chainrule.numpy`'s names in PyTorch: those that mean the same, and short ways to the others."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy
import pytest
from tests.peers.formulas import formulas
from tests.peers.row import words

__all__ = ["NoCounterpart", "namespace", "torch"]

torch = pytest.importorskip("torch")
functional = torch.nn.functional

# PyTorch takes NumPy's axis= and keepdims= in these.
SAME = words(
    """
    abs absolute add arccos arccosh arcsin arcsinh arctan arctan2 arctanh argmax argmin argsort
    atleast_1d atleast_2d atleast_3d broadcast_to ceil clip concatenate copysign cos cosh
    count_nonzero deg2rad diag diagflat diff divide dstack exp exp2 expm1 fix
    float_power floor floor_divide fmax fmin full_like greater greater_equal heaviside hypot inner
    isfinite isinf isnan kron less less_equal log log10 log1p log2 logaddexp logaddexp2
    matmul maximum mean minimum moveaxis multiply nan_to_num nanmean nansum negative not_equal
    ones_like outer positive prod rad2deg ravel reciprocal remainder reshape rot90
    sigmoid sign sin sinc sinh sqrt square squeeze stack subtract sum swapaxes tan
    tanh tile trapezoid tril triu trunc vdot where zeros_like fliplr flipud
    logical_and logical_or logical_xor logical_not column_stack hstack vstack dsplit hsplit vsplit
    erf erfc xlogy roll
    """
)


class NoCounterpart(AttributeError):
    """PyTorch has nothing of that name, or nothing that means the same."""


def axes_of(x: Any, axis: Any) -> tuple[int, ...]:
    if axis is None:
        return tuple(range(x.ndim))
    return axis if isinstance(axis, tuple) else (axis,)


def over_axes(function: Callable[..., Any]) -> Callable[..., Any]:
    """A reduction over several axes, or all."""

    def reduced(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        return function(x, axes_of(x, axis), keepdims) if x.ndim else function(x, (), keepdims)

    return reduced


def spread(function: Callable[..., Any]) -> Callable[..., Any]:
    def found(x: Any, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> Any:
        return function(x, axes_of(x, axis), correction=ddof, keepdim=keepdims)

    return found


def prod(x: Any, axis: Any = None) -> Any:
    return torch.prod(x) if axis is None else torch.prod(x, axis)


def median(x: Any, axis: Any = None) -> Any:
    return torch.quantile(x, 0.5, dim=axis)


def ptp(x: Any, axis: Any = None) -> Any:
    axes = axes_of(x, axis)
    return torch.amax(x, axes) - torch.amin(x, axes)


def dot(a: Any, b: Any) -> Any:
    """The last axis of the first with the last but one of the second."""
    if not a.ndim:
        return a * b
    return torch.tensordot(a, b, ([-1], [0 if b.ndim == 1 else b.ndim - 2]))


def flat_or_along(function: Callable[..., Any]) -> Callable[..., Any]:
    """Along an axis; without one, along all entries row by row."""

    def along(x: Any, axis: Any = None) -> Any:
        return function(x.reshape(-1), 0) if axis is None else function(x, axis)

    return along


def sort(x: Any, axis: Any = -1) -> Any:
    return torch.sort(x.reshape(-1)).values if axis is None else torch.sort(x, dim=axis).values


def clip(x: Any, low: Any, high: Any) -> Any:
    return torch.clip(x, low, high)


def squeeze(x: Any, axis: Any = None) -> Any:
    return torch.squeeze(x) if axis is None else torch.squeeze(x, axis)


def expand_dims(x: Any, axes: Any) -> Any:
    rank = x.ndim + len(axes)
    for axis in sorted(axis % rank for axis in axes):
        x = torch.unsqueeze(x, axis)
    return x


def flip(x: Any, axis: Any = None) -> Any:
    return torch.flip(x, axes_of(x, axis))


def take(x: Any, positions: Any, axis: Any = None) -> Any:
    at = torch.as_tensor(positions)
    if axis is None:
        return torch.take(x, at)
    return torch.index_select(x, axis, at)


def split(x: Any, parts: Any, axis: int = 0) -> Any:
    return torch.tensor_split(x, parts, axis)


def stacked(values: Any) -> Any:
    """Nested lists of numbers and tensors of no axis."""
    if isinstance(values, list):
        return torch.stack(list(map(stacked, values)))
    return torch.as_tensor(values, dtype=torch.float64)


def pad(x: Any, widths: Any, mode: str = "constant", constant_values: float = 0.0) -> Any:
    """Around every axis; PyTorch counts them from the last, and wants a batch for some modes."""
    pairs = numpy.broadcast_to(widths, (x.ndim, 2))[::-1].ravel().tolist()
    if mode == "constant":
        return functional.pad(x, pairs, value=constant_values)
    names = {"edge": "replicate", "reflect": "reflect", "wrap": "circular"}
    if mode not in names:
        raise NoCounterpart(f"PyTorch has no pad {mode}")
    return functional.pad(x[None, None], pairs, mode=names[mode])[0, 0]


def set_(x: Any, index: Any, value: Any) -> Any:
    changed = x.clone()
    changed[index] = value
    return changed


def concatenate(arrays: Any, axis: Any = 0) -> Any:
    if axis is None:
        return torch.cat([array.reshape(-1) for array in arrays])
    return torch.cat(arrays, axis)


def conv2d_transposed(y: Any, kernel: Any, stride: Any = 1, padding: Any = 0) -> Any:
    return functional.conv_transpose2d(y, kernel, stride=stride, padding=padding)


def scan(step: Any, carry: Any, xs: Any = None, length: int | None = None) -> Any:
    outputs = []
    for at in range(len(xs) if length is None else length):
        carry, output = step(carry, None if xs is None else xs[at])
        outputs.append(output)
    return carry, None if outputs[0] is None else torch.stack(outputs)


def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    return torch.linalg.norm(x, ord, axis, keepdims)


def vector_norm(x: Any, axis: Any = None, ord: Any = 2) -> Any:
    return torch.linalg.vector_norm(x, ord, axis)


def trace(a: Any, offset: int = 0) -> Any:
    return torch.diagonal(a, offset, -2, -1).sum(-1)


def batch_norm(x: Any, gain: Any, bias: Any, epsilon: float) -> Any:
    return functional.batch_norm(x, None, None, gain, bias, training=True, eps=epsilon)


LINALG = SimpleNamespace(
    cholesky=torch.linalg.cholesky,
    cross=torch.linalg.cross,
    det=torch.linalg.det,
    diagonal=lambda a, offset: torch.linalg.diagonal(a, offset=offset),
    eigh=torch.linalg.eigh,
    eigvalsh=torch.linalg.eigvalsh,
    inv=torch.linalg.inv,
    matmul=torch.linalg.matmul,
    matrix_norm=lambda x, ord: torch.linalg.matrix_norm(x, ord),
    matrix_power=torch.linalg.matrix_power,
    matrix_transpose=lambda x: x.mT,
    multi_dot=torch.linalg.multi_dot,
    norm=norm,
    outer=torch.outer,
    qr=lambda a, mode="reduced": torch.linalg.qr(a) if mode == "reduced" else torch.linalg.qr(a)[1],
    slogdet=torch.linalg.slogdet,
    pinv=torch.linalg.pinv,
    solve=torch.linalg.solve,
    svd=torch.linalg.svd,
    svdvals=torch.linalg.svdvals,
    tensordot=lambda a, b, axes=2: torch.tensordot(a, b, axes),
    trace=trace,
    vecdot=torch.linalg.vecdot,
    vector_norm=vector_norm,
)

OTHER: dict[str, Any] = {
    "linalg": LINALG,
    "array": stacked,
    "block": lambda rows: torch.cat([torch.cat(row, -1) for row in rows], -2),
    "pad": pad,
    "fabs": torch.abs,
    "around": torch.round,
    "round": lambda x, decimals=0: torch.round(x, decimals=decimals),
    "conjugate": torch.conj,
    "real": torch.real,
    "imag": torch.zeros_like,
    "rint": torch.round,
    "degrees": torch.rad2deg,
    "radians": torch.deg2rad,
    "power": torch.pow,
    "cbrt": lambda x: torch.sign(x) * torch.abs(x) ** (1 / 3),
    "divmod": lambda x, y: (torch.floor_divide(x, y), torch.remainder(x, y)),
    "clip": clip,
    "equal": torch.eq,
    "eye": lambda n: torch.eye(n, dtype=torch.float64),
    # reductions
    "max": over_axes(torch.amax),
    "amax": over_axes(torch.amax),
    "min": over_axes(torch.amin),
    "amin": over_axes(torch.amin),
    "prod": prod,
    "std": spread(torch.std),
    "var": spread(torch.var),
    "median": median,
    "ptp": ptp,
    "any": torch.any,
    "all": torch.all,
    "logsumexp": over_axes(torch.logsumexp),
    "cumsum": flat_or_along(torch.cumsum),
    "cumprod": flat_or_along(torch.cumprod),
    "sort": sort,
    "diff": lambda x, n=1, axis=-1: torch.diff(x, n, axis),
    "trapezoid": lambda y, x=None, dx=1.0, axis=-1: (
        torch.trapezoid(y, dx=dx, dim=axis) if x is None else torch.trapezoid(y, x, dim=axis)
    ),
    # products
    "dot": dot,
    "vdot": lambda a, b: torch.vdot(a.reshape(-1), b.reshape(-1)),
    "outer": lambda a, b: torch.outer(a.reshape(-1), b.reshape(-1)),
    "cross": torch.linalg.cross,
    "vecdot": torch.linalg.vecdot,
    "matvec": lambda a, x: torch.matmul(a, x[..., None])[..., 0],
    "vecmat": lambda x, a: torch.matmul(x[..., None, :], a)[..., 0, :],
    "tensordot": lambda a, b, axes=2: torch.tensordot(a, b, axes),
    "einsum": torch.einsum,
    "trace": trace,
    "diagonal": lambda a, offset, axis1, axis2: torch.diagonal(a, offset, axis1, axis2),
    # shapes and positions
    "copy": torch.clone,
    "transpose": lambda x, axes=None: torch.permute(x, axes or tuple(range(x.ndim))[::-1]),
    "matrix_transpose": lambda x: x.mT,
    "squeeze": squeeze,
    "expand_dims": expand_dims,
    "broadcast_arrays": torch.broadcast_tensors,
    "concatenate": concatenate,
    "append": lambda x, y: concatenate([x, y], None),
    "split": split,
    "array_split": split,
    "unstack": lambda x, axis: torch.unbind(x, axis),
    "flip": flip,
    "roll": lambda x, shift, axis=None: torch.roll(x, shift, axis),
    "repeat": lambda x, times, axis=None: torch.repeat_interleave(
        x, times if isinstance(times, int) else torch.as_tensor(times), axis
    ),
    "take": take,
    "take_along_axis": lambda x, at, axis: torch.take_along_dim(x, torch.as_tensor(at), axis),
    "set": set_,
    "embedding": lambda table, at: functional.embedding(torch.as_tensor(at), table),
    "shape": lambda x: x.shape,
    "ndim": lambda x: x.ndim,
    "size": lambda x: x.numel(),
    # activations, losses, layers
    "normal_cdf": torch.special.ndtr,
    "logistic": torch.sigmoid,
    "relu": torch.relu,
    "leaky_relu": lambda x, slope: functional.leaky_relu(x, slope),
    "elu": functional.elu,
    "gelu": functional.gelu,
    "gelu_tanh": lambda x: functional.gelu(x, approximate="tanh"),
    "silu": functional.silu,
    "swish": functional.silu,
    "softplus": lambda x: functional.softplus(x, threshold=40),
    "softmax": lambda x: torch.softmax(x, -1),
    "log_softmax": lambda x: torch.log_softmax(x, -1),
    "squared_error": lambda y, t: functional.mse_loss(y, t, reduction="sum"),
    "mse": functional.mse_loss,
    "absolute_error": lambda y, t: functional.l1_loss(y, t, reduction="sum"),
    "mae": functional.l1_loss,
    "huber": lambda y, t, delta=1.0: functional.huber_loss(y, t, "sum", delta),
    "mean_huber": lambda y, t, delta=1.0: functional.huber_loss(y, t, "mean", delta),
    "cross_entropy_with_logits": lambda o, t: functional.cross_entropy(o, t, reduction="sum"),
    "mean_cross_entropy_with_logits": functional.cross_entropy,
    "binary_cross_entropy_with_logits": lambda o, t: functional.binary_cross_entropy_with_logits(
        o, t, reduction="sum"
    ),
    "kl_divergence": lambda p, t: functional.kl_div(torch.log(p), t, reduction="sum"),
    "mean_kl_divergence": lambda p, t: functional.kl_div(torch.log(p), t, reduction="batchmean"),
    "conv2d": lambda x, k, **settings: functional.conv2d(x, k, **settings),
    "conv2d_transposed": conv2d_transposed,
    "max_pool2d": lambda x, size, stride=None, padding=0: functional.max_pool2d(
        x, size, stride, padding
    ),
    "avg_pool2d": lambda x, size, stride=None, padding=0, **settings: functional.avg_pool2d(
        x, size, stride, padding, **settings
    ),
    "batch_norm": batch_norm,
    "layer_norm": lambda x, gain, bias: functional.layer_norm(x, gain.shape, gain, bias),
    "scan": scan,
}


class Namespace:
    """What PyTorch has of the names."""

    def __init__(self) -> None:
        same = {name: getattr(torch, name) for name in SAME if hasattr(torch, name)}
        vars(self).update(formulas(self) | same | OTHER)

    def __getattr__(self, name: str) -> Any:
        raise NoCounterpart(f"PyTorch has no {name} that means the same")


namespace = Namespace()
