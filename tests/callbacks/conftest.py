import pytest

from tests.callbacks import tiny


@pytest.fixture(scope="session")
def _compiled():
    gan = tiny.make()
    return gan, tiny.state(gan)


@pytest.fixture
def gan(_compiled):
    """One compiled GAN for all tests, at its beginning: compiling takes longer than these trainings."""
    tiny.reset(*_compiled)
    return _compiled[0]


@pytest.fixture
def start(_compiled):
    """What `gan` starts from."""
    return _compiled[1]
