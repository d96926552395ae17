import autograd.numpy as np
from autograd import grad

W, U = np.array([[1.0, -2.0], [2.0, 5.0]]), np.array([[3.0, -3.0], [-1.0, 1.0]])
x, t = np.array([[2.0, 1.0]]), np.array([[0.0, 1.0]])


def loss(weights: list) -> object:
    Z = np.maximum(x @ weights[0], 0) @ weights[1]
    top = np.max(Z)
    return -np.sum(t * (Z - top - np.log(np.sum(np.exp(Z - top)))))


for found in grad(loss)([W, U]):
    print(*found.ravel())
