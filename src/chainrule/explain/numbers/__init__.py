"""The numbers of an explanation: exact where the data are, rounded as they are shown."""
