"""Causal streaming layers with explicit state."""
