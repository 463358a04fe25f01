"""Flow-matching heads."""
