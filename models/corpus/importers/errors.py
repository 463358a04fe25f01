"""What is wrong with a recording, said so that its owner can do something about it."""


class ImportingError(ValueError):
    """A recording that no take can be made of; the text names the file, the reason and what to do next."""
