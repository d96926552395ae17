"""`chainrule.numpy`'s names in JAX."""

from __future__ import annotations

from typing import Any

import numpy
import pytest
from tests.peers.formulas import formulas

__all__ = ["jax", "namespace"]

jax = pytest.importorskip("jax")
jax.config.update("jax_enable_x64", True)
jnp, lax = jax.numpy, jax.lax


def pair(value: Any) -> tuple[int, int]:
    """A setting of both directions, or of each."""
    return (value, value) if isinstance(value, int) else tuple(value)


def conv2d(x: Any, kernel: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1) -> Any:
    borders = [(border, border) for border in pair(padding)]
    return lax.conv_general_dilated(x, kernel, pair(stride), borders, rhs_dilation=pair(dilation))


def conv2d_transposed(y: Any, kernel: Any, stride: Any = 1, padding: Any = 0) -> Any:
    """The adjoint of a convolution in x, whose result is as small as can be."""
    lengths = zip(y.shape[2:], kernel.shape[2:], pair(stride), pair(padding), strict=True)
    image = [(n - 1) * step - 2 * border + size for n, size, step, border in lengths]
    x = jnp.zeros((y.shape[0], kernel.shape[1], *image))
    _, pullback = jax.vjp(lambda x: conv2d(x, kernel, stride, padding), x)
    return pullback(y)[0]


def conv2d_correlation(x: Any, y: Any, size: Any, stride: Any = 1) -> Any:
    """The adjoint of a convolution in the kernel."""
    kernel = jnp.zeros((y.shape[1], x.shape[1], *pair(size)))
    _, pullback = jax.vjp(lambda kernel: conv2d(x, kernel, stride), kernel)
    return pullback(y)[0]


def pooled(x: Any, start: float, add: Any, size: Any, stride: Any, padding: Any) -> Any:
    steps = pair(size if stride is None else stride)
    borders = [(0, 0), (0, 0), *[(border, border) for border in pair(padding)]]
    return lax.reduce_window(x, start, add, (1, 1, *pair(size)), (1, 1, *steps), borders)


def max_pool2d(x: Any, size: Any, stride: Any = None, padding: Any = 0) -> Any:
    return pooled(x, -jnp.inf, lax.max, size, stride, padding)


def avg_pool2d(
    x: Any, size: Any, stride: Any = None, padding: Any = 0, count_include_pad: bool = True
) -> Any:
    total = pooled(x, 0.0, lax.add, size, stride, padding)
    if count_include_pad:
        return total / (pair(size)[0] * pair(size)[1])
    return total / pooled(jnp.ones_like(x), 0.0, lax.add, size, stride, padding)


OWN: dict[str, Any] = {
    "fix": jnp.trunc,
    "choose": lambda which, choices: jnp.choose(which, choices, mode="clip"),
    "compress": lambda holds, x, axis: jnp.take(x, numpy.flatnonzero(holds), axis),
    "extract": lambda holds, x: jnp.ravel(x)[numpy.flatnonzero(holds)],
    "set": lambda x, index, value: x.at[index].set(value),
    "scan": lax.scan,
    "erf": jax.scipy.special.erf,
    "erfc": jax.scipy.special.erfc,
    "normal_cdf": jax.scipy.special.ndtr,
    "xlogy": jax.scipy.special.xlogy,
    "sigmoid": jax.nn.sigmoid,
    "logistic": jax.nn.sigmoid,
    "relu": jax.nn.relu,
    "leaky_relu": lambda x, slope: jax.nn.leaky_relu(x, slope),
    "elu": jax.nn.elu,
    "gelu": lambda x: jax.nn.gelu(x, approximate=False),
    "gelu_tanh": lambda x: jax.nn.gelu(x, approximate=True),
    "silu": jax.nn.silu,
    "swish": jax.nn.silu,
    "softplus": jax.nn.softplus,
    "softmax": jax.nn.softmax,
    "log_softmax": jax.nn.log_softmax,
    "logsumexp": jax.nn.logsumexp,
    "conv2d": conv2d,
    "conv2d_transposed": conv2d_transposed,
    "conv2d_correlation": conv2d_correlation,
    "max_pool2d": max_pool2d,
    "avg_pool2d": avg_pool2d,
    "embedding": lambda table, positions: table[positions],
}


class Namespace:
    """`jax.numpy`, and what it lacks."""

    def __init__(self) -> None:
        vars(self).update(formulas(self), **OWN)

    def __getattr__(self, name: str) -> Any:
        return getattr(jnp, name)


namespace = Namespace()
