"""Attention over a ring of cached keys and values."""
