"""Streaming models and how they are trained."""
