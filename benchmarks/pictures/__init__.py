"""Pictures of the face and the studio, taken in the real client: `make media` makes all of docs/media."""
