"""Programs with what the examples lack, by what that is."""

from __future__ import annotations

__all__ = ["PROGRAMS"]

PROGRAMS = {
    "a direct path beside others": """
a = 2
y = a^2
z = y * a
l = z^2
dz/da
∂l/∂a
dl/dy
""",
    "a loss that reads a layer twice": """
X = [[1, 2], [0, 1]]
W = [[1, 1], [2, -3]]
h = X @ W
r = relu(h)
l = sum(r^2) + 3 * sum(h)
∂l/∂h
∂l/∂W
""",
    "a rational network": """
X = [[1, 2], [0, -1], [1, 1]]
Y = [1, 0, 2]
W = [[1, 2], [3, -4]]
v = [1, -1/2]
h = relu(X @ W)
p = h @ v
l = mse(p, Y)
η = 0.1
∂l/∂W
∂l/∂v
W := W - η * ∂l/∂W
new(l)
""",
    "names that look like powers of ten": """
e1 = 3
y = e1^2
z = 2 * y
E = 5
w = (2 * E - 1)^2
dz/de1
dw/dE
""",
    "names that look like entries": """
x1 = 2
x = [1, 3]
y = x1 * x[1] + x[0]
x11 = y^2
dx11/dx
dx11/dx1
""",
    "single letters": """
A = [1, 2]
B = [3, 4]
C = A * B
D0 = C[0] * B[1]
D = C * B
l = D0 * D[0]
∂l/∂A
∂D/∂A
""",
    "counted from one": """
index_base 1
x = [1, 2, 3]
W = [[1, 2, 3], [4, 5, 6]]
y = W @ x
l = y[1]^2 / y[2]
∂l/∂x
∂l/∂W
""",
    "forks": """
x = 0.5
a = tanh(x)
b = a^2
c = exp(a)
u = b * c
v = 2 * u + x
dv/dx
""",
    "paths that cross": """
x = 0.5
a = exp(x)
b = tanh(x)
c = (a + b) / 2
d = a * b
y = c * d
dy/dx
""",
    "a fork amid a chain": """
x = [1, 2]
u = exp(x)
a = 2 * u
y = a * u
l = sum(y)
∂l/∂x
∂y/∂x
""",
    "a norm": """
x = [3, 4]
n = norm(x)
y = x / n
l = y[0]^3
∂l/∂x
∂y/∂x
""",
    "a softmax of rows": """
O = [[1, 2, 3], [0, 1, 0]]
T = [[0, 0, 1], [1, 0, 0]]
S = softmax(O)
l = mean_cross_entropy(S, T)
∂l/∂O
∂S/∂O
""",
    "thirds": """
x = [1, 2, 3]
m = mean(x)
d = x - m
v = sum(d^2) / 3
∂v/∂x
∂m/∂x
∂d/∂x
""",
    "thirds that cancel": """
x = 3
y = x / 3 + x * 2/3
z = y^2 / 2
∂z/∂x
""",
    "small numbers": """
x = 0.00012345
y = x^3
z = 1e8 * y
∂z/∂x
""",
    "negative numbers": """
x = [-1, -2]
y = -x^2
z = 3 - (x - y)
l = sum(z * y)
∂l/∂x
∂z/∂x
""",
    "the larger of two": """
a = [1, 3]
b = [2, 2]
m = maximum(a, b)
l = sum(m^2)
∂l/∂a
∂l/∂b
""",
    "a quadratic form": """
A = [[2, 1], [1, 3]]
x = [1, 2]
q = x @ A @ x
t = q / 7
∂t/∂x
∂t/∂A
""",
    "other questions": """
x = [1, 2]
y = x^2
l = sum(y)
2 * ∂l/∂x + 1
∂l/∂x @ x
""",
    "a summary": """
X = ones(9, 6)
W = [[1, 2, 3, 4, 5, 6, 7]] * ones(6, 1)
h = sigmoid(X @ W / 10)
l = sum(h^2)
∂l/∂W
""",
}
