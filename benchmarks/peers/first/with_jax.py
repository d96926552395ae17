import jax
import jax.numpy as jnp

jax.config.update("jax_enable_x64", True)
W, U = jnp.array([[1.0, -2.0], [2.0, 5.0]]), jnp.array([[3.0, -3.0], [-1.0, 1.0]])
x, t = jnp.array([[2.0, 1.0]]), jnp.array([[0.0, 1.0]])


def loss(weights: list) -> object:
    return -jnp.sum(t * jax.nn.log_softmax(jnp.maximum(x @ weights[0], 0) @ weights[1]))


for found in jax.jit(jax.grad(loss))([W, U]):
    print(*found.ravel().tolist())
