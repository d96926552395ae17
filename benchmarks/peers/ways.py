"""Every way of doing a workload that is timed: one row of a table each."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["ALL", "DERIVATIVES", "PEERS", "WAYS", "Way", "way_of"]


class Way(NamedTuple):
    """A row: whose it is, what must be installed, and the function that starts it."""

    name: str
    peer: str
    package: str
    module: str
    start: str
    workloads: tuple[str, ...]


NETS = ("W1", "W2", "W3", "W4a", "W4b", "W4c")
OWN = ("residual", "conv")
ALL = (*NETS, *OWN)
DERIVATIVES = ("W5a", "W5b", "W5c", "W5d")

# Ours first; `plain` is the loss by hand in NumPy's functions.
_OURS = (
    ("chainrule", "loop", ALL),
    ("chainrule, loss in plain NumPy", "plain_loop", ALL),
    ("chainrule, compiled step", "per_step", ALL),
    ("chainrule, interpreter", "interpreted", ALL),
    ("chainrule, compiled", "compiled", DERIVATIVES),
    ("chainrule, interpreter", "derivative", DERIVATIVES),
)
_NUMPY = (("NumPy by hand", "by_hand", NETS), ("NumPy by hand", "derivative", DERIVATIVES))
_JAX = (
    ("JAX fori_loop", "whole_loop", ALL),
    ("JAX scan", "scanned", ALL),
    ("JAX scan, loss in plain NumPy", "plain_scanned", ALL),
    ("JAX jit per step", "per_step", ALL),
    ("JAX jit jacrev", "jacrev", ("W5a", "W5d")),
    ("JAX jit jacfwd", "jacfwd", ("W5a", "W5d")),
    ("JAX jit vmap(grad)", "mapped_grad", ("W5b", "W5d")),
    ("JAX jit hessian", "hessian", ("W5c",)),
)
_TORCH = (
    ("PyTorch eager", "eager", ALL),
    ("PyTorch torch.compile", "compiled_step", ALL),
    ("PyTorch jacrev", "jacrev", ("W5a", "W5d")),
    ("PyTorch jacfwd", "jacfwd", ("W5a",)),
    ("PyTorch vmap(grad)", "mapped_grad", ("W5b", "W5d")),
    ("PyTorch hessian", "hessian", ("W5c",)),
    ("PyTorch torch.compile(hessian)", "compiled_hessian", ("W5c",)),
)
_AUTOGRAD = (
    ("autograd", "per_step", (*NETS, "residual")),
    ("autograd jacobian", "jacobian", ("W5a", "W5d")),
    ("autograd, a loop of grad", "looped_grad", ("W5b",)),
    ("autograd hessian", "hessian", ("W5c",)),
    ("autograd elementwise_grad", "elementwise_grad", ("W5d",)),
)
_SKLEARN = (("scikit-learn MLPClassifier.fit", "fitted", ("W3", "W4a", "W4b")),)
_NUMBA = (("Numba njit, whole loop", "whole_loop", ("W1", "W2", "W3", "W4a", "W4c")),)
_C = (
    ("C", "hand_written", ("W1", "W2", "W3")),
    ("C, losses kept", "with_losses", ("W1", "W2")),
)
_PEERS = (
    ("chainrule", "numpy", _OURS),
    ("numpy", "numpy", _NUMPY),
    ("jax", "jax", _JAX),
    ("torch", "torch", _TORCH),
    ("autograd", "autograd", _AUTOGRAD),
    ("sklearn", "sklearn", _SKLEARN),
    ("numba", "numba", _NUMBA),
    ("c", "numpy", _C),
)
WAYS = tuple(
    Way(name, peer, package, f"by_{peer}", start, workloads)
    for peer, package, rows in _PEERS
    for name, start, workloads in rows
)
PEERS = tuple(peer for peer, _, _ in _PEERS)


def way_of(workload: str, name: str) -> Way:
    """The row of this name among those of a workload."""
    return next(way for way in WAYS if way.name == name and workload in way.workloads)
