"""Settings that must stand before TensorFlow is imported, and fixtures shared by all tests."""

import gc
import os
import signal

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
os.environ.pop("PYTHONUNBUFFERED", None)  # of what tests start, stdout is buffered, as it is for most users

import numpy as np
import pytest

from tests import keras2

# A job in the background ignores interrupts, and so would each process that its tests start and interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True, scope="module")
def _fresh_memory():
    """What one file's tests leave is collected before the next: too much for each test.

    And what a file's tests share, which is made before `_fresh_state`, starts from a seed too.
    """
    import keras  # here, as xdist's own process, which runs no test, is not to wait for TensorFlow

    keras.utils.clear_session()
    keras.utils.set_random_seed(0)


@pytest.fixture(autouse=True)
def _fresh_state(request):
    """Every test starts from the same global seed, precision policy and names, and its file's generators with it."""
    import keras

    keras.utils.clear_session(free_memory=False)
    keras.utils.set_random_seed(0)
    for shared in vars(request.module).values():
        if isinstance(shared, np.random.Generator):  # what a test draws does not depend on those before it
            shared.bit_generator.state = np.random.default_rng(0).bit_generator.state
    yield
    keras.config.set_floatx("float32")
    keras.config.set_dtype_policy("float32")


def pytest_collection_finish():
    """What was imported stays: `_fresh_memory` need not look at it again, half a second for each file."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(items):
    """Files with slow tests come first: a long one that is begun last would have one worker wait for the other.

    On the older stack, what it cannot do is left out (`make test-addons`).
    """
    import keras

    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)
    for item in items if keras.__version__.startswith("2.") else ():
        if reason := keras2.reason(item.nodeid):
            item.add_marker(pytest.mark.skip(reason=reason))
