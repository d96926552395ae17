"""A two-layer network as one writes it in NumPy, to be explained line by line:

    chainrule explain examples/network.py:loss --args examples/network.npz --wrt W1

The numbers in network.npz are those that `python examples/network.py` writes.
"""

import numpy as np


def loss(X, W1, b1, W2, b2, T):
    """The mean cross-entropy of a softmax network on a batch; T has one label a row."""
    H = np.tanh(X @ W1 + b1)
    O = H @ W2 + b2  # noqa: E741
    S = np.exp(O) / np.sum(np.exp(O), axis=1, keepdims=True)
    return -np.sum(T * np.log(S)) / len(X)


if __name__ == "__main__":
    np.savez(
        "network.npz",
        X=[[1.0, 2.0], [0.5, -1.0], [-1.5, 0.25]],
        W1=[[0.1, -0.2], [0.4, 0.3]],
        b1=[0.0, 0.1],
        W2=[[0.2, -0.5], [-0.3, 0.6]],
        b2=[0.05, 0.0],
        T=[[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]],
    )
