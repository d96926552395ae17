"""Derivatives that textbooks print: the program, what it is differentiated by, and the form.

Sources, by the name they have in the rows:

- Matrix Cookbook: K. B. Petersen, M. S. Pedersen, The Matrix Cookbook, 2012, section 2.
- Magnus & Neudecker: Matrix Differential Calculus with Applications, 3rd ed., 2019.
- Bishop: Pattern Recognition and Machine Learning, 2006.
- Goodfellow: I. Goodfellow, Y. Bengio, A. Courville, Deep Learning, 2016.
- Boyd & Vandenberghe: Convex Optimization, 2004, appendix A.4.
- Golub & Van Loan: Matrix Computations, 4th ed., 2013.
- lecture: the forms that courses on neural networks write on the blackboard.

Jacobians are outputs × inputs, both flattened row by row: a product A X B has A ⊗ Bᵀ, where a book
that flattens by columns prints Bᵀ ⊗ A.
"""

from __future__ import annotations

from tests.rewrite.textbook_learning import LEARNING
from tests.rewrite.textbook_matrices import DETERMINANTS, INVERSES, KRONECKER, TRACES
from tests.rewrite.textbook_row import SIZES, Row
from tests.rewrite.textbook_vectors import ELEMENTWISE, NORMS, VECTORS

__all__ = ["SIZES", "TEXTBOOK", "Row"]

TEXTBOOK = (
    *DETERMINANTS,
    *INVERSES,
    *VECTORS,
    *TRACES,
    *NORMS,
    *KRONECKER,
    *ELEMENTWISE,
    *LEARNING,
)
