"""THUNDER, live: speech to 61 channels of face motion (arXiv 2504.13386)."""
