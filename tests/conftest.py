"""Settings that must stand before TensorFlow is imported, and fixtures shared by all tests."""

import os
import signal

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import keras
import numpy as np
import pytest

from tests import keras2

# A job in the background ignores interrupts, and so would each process that its tests start and interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True, scope="module")
def _fresh_memory():
    """What one file's tests leave is collected before the next: a few tenths of a second, too much for each test.

    And what a file's tests share, which is made before `_fresh_state`, starts from a seed too.
    """

    keras.utils.clear_session()
    keras.utils.set_random_seed(0)


@pytest.fixture(autouse=True)
def _fresh_state(request):
    """Every test starts from the same global seed, precision policy and names, and its file's generators with it."""

    keras.utils.clear_session(free_memory=False)
    keras.utils.set_random_seed(0)
    for shared in vars(request.module).values():
        if isinstance(shared, np.random.Generator):  # what a test draws does not depend on those before it
            shared.bit_generator.state = np.random.default_rng(0).bit_generator.state
    yield
    keras.config.set_floatx("float32")
    keras.config.set_dtype_policy("float32")


def pytest_collection_modifyitems(items):
    """On the older stack, what it cannot do is left out (`make test-addons`)."""

    for item in items if keras.__version__.startswith("2.") else ():
        if reason := keras2.reason(item.nodeid):
            item.add_marker(pytest.mark.skip(reason=reason))
