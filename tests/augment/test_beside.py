"""Augmentation of a sample together with a picture that it goes with: what belongs together still does."""

import numpy as np
import pytest

from kgan.augment import Augmentation
from tests.models.games import GAMES, images, made


def seen(augment):
    """What the judge of a Pix2Pix is fed, (samples, images), when source and target are the same pictures."""
    model, shown = made(GAMES["pix2pix"], augment=augment, run_eagerly=True, ema_decay=None), []
    network = model.network
    model.network = lambda name, inputs, round: shown.append((name, inputs)) or network(name, inputs, round)
    play = model.play(model.round({"a": images(), "b": images()}).drawn(0))
    assert play.on_reals is not None
    (inputs,) = [inputs for name, inputs in shown if name == "d"]
    return inputs["samples"].numpy(), inputs["images"].numpy()


@pytest.mark.parametrize("augment", ["color,translation,cutout", "ada(p=1.0)", "pipe('bgcf', p=0.9)"])
def test_a_source_and_its_target_are_moved_alike(augment):
    samples, sources = seen(augment)
    np.testing.assert_allclose(samples, sources, atol=1e-6)
    assert np.abs(samples - images()).max() > 0.1


def test_noise_is_the_samples_alone():
    """By the same noise on both, it could be taken off again."""
    for augment, rest in (("instance_noise(std=0.5)", None), ("pipe('xint,noise', p=1.0)", "pipe('xint', p=1.0)")):
        samples, sources = seen(augment)
        clean = images() if rest is None else seen(rest)[0]
        np.testing.assert_allclose(sources, clean, atol=1e-6)
        assert np.abs(samples - clean).mean() > 0.01


def test_pseudo_augmentation_leaves_the_source_alone():
    samples, sources = seen("apa(p=1.0)")
    np.testing.assert_array_equal(sources, images())
    assert np.abs(samples - images()).mean() > 0.01  # all are fakes


def test_an_augmentation_of_the_users_is_called_for_both():
    class Darker(Augmentation):
        def __call__(self, images, seed):
            return 0.5 * images

    samples, sources = seen(Darker())
    np.testing.assert_allclose(samples, 0.5 * images(), atol=1e-6)
    np.testing.assert_array_equal(sources, samples)
