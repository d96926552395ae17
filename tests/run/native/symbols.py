"""Tensors to test on: inputs, and what tensors are computed by as text."""

from __future__ import annotations

from chainrule.graph.node import Array
from chainrule.run.native.builder import Builder
from chainrule.run.native.tensors import Each, Given, Number, Reduce, Tensor, View

__all__ = ["bits", "given_arrays", "text"]


def given_arrays(make: Builder, *arrays: Array) -> list[Tensor]:
    return [make.tensor(Given(at), (), one.shape, one.dtype) for at, one in enumerate(arrays)]


def text(tensor: Tensor) -> str:
    """What a tensor is computed by, views left out."""
    kind = tensor.kind
    if isinstance(kind, View):
        return text(tensor.inputs[0])
    if isinstance(kind, Number):
        return repr(kind.value)
    if isinstance(kind, Given):
        return "xyc"[kind.number]
    name = kind.function if isinstance(kind, Each | Reduce) else type(kind).__name__.lower()
    return f"{name}({', '.join(map(text, tensor.inputs))})"


def bits(value: Array) -> list[str]:
    """Numbers as text that tells -0.0 from 0.0, and does not tell one NaN from another."""
    return [repr(one) for one in value.tolist()]
