"""Networks by name, and by a Python file of one's own."""

import keras
import pytest

from kgan.checks import InputError
from kgan.commands import run
from kgan.networks import discriminator_for, generator_for

MINE = """
import keras
from keras import layers as L

def generator(shape, latent_dim=3, width=4):
    layers = [keras.Input((latent_dim,)), L.Dense(width), L.Dense(64), L.Reshape(shape)]
    return keras.Sequential(layers, name="mine")

def discriminator(shape, normalization=None):
    return keras.Sequential([keras.Input(shape), keras.layers.Flatten(), keras.layers.Dense(1)], name=normalization)
"""


@pytest.fixture
def file(tmp_path):
    (tmp_path / "mine.py").write_text(MINE)
    return tmp_path / "mine.py"


def test_a_file_of_ones_own(file):
    network = generator_for(str(file), (8, 8, 1), latent_dim=5)
    assert (network.name, network.input_shape, network.layers[0].units) == ("mine", (None, 5), 4)
    judge = discriminator_for(str(file), (8, 8, 1), normalization="spectral", condition="projection")
    assert judge.name == "spectral"  # and what it has no choice of is passed over
    _, gan = run.build(network=str(file), resolution=8, batch_size=4)
    assert gan.generator.name == "mine" and gan.sampler().latent_dim == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "network: there is no file .*mine.py"),
        ("oops", "network: .*mine.py: NameError: name 'oops' is not defined"),
        ("generator = 3", "network: .*mine.py has no function 'generator', which returns a keras.Model"),
        (MINE.replace("def generator(", "def generator(depth, "), None),
        (MINE.replace(", width=4", "").replace("(width)", "(4)"), "width: .*mine.py: its function 'generator' has no"),
        (
            MINE.replace("return keras.Sequential(layers, name=", "return dict(name="),
            "wanted a built keras.Model from 'gen",
        ),
        (MINE.replace("[keras.Input((latent_dim,)), ", "["), "wanted a built keras.Model from 'generator'"),
    ],
)
def test_a_file_that_cannot_be_used(file, text, message):
    file.unlink() if text is None else file.write_text(text)
    # What is wrong within their function is told with its traceback.
    error, message = (InputError, message) if message else (TypeError, "shape")
    with pytest.raises(error, match=message):
        generator_for(str(file), (8, 8, 1), width=5)


def test_classes_are_asked_of_a_file_that_knows_none(file):
    with pytest.raises(InputError, match="has no conditional form"):
        generator_for(str(file), (8, 8, 1), num_classes=10)


def test_a_file_that_has_changed_is_run_again(file):
    before = generator_for(str(file), (8, 8, 1))
    file.write_text(MINE.replace('"mine"', '"changed"'))
    assert (before.name, generator_for(str(file), (8, 8, 1)).name) == ("mine", "changed")


def test_an_unknown_name():
    with pytest.raises(InputError, match="did you mean 'dcgan'"):
        discriminator_for("dcgn", (8, 8, 1))
    assert isinstance(discriminator_for("mlp", (2,)), keras.Model)
