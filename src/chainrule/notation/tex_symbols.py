r"""The commands of LaTeX that chainrule writes, and what they stand for."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = [
    "ACCENTS",
    "BRACKETS",
    "ENDS",
    "ESCAPES",
    "FUNCTIONS",
    "LARGE",
    "LETTERS",
    "MEANINGLESS",
    "ORDINARY",
    "OTHER_ACCENTS",
    "PAIRS",
    "SIGNS",
    "SPACES",
    "TABLES",
    "WORDS",
]

LETTER_NAMES = """
    alpha:α beta:β gamma:γ delta:δ epsilon:ε varepsilon:ε zeta:ζ eta:η theta:θ iota:ι kappa:κ
    lambda:λ mu:μ nu:ν xi:ξ pi:π rho:ρ sigma:σ tau:τ upsilon:υ varphi:φ phi:ϕ chi:χ psi:ψ omega:ω
    Gamma:Γ Delta:Δ Theta:Θ Lambda:Λ Xi:Ξ Pi:Π Sigma:Σ Upsilon:Υ Phi:Φ Psi:Ψ Omega:Ω
    partial:∂ nabla:∇ infty:∞ ell:ℓ top:⊤ emptyset:∅
"""
SIGN_NAMES = """
    cdot=⋅ times=× odot=⊙ otimes=⊗ oplus=⊕ star=⋆ ast=∗ circ=∘ pm=± bmod=mod div=÷ setminus=∖
    le=≤ leq=≤ ge=≥ geq=≥ ne=≠ neq=≠ approx=≈ equiv=≡ sim=∼ propto=∝ in=∈ notin=∉ subset=⊂
    to=→ rightarrow=→ leftarrow=← gets=← mapsto=↦ Rightarrow=⇒ Leftrightarrow=⇔ implies=⇒
    land=∧ lor=∨ lnot=¬ forall=∀ exists=∃ mid=∣ coloneqq=≔
    ldots=… cdots=⋯ dots=… vdots=⋮ ddots=⋱ colon=:
    lVert=‖ rVert=‖ lvert=| rvert=| lfloor=⌊ rfloor=⌋ lceil=⌈ rceil=⌉ langle=⟨ rangle=⟩
    lbrace={ rbrace=} {={ }=} |=‖
"""
FUNCTION_NAMES = """
    log ln exp sin cos tan sinh cosh tanh arcsin arccos arctan sec csc cot coth det max min arg dim
    ker lim sup inf gcd Pr
"""
LETTERS: Mapping[str, str] = dict(pair.split(":") for pair in LETTER_NAMES.split())
SIGNS: Mapping[str, str] = dict(pair.split("=") for pair in SIGN_NAMES.split())
FUNCTIONS = frozenset(FUNCTION_NAMES.split())
ORDINARY = frozenset("_#%&$")  # characters that LaTeX has a backslash before
LARGE = {"sum": "∑", "prod": "∏", "int": "∫"}
WORDS = {
    "operatorname": "function",
    "mathrm": "upright",
    "mathbf": "bold",
    "boldsymbol": "bold",
    "mathbb": "double",
    "mathtt": "typewriter",
    "texttt": "typewriter",
    "text": "text",
    "textrm": "text",
}
SPACES = {
    ",": "0.167", ":": "0.222", ">": "0.222", ";": "0.278", "!": "-0.167", " ": "0.25",
    "quad": "1", "qquad": "2",
}  # fmt: skip
ACCENTS = {"hat", "bar", "tilde", "dot", "vec"}
OTHER_ACCENTS = {"widehat": "hat", "overline": "bar", "widetilde": "tilde"}
ESCAPES = {
    "textbackslash": "\\", "textasciitilde": "~", "textasciicircum": "^", "backslash": "\\",
    "_": "_", "#": "#", "%": "%", "&": "&", "$": "$", "{": "{", "}": "}", " ": " ",
}  # fmt: skip
TABLES = frozenset(("bmatrix", "pmatrix", "vmatrix", "matrix", "cases", "aligned"))
PAIRS = {f"l{name}": f"r{name}" for name in ("Vert", "vert", "floor", "ceil", "angle")}
BRACKETS = frozenset("()[]|‖⌊⌋⌈⌉⟨⟩{}/")
ENDS = frozenset(("right", "end", "\\", *PAIRS.values()))
MEANINGLESS = frozenset('#$%~"`\\')  # plain characters that mean something else to LaTeX
