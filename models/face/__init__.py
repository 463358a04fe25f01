"""Channels, rigs and the built-in head."""
