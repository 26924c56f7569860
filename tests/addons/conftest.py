"""Tests of the older stack, which run there alone: `make test-addons`."""

import keras

collect_ignore_glob = [] if keras.__version__.startswith("2.") else ["test_*.py"]
