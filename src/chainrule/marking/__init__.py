"""Hand-worked solutions: what is claimed, what each number stands for, whether it follows.

`solution` reads the claims, `displayed` what a written number stands for, `sheet` what a line
may be computed from, `enclosure` how far rounding carries, `marker` the verdicts, `mistakes/`
the catalogue of what goes wrong, `report` the outcome, `messages/` its sentences.
"""
