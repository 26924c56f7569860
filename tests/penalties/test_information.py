"""InfoGAN's term against NumPy: codes of both kinds, and what it wants of the prior and of the judge."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from kgan import penalties, priors
from kgan.checks import InputError
from tests.penalties import cases

RNG = np.random.default_rng(0)
PRIOR = {"latents": priors.Normal(3), "digit": priors.Categorical(4), "slant": priors.Uniform(2)}
DRAWN = {
    "latents": RNG.normal(size=(5, 3)),
    "digit": np.eye(4)[[0, 3, 1, 1, 2]],
    "slant": RNG.uniform(-1, 1, (5, 2)),
}
SAID = {"logits": RNG.normal(size=(5, 1)), "digit": RNG.normal(size=(5, 4)), "slant": RNG.normal(size=(5, 2))}


def play(said=SAID, prior=PRIOR, latents=DRAWN):
    said, latents = (tf.nest.map_structure(lambda x: tf.constant(x, "float32"), part) for part in (said, latents))
    return dataclasses.replace(cases.play(), judge=lambda samples: said, prior=prior, latents=latents)


def test_value_by_numpy():
    shares = np.exp(SAID["digit"]) / np.exp(SAID["digit"]).sum(1, keepdims=True)
    categorical = -np.log(shares[DRAWN["digit"] == 1]).mean()
    # -log N(c; said, I), and without the constant log(2 pi) of two dimensions
    gaussian = (0.5 * (DRAWN["slant"] - SAID["slant"]) ** 2).sum(1).mean()
    penalty = penalties.Information(weight=2.0, continuous=0.3)
    for term in (penalty.discriminator_term, penalty.generator_term):
        assert float(term(play())) == pytest.approx(2.0 * categorical + 0.3 * gaussian, rel=1e-5)


def test_a_prior_of_one_law_is_a_code_too():
    latents, said = DRAWN["latents"], {"logits": SAID["logits"], "latents": np.zeros((5, 3))}
    value = penalties.Information(continuous=1.0).generator_term(play(said, {"latents": PRIOR["latents"]}, latents))
    assert float(value) == pytest.approx(0.5 * (latents**2).sum(1).mean(), rel=1e-5)


def test_wants_a_judge_that_speaks_of_the_prior():
    penalty = penalties.Information()
    for said in (SAID["logits"], {"logits": SAID["logits"], "digits": SAID["digit"]}):
        with pytest.raises(
            InputError, match=r"^penalties: information wants .* one of \['digit', 'latents', 'slant'\]"
        ):
            penalty.generator_term(play(said))
    samples = keras.Input((2,))
    logits = keras.layers.Dense(1)(samples)
    for output in (logits, {"logits": logits}):
        with pytest.raises(InputError, match=r"^penalties: information wants .* got \{'logits'\}$"):
            penalty.check(None, keras.Model(samples, output))
    penalty.check(None, keras.Model(samples, {"logits": logits, "digit": keras.layers.Dense(4)(samples)}))
