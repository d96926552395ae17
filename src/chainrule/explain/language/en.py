"""The sentences in English; those of operations and rules stand with the operations and rules.

A count is written with its noun, `{count:path}`, so that one is "1 path" and two are "2 paths".
"""

from __future__ import annotations

__all__ = ["MESSAGES", "inflected"]


def inflected(count: str, noun: str) -> str:
    """The noun after its count, in the plural unless it is one.

    >>> inflected("1", "significant digit"), inflected("2", "quantity"), inflected("0", "row")
    ('1 significant digit', '2 quantities', '0 rows')
    """
    if count == "1":
        return f"{count} {noun}"
    return f"{count} {noun[:-1]}ies" if noun.endswith("ty") else f"{count} {noun}s"


MESSAGES = {
    # parts of an explanation
    "conventions": "Conventions",
    "comment": "{text}",
    "given": "Given",
    "declared": "{text}",
    "others": "Further quantities",
    "forward": "Forward pass",
    "chain": "chain rule",
    "derivative": "{symbol}",
    "derivative_at": "{symbol} at {point}",
    "result": "Result",
    "updates": "Updates",
    "answers": "Answers",
    "products_left": "Product, from the left",
    "products_right": "Product, from the right",
    # conventions
    "loss": "{name} is {operation}: {scaling}.",
    "summed_as_written": "{name} is summed and scaled as written: {formula}.",
    "sums_over_rows": "All rows share {names}, so the gradient sums over the rows.",
    "gradient_shape": "The gradient of a number has the shape of the quantity in the denominator.",
    "layout:numerator": "Numerator layout: rows are outputs, columns are inputs.",
    "layout:denominator": (
        "Denominator layout: rows are inputs, columns are outputs; chains are read from the right."
    ),
    "index_base": "Indices count from 1.",
    "flatten:rows": "Arrays are flattened row by row.",
    "flatten:columns": "Arrays are flattened column by column.",
    "digits": (
        "Numbers are shown with {count:significant digit}: = is exact, ≈ is rounded. No rounded "
        "number is used in another line."
    ),
    "decimals": (
        "Numbers are shown with {count:decimal}: = is exact, ≈ is rounded. No rounded number is "
        "used in another line."
    ),
    "digits_by_hand": "Worked by hand: every line uses the numbers as displayed above it, "
    "with {count:significant digit}.",
    "decimals_by_hand": "Worked by hand: every line uses the numbers as displayed above it, "
    "with {count:decimal}.",
    # the chain view
    "sum_over_paths": "sum over {count:path}",
    "why_paths": "A quantity that is used in several places affects the result along every path.",
    "path": "path {number}",
    "first_paths": "Shown: the first {shown} of {count:path}; the sum is over all of them.",
    "shown_above": "As above.",
    "factors_above": "{symbols}: as above.",
    "entries_in_letters": "Entry by entry, ∂{of}/∂{wrt} = {other}; every other entry is 0.",
    "then": "{first}, then {second}",
    "both": "{first} {second}",
    "read_in_places": "The variable is used in several places, and its effects there add up.",
    "inner_result": (
        "An inner result has no name where it was written, and gets one here, so that each factor "
        "belongs to one operation."
    ),
    "shape_of": "It has the shape of {name}.",
    "shape_matrix:numerator": "Its shape is outputs × inputs.",
    "shape_matrix:denominator": "Its shape is inputs × outputs.",
    "moves_with_itself": "Every quantity changes one for one with itself.",
    "does_not_depend": "{of} does not depend on {wrt}: the derivative is zero.",
    "convention": "Convention: {choice}.",
    "indicator": "[c] is 1 where the condition c holds, else 0.",
    "shared_by_rows": (
        "One {wrt} serves all {rows:row} of {of}, so multiplying by this factor sums over these "
        "rows (the batch, where rows are examples)."
    ),
    "too_large_in_letters": "Too large to write out; in general this derivative is {rule}.",
    "in_letters": "In general this derivative is {rule}.",
    # drawings
    "drawing:title": "Computation graph of {of}",
    "drawing:description": (
        "A drawing of {quantities:quantity} and {edges:edge} from left to right: each quantity "
        "with its formula and value, the local derivative on each edge, and the gradient under "
        "each quantity. The table has the same as text."
    ),
    "drawing:forward": "Forward pass: formulas and values",
    "drawing:backward": "Backward pass: local derivatives and gradients",
    "drawing:picture": "Drawing",
    "drawing:quantity": "Quantity",
    "drawing:value": "Value",
    "drawing:gradient": "Gradient",
    "drawing:local": "Local derivatives",
    "drawing:aside": "Not used here",
    # the closed view
    "closed:forms": "Closed form",
    "closed:known": "Known",
    "closed:fact": "{name} : {fact} ({who})",
    "closed:affine": "Linear and affine",
    "closed:linear_in": "{of} is linear in {wrt}.",
    "closed:affine_in": "{of} is affine in {wrt}.",
    "closed:derivation": "Derivation",
    "closed:given": "as the local Jacobians give it",
    "closed:given:transposed": (
        "as the local Jacobians give it, transposed: rows are inputs, columns are outputs"
    ),
    "closed:matrix": "the same as one expression",
    "closed:operation": "{name}: {why}",
    "closed:by_rows": (
        "The formula is for arrays flattened row by row; its numbers below stand in the order of "
        "arrays flattened column by column."
    ),
    "closed:between": "In between: {rules}.",
    "closed:numbers": "Numbers",
    "closed:same": (
        "Verified: equal to the product of the local Jacobians (relative error {error})."
    ),
    "closed:same:random": (
        "Verified: equal to the product of the local Jacobians at random numbers "
        "(relative error {error})."
    ),
    "closed:differs": (
        "Differs from the product of the local Jacobians by {error} (relative): where numbers "
        "saturate or nearly cancel, the closed form loses digits that the product keeps."
    ),
    "closed:differs:random": (
        "Differs from the product of the local Jacobians at random numbers by {error} (relative): "
        "a fact that is declared does not hold."
    ),
    "closed:not_in_full": "Not verified in full: some numbers are not finite.",
    "closed:differences": "Verified by {method}: relative error {error}.",
    "closed:differences_at": "Verified at {at} by {method}: relative error {error}.",
    # the backward view
    "backward": "Backward pass of {of}",
    "backward:notation": (
        "{delta} is short for {symbol}, and so on; each is computed from those of the quantities "
        "that use it."
    ),
    "backward:batch": (
        "{of} is a sum over {count:example}, one for each row, and so is the gradient with "
        "respect to every parameter; constants, such as the 1/N of a mean, are in each term."
    ),
    "backward:sum": "sum of {count:contribution}",
    "backward:why_sum": (
        "{name} is used by {readers}: each sends back a contribution, and the contributions add up."
    ),
    "backward:through": "through {reader}",
    "backward:first_shares": "Shown: the first {shown} of {count:contribution}.",
    "backward:short": "With {names} substituted, only this is left, and this is what is computed.",
    "backward:saturated": (
        "The range of float64 is too small for {names} here, so only the last form has a value."
    ),
    "backward:serves_examples": (
        "One {name} serves all {count:example}: their contributions add up."
    ),
    "backward:serves_rows": (
        "One {name} serves all {count:row} of {reader}: their contributions add up."
    ),
    "backward:differs": "By hand, the gradients are off by at most {difference} (relative).",
    "backward:examples": "{name}, example by example",
    "backward:rows": "{name}, row by row",
    "backward:first_examples": "{name}, example by example: the first {shown} of {count}",
    "backward:first_rows": "{name}, row by row: the first {shown} of {count}",
    "backward:example": "example {number}",
    "backward:row": "row {number}",
    "backward:rest": "the same for all",
    "backward:sum_of_rows": "their sum",
    # numbers and checks
    "underflow": (
        "Underflow: an entry shown as 0 is not 0, but closer to 0 than any other number of float64."
    ),
    "cancelled": "Cancellation: an entry shown as 0 need not be 0; float64 lost all its digits.",
    "rounded_to_zero": "Rounded to 0: an entry shown as 0 is not 0; use more decimals.",
    "verified": "Verified by {method}: largest error {largest} (relative {relative}).",
    "verified_at": ("Verified at {at} by {method}: largest error {largest} (relative {relative})."),
    "verified_unrounded": (
        "Without rounding, verified by {method}: largest error {largest} (relative {relative})."
    ),
    "check_differs": (
        "Not verified: {method} give another result (relative difference {relative}), as where "
        "numbers underflow or nearly cancel."
    ),
    "by_hand_lost": "Worked by hand no number is left: so few digits are not enough.",
    "not_verified": (
        "Not verified: differences say nothing at a kink or at infinity, or would take too long."
    ),
    "by_hand_differs": "The true result differs by {difference} (relative).",
    "note": "Note: {text}",
    "note:zero": "Note: {derivative} is 0: {of} does not depend on {wrt}.",
    "note:broadcast": (
        "Note, line {line}: {name} repeats {shapes} to {to}, a shape that neither has."
    ),
    "note:infinite": "Note: {what} is infinite: it leaves the range of float64.",
    "note:undefined": (
        "Note: {what} is undefined (nan): it leaves the range of float64, or an operation's domain."
    ),
    # updates
    "update:rule": "gradient descent",
    "update:old": "before the step",
    "update:gradient": "the gradient",
    # printers
    "printer:array": "an array of {shape}",
    "printer:array:numbers": ("an array of {shape} from {low} to {high}, norm {norm}: {first}, …"),
    "printer:array:range": "an array of {shape} from {low} to {high}, norm {norm}",
    "printer:diagonal": "a diagonal matrix of {shape}",
    "printer:diagonal:range": "a diagonal matrix of {shape} from {low} to {high}, norm {norm}",
    "printer:diagonal:numbers": (
        "a diagonal matrix of {shape} from {low} to {high}, norm {norm}: {first}, …"
    ),
    "printer:columns": "columns {first} to {last} of {count}:",
    "printer:column": "column {first} of {count}:",
    "printer:entries": "entries {first} to {last} of {count}:",
    "printer:entry": "entry {first} of {count}:",
    # HTML pages
    "view:chain": "The chain rule, factor by factor",
    "view:backward": "The backward pass",
    "view:scalar": "Taken apart into scalars",
    "view:closed": "The closed form, step by step",
    "html:contents": "Contents",
    "html:skip": "Skip to the derivation",
    "html:from": "From",
    "html:equation": "Equation; scrolls sideways",
    # formulas read aloud; {inner}, {above}, {below}, {base} are formulas themselves
    "spoken:partial_derivative": "partial {above} over partial {below}",
    "spoken:derivative": "d {above} over d {below}",
    "spoken:over": "{above} over {below}",
    "spoken:fraction": "the fraction {above} over {below}, end of fraction,",
    "spoken:root": "the square root of {inner}",
    "spoken:nth_root": "the root of degree {degree} of {inner}",
    "spoken:index": "{base} {below}",
    "spoken:long_index": "{base} with index {below}, end of index,",
    "spoken:power": "{base} to the power {above}",
    "spoken:squared": "{base} squared",
    "spoken:cubed": "{base} cubed",
    "spoken:inverse": "{base} inverse",
    "spoken:pseudoinverse": "{base} pseudoinverse",
    "spoken:transposed": "{base} transposed",
    "spoken:inverse_transposed": "{base} inverse transposed",
    "spoken:primed": "{base} prime",
    "spoken:double_primed": "{base} double prime",
    "spoken:accent_hat": "{inner} hat",
    "spoken:accent_bar": "{inner} bar",
    "spoken:accent_tilde": "{inner} tilde",
    "spoken:accent_dot": "{inner} dot",
    "spoken:accent_vec": "vector {inner}",
    "spoken:call": "{function} of {inner},",
    "spoken:parentheses": "open parenthesis {inner} close parenthesis",
    "spoken:absolute": "the absolute value of {inner},",
    "spoken:norm": "the norm of {inner},",
    "spoken:floor": "the floor of {inner},",
    "spoken:ceiling": "the ceiling of {inner},",
    "spoken:by": "{rows} by {columns}",
    "spoken:matrix": "the {size} matrix with {rows}; end of matrix",
    "spoken:row": "row {number}: {entries}",
    "spoken:row_vector": "the row {entries}; end of row",
    "spoken:column_vector": "the column {entries}; end of column",
    "spoken:equals": "equals",
    "spoken:about": "is about",
    "spoken:becomes": "becomes",
    "spoken:to": "to",
    "spoken:implies": "implies",
    "spoken:iff": "if and only if",
    "spoken:identical": "is identical to",
    "spoken:like": "is like",
    "spoken:proportional": "is proportional to",
    "spoken:unequal": "is not equal to",
    "spoken:less": "is less than",
    "spoken:greater": "is greater than",
    "spoken:at_most": "is at most",
    "spoken:at_least": "is at least",
    "spoken:in": "in",
    "spoken:not_in": "not in",
    "spoken:within": "within",
    "spoken:given": "given",
    "spoken:plus": "plus",
    "spoken:minus": "minus",
    "spoken:negative": "minus",
    "spoken:placeholder": "the array",
    "spoken:plus_minus": "plus or minus",
    "spoken:times": "times",
    "spoken:by_entries": "times, entry by entry,",
    "spoken:kronecker": "Kronecker",
    "spoken:exclusive_or": "exclusive or",
    "spoken:convolved": "convolved with",
    "spoken:after": "after",
    "spoken:divided": "divided by",
    "spoken:modulo": "modulo",
    "spoken:ratio": "to",
    "spoken:and": "and",
    "spoken:or": "or",
    "spoken:not": "not",
    "spoken:all": "for all",
    "spoken:some": "for some",
    "spoken:without": "without",
    "spoken:sum": "the sum of",
    "spoken:product": "the product of",
    "spoken:integral": "the integral of",
    "spoken:partial": "partial",
    "spoken:nabla": "nabla",
    "spoken:infinity": "infinity",
    "spoken:top": "transposed",
    "spoken:empty": "the empty set",
    "spoken:prime": "prime",
    "spoken:double_prime": "double prime",
    "spoken:dots": "and so on",
    "spoken:left_parenthesis": "open parenthesis",
    "spoken:right_parenthesis": "close parenthesis",
    "spoken:left_bracket": "open bracket",
    "spoken:right_bracket": "close bracket",
    "spoken:left_brace": "open brace",
    "spoken:right_brace": "close brace",
    "spoken:bar": "bar",
    "spoken:norm_bar": "double bar",
    "spoken:alpha": "alpha",
    "spoken:beta": "beta",
    "spoken:gamma": "gamma",
    "spoken:delta": "delta",
    "spoken:epsilon": "epsilon",
    "spoken:zeta": "zeta",
    "spoken:eta": "eta",
    "spoken:theta": "theta",
    "spoken:iota": "iota",
    "spoken:kappa": "kappa",
    "spoken:lambda": "lambda",
    "spoken:mu": "mu",
    "spoken:nu": "nu",
    "spoken:xi": "xi",
    "spoken:pi": "pi",
    "spoken:rho": "rho",
    "spoken:sigma": "sigma",
    "spoken:tau": "tau",
    "spoken:upsilon": "upsilon",
    "spoken:phi": "phi",
    "spoken:chi": "chi",
    "spoken:psi": "psi",
    "spoken:omega": "omega",
    "spoken:capital_gamma": "capital gamma",
    "spoken:capital_delta": "capital delta",
    "spoken:capital_theta": "capital theta",
    "spoken:capital_lambda": "capital lambda",
    "spoken:capital_xi": "capital xi",
    "spoken:capital_pi": "capital pi",
    "spoken:capital_sigma": "capital sigma",
    "spoken:capital_phi": "capital phi",
    "spoken:capital_psi": "capital psi",
    "spoken:capital_omega": "capital omega",
    # how a gradient was checked, in the words of `run/`
    "check:entries": "central differences of every entry",
    "check:directions": "central differences along {count} random directions",
    "check:sums": "central differences of {count} random sums of the result",
    "check:left-out": "{method}; {skipped} of {count} left out, at a kink or an infinite value",
    "check:random": "random numbers",
    "check:random:sizes": "random numbers ({sizes})",
    "check:random:sine": "random numbers ({names} replaced by a sine)",
    "check:random:sines": "random numbers ({names} replaced by sines)",
    "check:random:sizes:sine": "random numbers ({sizes}, {names} replaced by a sine)",
    "check:random:sizes:sines": "random numbers ({sizes}, {names} replaced by sines)",
    # who says that a fact holds
    "said:given": "{what}, as given",
    "said:line": "{what} (line {line})",
    "said:here": "line {line}",
    "said:assumed": "as assumed",
    # a step of the closed view that no rule has
    "rule:entry by entry": "entry by entry",
    "why:entry by entry": "Each entry is simplified by itself.",
    # operations by the names that readers know; the others go by the paper language's, in words
    "name:abstract_elementwise": "function without a formula",
    "name:abstract_function": "function without a formula",
    "name:abs": "absolute value",
    "name:add": "sum of terms",
    "name:avg_pool2d": "average pooling",
    "name:batch_norm": "batch normalization",
    "name:binary_cross_entropy": "binary cross-entropy",
    "name:binary_cross_entropy_with_logits": "binary cross-entropy of a sigmoid",
    "name:broadcast": "broadcasting",
    "name:cbrt": "cube root",
    "name:cholesky": "Cholesky factor",
    "name:concatenate": "concatenation",
    "name:conv2d": "convolution",
    "name:cos": "cosine",
    "name:cosh": "hyperbolic cosine",
    "name:cross": "cross product",
    "name:cross_entropy": "cross-entropy",
    "name:cross_entropy_with_logits": "cross-entropy of a softmax",
    "name:cumprod": "running product",
    "name:cumsum": "running sum",
    "name:det": "determinant",
    "name:divide": "quotient",
    "name:divide_or_zero": "quotient",
    "name:eigvalsh": "eigenvalues",
    "name:eigvecsh": "eigenvectors",
    "name:einsum": "sum over indices",
    "name:elu": "ELU",
    "name:erf": "error function",
    "name:exp": "exponential",
    "name:eye": "identity matrix",
    "name:gelu": "GELU",
    "name:gelu_tanh": "GELU, by tanh",
    "name:huber": "Huber loss",
    "name:hinge": "hinge loss",
    "name:kl_divergence": "Kullback–Leibler divergence",
    "name:kron": "Kronecker product",
    "name:layer_norm": "layer normalization",
    "name:leaky_relu": "leaky ReLU",
    "name:log": "natural logarithm",
    "name:log_abs_det": "logarithm of |det|",
    "name:log_softmax": "log-softmax",
    "name:logdet": "logarithm of the determinant",
    "name:logsumexp": "log-sum-exp",
    "name:mae": "mean absolute error",
    "name:matmul": "matrix product",
    "name:max": "largest entry",
    "name:max_pool2d": "max pooling",
    "name:mean_binary_cross_entropy": "mean binary cross-entropy",
    "name:mean_binary_cross_entropy_with_logits": "mean binary cross-entropy of a sigmoid",
    "name:mean_cross_entropy": "mean cross-entropy",
    "name:mean_cross_entropy_with_logits": "mean cross-entropy of a softmax",
    "name:mean_hinge": "mean hinge loss",
    "name:mean_huber": "mean Huber loss",
    "name:mean_kl_divergence": "mean Kullback–Leibler divergence",
    "name:min": "smallest entry",
    "name:mse": "mean squared error",
    "name:multiply": "product",
    "name:negate": "change of sign",
    "name:outer": "outer product",
    "name:p_norm": "p-norm",
    "name:pinv": "pseudo-inverse",
    "name:power_of": "power",
    "name:prod": "product of the entries",
    "name:relu": "ReLU",
    "name:silu": "SiLU",
    "name:sin": "sine",
    "name:sinh": "hyperbolic sine",
    "name:solve": "solution of a linear system",
    "name:sqrt": "square root",
    "name:std": "standard deviation",
    "name:subtract": "difference",
    "name:svd_u": "left singular vectors",
    "name:svd_v": "right singular vectors",
    "name:svdvals": "singular values",
    "name:tan": "tangent",
    "name:var": "variance",
    "name:where": "choice by a condition",
    "name:xdivy": "quotient",
    "name:xlogy": "x log y",
    "name:xtimesy": "product",
    # the scalar view
    "scalar:nodes": "Scalar nodes",
    "scalar:edges": "Partial derivatives",
    "scalar:of": "{symbols}, taken apart",
    "scalar:entries": "Its entries are partial derivatives from above.",
    "scalar:entry": "It is a partial derivative from above.",
    "scalar:symbols": "What is not listed here stays a symbol, too.",
    "scalar:examples": (
        "Each of the {count:example} has paths of its own, through its own row. They add up to "
        "what the example contributes, and {symbol} is the sum over all examples."
    ),
    "scalar:path": "path {number}, example {example}",
    "scalar:all_same": (
        "Verified: all sums over paths equal what reverse mode gives (largest relative error "
        "{error})."
    ),
    "scalar:all_same:random": (
        "Verified at random numbers: all sums over paths equal what reverse mode gives (largest "
        "relative error {error})."
    ),
    "scalar:digits": (
        "Where rounded numbers nearly cancel, the digits shown are too few for the next number: it "
        "is computed with all digits."
    ),
    "scalar:inner": (
        "It has no name where it was written; it gets one here, so that each step is a small one."
    ),
    "scalar:rational": (
        "All other scalars are constants: terms without this one vanish, its factors stay, and a "
        "power of it gives the exponent times the next lower power."
    ),
    "scalar:moved": "It is the same number, and changes one for one with it.",
    "scalar:likewise": "The other sums over paths are found in the same way.",
    "scalar:zero": "No path leads there: {entries} = 0.",
    "scalar:zeros": "No path leads there: {entries} and {count} more are 0.",
    "scalar:same": (
        "Verified: the sums over paths equal what reverse mode gives (relative error {error})."
    ),
    "scalar:differs": (
        "The sums over paths differ from what reverse mode gives by {error} (relative): where "
        "numbers saturate or nearly cancel, digits are lost."
    ),
    "scalar:same:random": (
        "Verified at random numbers: the sums over paths equal what reverse mode gives (relative "
        "error {error})."
    ),
}
