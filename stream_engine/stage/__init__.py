"""The stage: model output becomes timed motion frames, events and recordings."""
