"""Each part refuses an argument of a wrong kind or range when it is made, in one line that names it."""

import keras
import pytest

import kgan
from kgan import augment, losses, penalties
from kgan.checks import InputError
from kgan.updates import UPDATES

REFUSED = {
    losses.get: [
        *("fgan(non_saturating=1)", "fgan(divergence=None)", "least_squares(a=True)", "least_squares(c=1e300)"),
        *("noisy_labels(real=(True, True))", "noisy_labels(real=(0.5,))", "top_k(share=2)", "top_k(share='a')"),
        *("label_smoothing(real=[1])", "wasserstein(drift=-1)", "flipped_labels(share=None)"),
    ],
    penalties.get: [
        *("r1(gamma=lecam)", "r1(interval=99999999999)", "gradient_penalty(one_sided=7)", "lecam(decay=1)"),
        *("orthogonal(diagonal='no')", "path_length(decay=0)", "feature_matching(layer=3)", "lipschitz(interval=True)"),
        *("consistency(transform=shift(flip=1))", "consistency(transform=shift(pixels=-1))", "lecam(start=-1)"),
    ],
    augment.get: ["ada(interval=0)", "ada(p=2)", "pipe(p=pipe)", "instance_noise(std=-1)", "diffaugment(policy=1)"],
    lambda text: kgan.spec.resolve("update", text, UPDATES): [
        *("extragradient(past=7)", "symplectic(align=0)", "unrolled(k=101)", "unrolled(k=True)", "unrolled(rate=-1)"),
        *("competitive(iterations=0)", "competitive(iterations=1001)", "consensus(weight=1e300)", "unrolled(k=1.5)"),
        *("lookahead(alternating, k=True)", "lookahead(alternating, alpha=True)", "lookahead(r1)", "lookahead(3)"),
        *("alternating(order=3)", "alternating(order='dg')", "unrolled(simultaneous=None)"),
    ],
}


@pytest.mark.parametrize(("get", "text"), [(get, text) for get, texts in REFUSED.items() for text in texts])
def test_it_is_refused(get, text):
    with pytest.raises(InputError) as caught:
        get(text)
    assert len(str(caught.value).splitlines()) == 1


def gan(**settings):
    keras.utils.set_random_seed(0)
    networks = kgan.networks.mlp_generator((4, 4, 1), 2, width=2), kgan.networks.mlp_discriminator((4, 4, 1), width=2)
    model = kgan.GAN(*networks, 2)
    model.compile(**settings)
    return model


def test_whole_numbers_do_where_a_number_is_wanted():
    import numpy as np

    data = np.zeros((8, 4, 4, 1), "float32")
    parts = ["lecam(decay=0, start=0)", "path_length(decay=1, interval=1)"]
    gan(penalties=parts, loss="top_k(share=1)").fit(data, batch_size=4, verbose=0)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"penalties": ["feature_matching(layer='x')"]}, "layer: unknown name 'x'"),
        ({"jit_compile": "yes"}, "jit_compile: wanted True or False, got 'yes'"),
        ({"n_critic": 1001}, "n_critic: wanted a whole number from 1 to 1000"),
    ],
)
def test_compile_refuses_what_would_fail_or_hang_in_the_first_round(settings, message):
    with pytest.raises(InputError, match=message):
        gan(**settings)
