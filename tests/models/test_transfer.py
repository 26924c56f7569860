"""Starting from other weights: from everything that holds some, with what fits; and layers that stay as they are."""

import keras
import numpy as np
import pytest

import kgan
from kgan.callbacks import Checkpoint
from kgan.checks import InputError
from kgan.models import freeze, init_from

SHAPE = (16, 16, 1)
IMAGES = np.random.default_rng(0).uniform(-1, 1, (16, *SHAPE)).astype("float32")


def made(seed=0, width=4, shape=SHAPE, **settings):
    keras.utils.set_random_seed(seed)
    networks = kgan.networks.dcgan_generator(shape, 3, width), kgan.networks.dcgan_discriminator(shape, width)
    gan = kgan.GAN(*networks, latent_dim=3)
    gan.compile(**settings)
    return gan


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    """A game that has trained, and all the places where it was left."""
    folder, gan = tmp_path_factory.mktemp("sources"), made()
    gan.fit(IMAGES, batch_size=8, epochs=1, verbose=0, callbacks=[Checkpoint(folder / "run")])
    gan.save(folder / "game.keras")
    gan.discriminator.save(folder / "discriminator.keras")
    kgan.export.save_generator(gan, folder / "exported")
    return gan, folder


def equal(a, b):
    return all(np.array_equal(x, y) for x, y in zip(a.get_weights(), b.get_weights(), strict=True))


@pytest.mark.parametrize("source", ["run", "game.keras"])
def test_all_of_a_game(source, sources):
    gan, folder = sources
    ours = made(seed=1)
    lines = init_from(ours, folder / source)
    count = [len(network.variables) for network in (gan.generator, gan.discriminator)]
    assert lines == [f"g: {count[0]} of {count[0]} variables", f"d: {count[1]} of {count[1]} variables"]
    assert equal(ours.generator, gan.generator) and equal(ours.discriminator, gan.discriminator)
    assert equal(ours.average.network, gan.average.network) and not equal(gan.generator, gan.average.network)
    assert int(ours.step.numpy()) == 0


def test_a_generator_alone_and_a_discriminator_alone(sources):
    gan, folder = sources
    ours, fresh = made(seed=1), made(seed=1)
    lines = init_from(ours, folder / "exported")
    assert lines[0].endswith("variables") and lines[1].startswith("d: 0 of 6 variables; new: ")
    assert equal(ours.generator, gan.average.network) and equal(ours.average.network, gan.average.network)
    assert equal(ours.discriminator, fresh.discriminator)
    lines = init_from(fresh, folder / "discriminator.keras")
    assert lines[0].startswith("g: 0 of ") and lines[1] == "d: 6 of 6 variables"
    assert equal(fresh.discriminator, gan.discriminator)


def test_what_fits_is_taken_and_the_rest_is_named(sources):
    gan, folder = sources
    ours = made(seed=1, shape=(16, 16, 3))  # the layers at the pictures differ
    before = [layer.get_weights() for layer in ours.discriminator.layers]
    lines = init_from(ours, folder / "run")
    first, *others = (layer for layer in ours.discriminator.layers if layer.weights)
    theirs = [layer for layer in gan.discriminator.layers if layer.weights][1:]
    assert all(np.array_equal(a.kernel, b.kernel) for a, b in zip(others, theirs, strict=True))
    assert any(np.array_equal(first.kernel, old[0]) for old in before if old)
    assert (
        lines[1] == f"d: 5 of 6 variables; new: {first.kernel.path} (4, 4, 3, 4); left: {lines[1].split('left: ')[1]}"
    )
    assert lines[1].endswith("/kernel (4, 4, 1, 4)") and "new: " in lines[0]


def test_freeze(sources):
    keras.utils.set_random_seed(0)
    critic = kgan.networks.dcgan_discriminator(SHAPE, 4)
    freeze(critic, 2)
    gan = kgan.GAN(kgan.networks.mlp_generator(SHAPE, 3, 4, 1), critic, latent_dim=3)
    gan.compile()
    layers = [layer for layer in critic.layers if layer.weights]
    before = [layer.kernel.numpy() for layer in layers]
    gan.train_on_batch(IMAGES[:4])
    assert [np.array_equal(a, b.kernel) for a, b in zip(before, layers, strict=True)] == [True, True, False]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda path: init_from(made(width=7), path / "run"), r"init_from: no weights of .*run fit: there are g \(3, "),
        (lambda path: init_from(made(), path), "init_from: wanted a run's folder, an exported generator's or a .keras"),
        (lambda path: init_from(made(), path / "bad.keras"), "init_from: .*bad.keras cannot be read: "),
        (lambda path: freeze(made().discriminator, 3), "freeze: wanted a whole number from 0 to 2, got 3"),
        (
            lambda path: freeze(kgan.networks.progressive_discriminator(SHAPE, 4), 1),
            "freeze: wanted a functional network, whose layers have an order, got 'progressive_discriminator'",
        ),
    ],
)
def test_bad_input(call, message, sources):
    _, folder = sources
    (folder / "bad.keras").write_text("")
    with pytest.raises(InputError, match=message):
        call(folder)
