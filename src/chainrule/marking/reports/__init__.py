"""A report in words: one printer a format, the sentences of each language in `messages/`."""
