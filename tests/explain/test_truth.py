from tests.explain.claims import Retold
SAID = {"(F∘G)": "FG", "(x, y)": "xy"}
JOINED = {"xy": ("x", "y")}
F = "F = [x^2 + 2 * y, 3 * x + 4 * y^2]"
G = "x = 2\ny = 4\nG = [x, x^2]"
OTHERWISE = {k: Retold(v, SAID, JOINED) for k,v in {
    "003-2a": "x = 1\ny = 2\nxy = [x, y]\nf = (2 * x + 3 * y)^2",
    "003-2b": f"x = 1\ny = 2\nxy = [x, y]\n{F}",
    "003-2c": f"{G}\nxy = [x, y]\n{F}\nFG = [G[0]^2 + 2 * G[1], 3 * G[0] + 4 * G[1]^2]",
}.items()}
