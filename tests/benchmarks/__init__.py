"""Tests of the benchmarks: what they measure must be true."""
