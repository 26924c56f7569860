import zlib

import numpy as np
import pytest


@pytest.fixture(autouse=True)
def _own_draws(request):
    """What a test draws from its module's `random` is a function of its name, not of the tests that ran before it."""
    if hasattr(request.module, "random"):
        fresh = np.random.default_rng(zlib.crc32(request.node.name.encode()))
        request.module.random.bit_generator.state = fresh.bit_generator.state
