"""Pictures of the face and the studio, taken in the real client: `python -m pictures` makes all of docs/media."""
