"""Hand-worked solutions: what is claimed, whether it follows, and what went wrong.

`marker` marks a solution, in one or two passes (`passing`).  A line is looked up (`reading/`), held
against the true values and against what follows from the lines before it (`memory`, `carried`,
`references`; `sheet` holds what all solutions of a problem share, `routes` the products of claimed
Jacobians), as far as their rounding carries (`rounding/`), and gets its verdict (`judge`,
`judged`; `identities` for formulas, `misread` for digits).  `naming` asks the catalogue of
`mistakes/`.  The outcome is plain data (`report`), put into words by `reports/`; `classes/` marks
many.
"""
