"""What neither peer offers under one name, from the textbook, in any namespace."""

from __future__ import annotations

import math
from typing import Any

__all__ = ["formulas"]


def formulas(np: Any) -> dict[str, Any]:
    """The formulas over a namespace that has NumPy's names."""

    def squared_error(y: Any, t: Any) -> Any:
        return np.sum((y - t) ** 2)

    def absolute_error(y: Any, t: Any) -> Any:
        return np.sum(np.abs(y - t))

    def huber(y: Any, t: Any, delta: float = 1.0) -> Any:
        far = np.abs(y - t)
        return np.sum(np.where(far <= delta, far**2 / 2, delta * (far - delta / 2)))

    def hinge(y: Any, t: Any) -> Any:
        return np.sum(np.where(t * y < 1, 1 - t * y, 0 * y))

    def cross_entropy(p: Any, t: Any) -> Any:
        return -np.sum(t * np.log(p))

    def cross_entropy_with_logits(o: Any, t: Any) -> Any:
        return -np.sum(t * np.log_softmax(o))

    def binary_cross_entropy(p: Any, t: Any) -> Any:
        return -np.sum(t * np.log(p) + (1 - t) * np.log(1 - p))

    def binary_cross_entropy_with_logits(o: Any, t: Any) -> Any:
        return np.sum(t * np.softplus(-o) + (1 - t) * np.softplus(o))

    def kl_divergence(p: Any, t: Any) -> Any:
        return np.sum(t * (np.log(t) - np.log(p)))

    def per_entry(loss: Any) -> Any:
        return lambda y, t, **settings: loss(y, t, **settings) / math.prod(y.shape)

    def per_example(loss: Any) -> Any:
        return lambda y, t: loss(y, t) / math.prod(y.shape[:-1])

    def standardize(x: Any, axis: Any = None, epsilon: float = 1e-5) -> Any:
        mean = np.mean(x, axis=axis, keepdims=True)
        variance = np.mean((x - mean) ** 2, axis=axis, keepdims=True)
        return (x - mean) / np.sqrt(variance + epsilon)

    def layer_norm(x: Any, gain: Any, bias: Any, epsilon: float = 1e-5) -> Any:
        return standardize(x, -1, epsilon) * gain + bias

    def of_channels(x: Any, one: Any) -> Any:
        return np.reshape(one, (-1, *[1] * (x.ndim - 2)))

    def batch_norm(x: Any, gain: Any, bias: Any, epsilon: float = 1e-5) -> Any:
        others = (0, *range(2, x.ndim))
        return standardize(x, others, epsilon) * of_channels(x, gain) + of_channels(x, bias)

    def batch_norm_inference(x: Any, gain: Any, bias: Any, mean: Any, variance: Any) -> Any:
        scale = gain / np.sqrt(variance + 1e-5)
        return (x - of_channels(x, mean)) * of_channels(x, scale) + of_channels(x, bias)

    def recurrence(a: Any, b: Any) -> Any:
        rows = [b[0]]
        for at in range(1, len(b)):
            rows.append(a[at] * rows[-1] + b[at])
        return np.stack(rows)

    return {
        "squared_error": squared_error,
        "half_squared_error": lambda y, t: squared_error(y, t) / 2,
        "mse": per_entry(squared_error),
        "absolute_error": absolute_error,
        "mae": per_entry(absolute_error),
        "huber": huber,
        "mean_huber": per_entry(huber),
        "hinge": hinge,
        "mean_hinge": per_entry(hinge),
        "cross_entropy": cross_entropy,
        "mean_cross_entropy": per_example(cross_entropy),
        "cross_entropy_with_logits": cross_entropy_with_logits,
        "mean_cross_entropy_with_logits": per_example(cross_entropy_with_logits),
        "binary_cross_entropy": binary_cross_entropy,
        "mean_binary_cross_entropy": per_entry(binary_cross_entropy),
        "binary_cross_entropy_with_logits": binary_cross_entropy_with_logits,
        "mean_binary_cross_entropy_with_logits": per_entry(binary_cross_entropy_with_logits),
        "kl_divergence": kl_divergence,
        "mean_kl_divergence": per_example(kl_divergence),
        "standardize": standardize,
        "layer_norm": layer_norm,
        "batch_norm": batch_norm,
        "batch_norm_inference": batch_norm_inference,
        "recurrence": recurrence,
    }
