"""Tests of the stage: frames and recordings."""
