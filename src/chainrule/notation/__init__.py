"""How expressions are written: as parseable text, in a lecture's compact form, as LaTeX.

The forms themselves stand with each operation; here they are filled in.  Precedence is one table.
"""
