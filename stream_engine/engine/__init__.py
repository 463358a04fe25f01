"""The engine: slots of a streaming model, stepped as one batch in a worker process."""
