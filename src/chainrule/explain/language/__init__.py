"""What explanations say, in the languages there are: a catalogue a file, named by its language.

A further language is one file more, `xx.py`, with a dictionary `MESSAGES` that has the codes of
`ko.py`; what it lacks is said in English.
"""
