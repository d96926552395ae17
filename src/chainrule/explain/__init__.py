"""Derivations as plain data (`derivation`), how they are made (`derive`), one printer a format."""
