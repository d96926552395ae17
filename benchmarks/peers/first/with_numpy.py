import numpy as np

W, U = np.array([[1.0, -2.0], [2.0, 5.0]]), np.array([[3.0, -3.0], [-1.0, 1.0]])
x, t = np.array([[2.0, 1.0]]), np.array([[0.0, 1.0]])
h = np.maximum(x @ W, 0)
e = np.exp(h @ U - (h @ U).max())
d = e / e.sum() - t
print(*(x.T @ (d @ U.T * (h > 0))).ravel(), *(h.T @ d).ravel())
