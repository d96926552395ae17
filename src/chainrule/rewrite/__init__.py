"""Expressions as a person writes them: small named rules, facts they rely on, closed forms.

`rule` says what a rule is, `rules/` holds them by subject, `engine` applies them and records each
application, `knowledge` answers what is known of a node, `closed` writes a gradient with the
user's names.  The printer, the code generator and the marker use the same rules.
"""
