"""Tests, mirroring the source tree."""

import os

# Tests' tensors are tiny: threads would only wait for each other. Set before anything imports torch.
os.environ.setdefault("OMP_NUM_THREADS", "1")
