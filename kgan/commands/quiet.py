"""Silence while TensorFlow starts."""

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator

from kgan.checks import InputError


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Holds back what is written to stderr, by native code too, and lets it out only if the block raises.

    An `InputError` says all in its line. TensorFlow's libraries print a few lines while they are loaded, which
    TF_CPP_MIN_LOG_LEVEL does not reach.
    """
    sys.stderr.flush()
    with tempfile.TemporaryFile() as held:
        stderr = os.dup(2)
        os.dup2(held.fileno(), 2)
        try:
            yield
        except InputError:
            raise
        except BaseException:
            held.seek(0)
            os.write(stderr, held.read())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(stderr, 2)
            os.close(stderr)
