"""The sentences of marking, one file a language: codes to templates."""
