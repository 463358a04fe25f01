"""Tests of the ear: ticks, turns, voice activity."""
