"""StyleGAN2-ADA as a game: what styles a round has, whose mean is followed, and what the compiled settings are."""

import numpy as np
import pytest

import kgan
from kgan.checks import InputError
from tests.models.games import GAMES, images, made


@pytest.fixture(scope="module")
def model():
    return made(GAMES["stylegan2"])


def styles(model, number):
    return model.latents(model.round(images()[:4], number)).numpy()


def test_styles_are_mixed_from_a_layer_on(model):
    model.style_mixing = 0.0
    alone = styles(model, 0)
    assert alone.shape == (4, 4, 4) and (alone == alone[:, :1]).all()
    model.style_mixing = 1.0
    cuts = set()
    for number in range(12):
        mixed = styles(model, number)
        same = (mixed == mixed[:, :1]).all(2)  # (batch, layers): which are the first latents'
        cut = int(same[0].sum())
        assert (same == (np.arange(4) < cut)).all()  # the same for the whole batch, and the rest one other w
        assert (mixed[:, cut:] == mixed[:, cut : cut + 1]).all()
        cuts.add(cut)
    assert cuts == {1, 2, 3}
    model.style_mixing = 0.9
    share = np.mean([(w == w[:, :1]).all() for w in (styles(model, number) for number in range(60))])
    assert 0.02 < share < 0.25


def test_the_mean_of_w_follows_the_rounds_and_truncation_goes_to_it():
    model = made(GAMES["stylegan2"], run_eagerly=True)
    batch = images()[:4]
    model.train_on_batch(batch)
    model.step.assign(0)
    round = model.round(batch)
    w = model.mapped(round, kgan.random.fold_in(round.seed, 0)).numpy()
    layer = model.generator.get_layer("truncated")
    np.testing.assert_allclose(layer.mean.numpy(), 0.005 * w.mean(0), rtol=1e-4, atol=1e-7)
    layer.mean.assign(layer.mean.value + 0.5)
    near, far = (model.sample(3, average=False, truncation=psi) for psi in (0.0, 1.0))
    assert np.abs(near - near[:1]).max() < 1e-6 < np.abs(far - far[:1]).max()
    synthesis = model.generator.get_layer("synthesis")
    typical = synthesis(np.tile(layer.mean.numpy(), (1, 4, 1))).numpy()
    np.testing.assert_allclose(near[:1], np.clip(typical, -1, 1), atol=1e-5)
    np.testing.assert_array_equal(far, model.sample(3, average=False))


def test_the_settings_are_the_authors(model):
    d, g = model.optimizers["d"], model.optimizers["g"]
    assert float(d.learning_rate.numpy()) == pytest.approx(2.5e-3 * 16 / 17) and d.beta_2 == 0.99 ** (16 / 17)
    assert float(g.learning_rate.numpy()) == pytest.approx(2.5e-3 * 4 / 5) and g.beta_2 == 0.99**0.8
    r1, path = model.penalties
    assert (r1.gamma, r1.interval) == (pytest.approx(0.0002 * 64 / 64), 16)
    assert (path.weight, path.every, path.decay) == (2.0 / 4, 4, 0.01)


def test_bad_input(model):
    with pytest.raises(InputError, match=r"truncation: wanted a number in \[0, 1\], got 1.5"):
        model.sample(2, truncation=1.5)
    with pytest.raises(InputError, match=r"style_mixing: wanted a number in \[0, 1\], got 2"):
        made(GAMES["stylegan2"], style_mixing=2)
    with pytest.raises(InputError, match="generator: wanted one as "):
        shape = (8, 8, 1)
        kgan.StyleGAN2ADA(kgan.networks.mlp_generator(shape, 4), kgan.networks.stylegan2_discriminator(shape), 4)
    with pytest.raises(InputError, match=r"StyleGAN2ADA has networks of its own, on images, got network 'dcgan'"):
        kgan.StyleGAN2ADA.for_data((8, 8, 1), network="dcgan")
