"""Kernels: one folder per operation; `reference.py` defines what the operation means."""
