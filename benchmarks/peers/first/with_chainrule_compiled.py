import numpy as np

import chainrule as cr

W, U = np.array([[1.0, -2.0], [2.0, 5.0]]), np.array([[3.0, -3.0], [-1.0, 1.0]])
x, t = np.array([[2.0, 1.0]]), np.array([[0.0, 1.0]])


def loss(W: np.ndarray, U: np.ndarray, x: np.ndarray, t: np.ndarray) -> object:
    return cr.numpy.cross_entropy_with_logits(np.maximum(x @ W, 0) @ U, t)


for found in cr.compile(cr.grad(loss, (0, 1)))(W, U, x, t):
    print(*found.ravel())
