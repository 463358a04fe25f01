"""Benchmarks: each a command with --json."""
