"""Tests of the engine: batches, backends, the worker's life and death."""
