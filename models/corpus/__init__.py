"""Speech with known phones, a real talker, and the articulation that joins them."""
