"""From recordings of one's own face to takes: Live Link Face, video through a landmark detector."""
