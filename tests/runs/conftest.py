from tests.callbacks.conftest import _compiled, gan, start  # noqa: F401
