"""JAX: jit of one step, and whole loops in one call (fori_loop without losses, scan with them)."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.peers.derivatives import Derivative
from benchmarks.peers.models import network, plain_loss
from benchmarks.peers.session import Session
from benchmarks.peers.updates import slots, updated
from benchmarks.peers.workloads import CE, Data, Training, data_of, one_hot

__all__ = [
    "hessian",
    "jacfwd",
    "jacrev",
    "mapped_grad",
    "per_step",
    "plain_scanned",
    "prepare",
    "scanned",
    "whole_loop",
]


def whole_loop(training: Training) -> Session:
    """`fori_loop`: as many steps as asked for in one call; no losses are kept."""
    step, data, start = _built(training, _loss(training))
    whole = _constants(data)

    @jax.jit
    def go(carry: Any, steps: Any, data: Data) -> Any:
        def body(at: Any, carry: Any) -> Any:
            return step(carry, *(whole or data.batch(at)))[0]

        return jax.lax.fori_loop(0, steps, body, carry)

    return _session(go, data, start)


def scanned(training: Training) -> Session:
    """`scan` over an epoch's batches; the losses of all steps are returned."""
    return _scanned(training, _loss(training))


def plain_scanned(training: Training) -> Session:
    """The same with the loss by hand, in NumPy's functions, and classes as rows with a one."""
    loss = partial(plain_loss(training, _conv2d), jnp)
    return _scanned(training, loss, rows_with_a_one=True)


def _scanned(
    training: Training, loss: Callable[..., Any], rows_with_a_one: bool = False
) -> Session:
    step, data, start = _built(training, loss, rows_with_a_one)
    whole = _constants(data)

    @partial(jax.jit, static_argnums=1)
    def go(carry: Any, steps: int, data: Data) -> Any:
        X, Y, order, _ = data

        def body(carry: Any, rows: Any) -> Any:
            return step(carry, *(whole or (X[rows], Y[rows])))

        return jax.lax.scan(body, carry, None if order is None else order[:steps], steps)

    return _session(lambda *given: go(*given)[0], data, start)


def per_step(training: Training) -> Session:
    """One jitted step a call, as a training loop in Python is written."""
    step, data, start = _built(training, _loss(training))
    order = data_of(training).order

    @partial(jax.jit, donate_argnums=0)
    def once(carry: Any, X: Any, Y: Any, rows: Any) -> Any:
        return step(carry, X, Y) if rows is None else step(carry, X[rows], Y[rows])

    def go(carry: Any, steps: int, data: Data) -> Any:
        for at in range(steps):
            rows = None if order is None else order[at % len(order)]
            carry, _ = once(carry, data.X, data.Y, rows)
        return carry

    return _session(go, data, start)


def prepare(training: Training) -> None:
    """Copies the data to where JAX computes."""
    for rows_with_a_one in (False, True):
        jax.block_until_ready(_arrays(training, rows_with_a_one))


@cache
def _arrays(training: Training, rows_with_a_one: bool) -> Data:
    data = data_of(training)._replace(weights=[])
    if rows_with_a_one and training.loss == CE:
        data = data._replace(Y=one_hot(training, data.Y))
    if data.order is None:
        return data
    return Data(*jax.tree.map(jnp.asarray, data))


def _built(
    training: Training, loss: Callable[..., Any], rows_with_a_one: bool = False
) -> tuple[Callable[..., Any], Data, Callable[[], Any]]:
    """A step on (weights, state, count), the data, and what a run starts from."""
    first = data_of(training).weights

    def step(carry: Any, X: Any, Y: Any) -> Any:
        weights, state, count = carry
        lost, gradients = jax.value_and_grad(loss)(weights, X, Y)
        weights, state = updated(training, weights, gradients, state, count)
        return (weights, state, count + 1), lost

    def start() -> Any:
        state = [[np.zeros_like(W) for W in first] for _ in range(slots(training))]
        return jax.tree.map(jnp.array, (first, state, np.float32(1)))

    return step, _arrays(training, rows_with_a_one), start


def _constants(data: Data) -> Any:
    """The two or three rows of W1 and W2, for XLA to fold: three times as fast for W2."""
    return (data.X, data.Y) if data.order is None else None


def _session(go: Callable[..., Any], data: Data, start: Callable[[], Any]) -> Session:
    """An epoch a call; the epoch's batches are in the order of the data."""
    carry = start()

    def run(steps: int) -> None:
        nonlocal carry
        carry = jax.block_until_ready(go(carry, steps, data))

    def restart() -> None:
        nonlocal carry
        carry = jax.block_until_ready(start())

    return Session(run, lambda: [np.asarray(array) for array in carry[0]], restart)


def _loss(training: Training) -> Callable[..., Any]:
    """The loss in JAX's own words."""
    outputs = network(training, _conv2d, jax.nn.sigmoid)

    def loss(weights: Any, X: Any, Y: Any) -> Any:
        Z = outputs(jnp, weights, X)
        if training.loss != CE:
            return jnp.mean((Z - Y) ** 2)
        return -jnp.mean(jnp.sum(jax.nn.log_softmax(Z) * jax.nn.one_hot(Y, Z.shape[1]), axis=1))

    return loss


def _conv2d(X: Any, kernel: Any) -> Any:
    return jax.lax.conv_general_dilated(X, kernel, (1, 1), "VALID")


# --- derivatives ---------------------------------------------------------------------------------


def jacrev(case: Derivative) -> Session:
    """Reverse mode, row by row of the Jacobian."""
    return _jitted(case, jax.jacrev(partial(case.function, jnp)))


def jacfwd(case: Derivative) -> Session:
    """Forward mode, column by column."""
    return _jitted(case, jax.jacfwd(partial(case.function, jnp)))


def hessian(case: Derivative) -> Session:
    """Forward over reverse."""
    return _jitted(case, jax.hessian(partial(case.function, jnp)))


def mapped_grad(case: Derivative) -> Session:
    """`vmap(grad)`: for each example its gradient, or for each entry its slope."""
    over = (None, 0, 0) if case.name == "W5b" else 0
    return _jitted(case, jax.vmap(jax.grad(partial(case.function, jnp)), over))


def _jitted(case: Derivative, act: Callable[..., Any]) -> Session:
    jax.config.update("jax_enable_x64", case.name in ("W5c", "W5d"))
    found = jax.jit(act)
    inputs = jax.tree.map(jnp.array, case.inputs)
    return case.session(lambda: jax.block_until_ready(found(*inputs)))
