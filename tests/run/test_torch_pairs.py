"""Functions of torch, checked without this library importing torch."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from chainrule.run.diagnosis import diagnose_found
from chainrule.run.differences import numerical_gradient
from chainrule.run.pairs import check_pair, pair_of

torch = pytest.importorskip("torch")


def functions() -> tuple[Any, Any, Any]:
    """A layer, one with two mistakes, and one that ignores the incoming gradient."""

    class Layer(torch.autograd.Function):  # type: ignore[misc, name-defined, unused-ignore]
        @staticmethod
        def forward(ctx: Any, x: Any, w: Any) -> Any:
            ctx.save_for_backward(x, w)
            return torch.tanh(x @ w)

        @staticmethod
        def backward(ctx: Any, u: Any) -> Any:
            x, w = ctx.saved_tensors
            delta = u * (1 - torch.tanh(x @ w) ** 2)
            return delta @ w.T, x.T @ delta

    class Wrong(Layer):
        @staticmethod
        def backward(ctx: Any, u: Any) -> Any:
            x, w = ctx.saved_tensors
            delta = u * (1 - torch.tanh(x @ w) ** 2)
            return -delta @ w.T, 2 * x.T @ delta

    class Deaf(Layer):
        @staticmethod
        def backward(ctx: Any, u: Any) -> Any:
            x, w = ctx.saved_tensors
            delta = 1 - torch.tanh(x @ w) ** 2
            return delta @ w.T, x.T @ delta

    return Layer, Wrong, Deaf


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_functions_of_torch(dtype: str) -> None:
    torch.manual_seed(0)
    kind = getattr(torch, dtype)
    x, w = torch.randn(4, 3, dtype=kind), torch.randn(3, 2, dtype=kind)
    right, wrong, deaf = (check_pair(*pair_of(one), x, w) for one in functions())
    assert right.agrees
    kinds = [found.explanations[0].kind for found in wrong.inputs if found]
    assert kinds == ["sign_flipped", "constant_factor"]
    assert deaf.remarks[0].kind == "cotangent_ignored"


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_module_with_weights_in_single_precision(dtype: str) -> None:
    torch.manual_seed(0)
    layer = torch.nn.Linear(3, 2).to(getattr(torch, dtype))
    x = torch.randn(5, 3, dtype=getattr(torch, dtype), requires_grad=True)
    layer(x).pow(2).sum().backward()
    found = numerical_gradient(lambda x: layer(x).pow(2).sum(), x)
    assert diagnose_found(x.grad, found, x=x).agrees
    wrong = diagnose_found(-x.grad, found, x=x)
    assert wrong.explanations[0].kind == "sign_flipped"


def test_writing_into_a_tensor_is_noted() -> None:
    found = numerical_gradient(lambda x: x.mul_(2).sum(), torch.ones(3))
    assert "writes into its input" in found.notes[0]
    np.testing.assert_allclose(found.value, 2, rtol=1e-6)


def test_torch_is_not_imported() -> None:
    code = "import sys, chainrule.run.pairs; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
