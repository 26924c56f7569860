"""Conditional networks: what they take and give, and what their discriminators make of a label, by NumPy."""

import inspect

import keras
import numpy as np
import pytest
import tensorflow as tf

import kgan
from kgan.checks import InputError
from kgan.layers import ConditionalBatchNormalization, SpectralNormalization
from kgan.networks.conditional import CONDITIONS
from tests import numeric

SHAPE, CLASSES = (8, 8, 1), 3
BUILDERS = {
    name: pair
    for name, pair in kgan.networks.NETWORKS.items()
    if "num_classes" in inspect.signature(pair[0]).parameters
}
RNG = np.random.default_rng(0)
IMAGES = RNG.uniform(-1, 1, (4, *SHAPE)).astype("float32")
LATENTS = RNG.normal(size=(4, 5)).astype("float32")
LABELS = np.array([0, 2, 2, 1])


def shaken(model):
    """With every weight moved: conditional gains and shifts start the same for all classes."""
    rng = np.random.default_rng(1)
    for v in model.trainable_variables:
        v.assign(v.numpy() + 0.3 * rng.normal(size=v.shape))
    return model


def discriminator(name, condition, **settings):
    return shaken(BUILDERS[name][1](SHAPE, width=4, num_classes=CLASSES, condition=condition, **settings))


def test_those_that_have_a_conditional_form():
    assert set(BUILDERS) == {"mlp", "dcgan", "sngan", "sagan"}
    assert all("num_classes" in inspect.signature(pair[1]).parameters for pair in BUILDERS.values())


@pytest.mark.parametrize("name", BUILDERS)
def test_names_shapes_files_and_that_the_label_counts(name, tmp_path):
    def reloaded(model, inputs):
        model.save(tmp_path / "m.keras")
        loaded = keras.saving.load_model(tmp_path / "m.keras")
        assert [x.name for x in loaded.inputs] == list(inputs)
        given = inputs if len(inputs) > 1 else inputs["samples"]
        for one, other in zip(keras.tree.flatten(model(given)), keras.tree.flatten(loaded(given)), strict=True):
            np.testing.assert_array_equal(one, other)
        return model(given)

    generator = shaken(BUILDERS[name][0](SHAPE, latent_dim=5, width=4, num_classes=CLASSES))
    images = reloaded(generator, {"latents": LATENTS, "labels": LABELS}).numpy()
    assert images.shape == (4, *SHAPE) and np.abs(images).max() <= 1.0
    others = generator([LATENTS, (LABELS + 1) % CLASSES]).numpy()
    assert (np.abs(images - others).max((1, 2, 3)) > 1e-3).all()

    for condition in ("projection", "concatenation"):
        judge = discriminator(name, condition)
        logits = reloaded(judge, {"samples": IMAGES, "labels": LABELS}).numpy()
        assert logits.shape == (4, 1)
        others = judge([IMAGES, (LABELS + 1) % CLASSES]).numpy()
        assert (np.abs(logits - others) > 1e-4).all(), condition
    judged = reloaded(discriminator(name, "classes"), {"samples": IMAGES})
    assert judged["logits"].shape == (4, 1) and judged["classes"].shape == (4, CLASSES)


def divided(kernel):
    return kernel / np.linalg.svd(kernel, compute_uv=False)[0]


@pytest.mark.parametrize(("name", "settings"), [("dcgan", {}), ("dcgan", {"normalization": "spectral"}), ("sngan", {})])
def test_projection_and_classifier_by_numpy(name, settings):
    """psi(phi) + <V[y], phi> with W and V each divided by its largest singular value, where it is normalised."""
    spectral = settings or name == "sngan"
    for condition in ("projection", "classes"):
        judge = discriminator(name, condition, **settings)
        heads = [layer for layer in judge.layers if isinstance(getattr(layer, "layer", layer), keras.layers.Dense)]
        heads = sorted(heads, key=lambda layer: layer.output.shape[-1])
        for layer in judge.layers[-4:]:
            if isinstance(layer, SpectralNormalization):
                layer.power_iteration(200)
        phi = keras.Model(judge.inputs, heads[0].input)
        features = phi([IMAGES, LABELS][: len(judge.inputs)]).numpy().astype("float64")
        psi = [getattr(layer, "layer", layer) for layer in heads]
        kernels = [divided(layer.kernel.numpy()) if spectral else layer.kernel.numpy() for layer in psi]
        bias = [0.0 if layer.bias is None else layer.bias.numpy() for layer in psi]
        expected = features @ kernels[0] + bias[0]
        if condition == "classes":
            judged = judge(IMAGES)
            np.testing.assert_allclose(judged["logits"], expected, rtol=1e-4, atol=1e-4)
            np.testing.assert_allclose(judged["classes"], features @ kernels[1] + bias[1], rtol=1e-4, atol=1e-4)
            continue
        (embedding,) = (v.numpy() for v in judge.trainable_variables if v.path.endswith("embeddings"))
        assert embedding.shape == (CLASSES, features.shape[1])
        v = divided(embedding) if spectral else embedding
        expected += (v[LABELS] * features).sum(1, keepdims=True)
        np.testing.assert_allclose(judge([IMAGES, LABELS]), expected, rtol=1e-4, atol=1e-4)


def test_second_order_gradient_through_a_normalised_projection_agrees_with_finite_differences():
    """Of R1, whose term is of the gradient by the samples, by all weights at once; the labels are held fixed."""
    keras.config.set_floatx("float64")
    judge = discriminator("dcgan", "projection", normalization="spectral")
    x, directions = tf.constant(IMAGES, "float64"), [RNG.normal(size=v.shape) for v in judge.trainable_variables]
    penalty = kgan.penalties.R1(gamma=2.0)

    def value():
        return penalty(lambda samples: judge([samples, tf.constant(LABELS)]), x, x, kgan.random.key(0))

    with tf.GradientTape() as tape:
        tape.watch([v.value for v in judge.trainable_variables])
        result = value()
    gradients = tape.gradient(result, [v.value for v in judge.trainable_variables], unconnected_gradients="zero")
    gradients = [tf.convert_to_tensor(g).numpy() for g in gradients]
    embedded = [g for v, g in zip(judge.trainable_variables, gradients, strict=True) if v.path.endswith("embeddings")]
    assert len(embedded) == 1 and np.abs(embedded[0]).min() > 0.0
    found = sum(np.sum(g * d) for g, d in zip(gradients, directions, strict=True))
    assert found == pytest.approx(numeric.directional(value, judge.trainable_variables, directions, h=1e-7), rel=1e-5)


def test_concatenation_puts_one_hot_maps_behind_the_channels():
    judge = discriminator("dcgan", "concatenation")
    joined = next(layer for layer in judge.layers if isinstance(layer, keras.layers.Concatenate))
    seen = keras.Model(judge.inputs, joined.output)([IMAGES, LABELS]).numpy()
    np.testing.assert_array_equal(seen[..., :1], IMAGES)
    np.testing.assert_array_equal(seen[..., 1:], np.tile(np.eye(CLASSES)[LABELS][:, None, None], (1, 8, 8, 1)))
    points = kgan.networks.mlp_discriminator((2,), num_classes=CLASSES, condition="concatenation")
    assert points.layers[-1].output.shape == (None, 1) and points([IMAGES[:, 0, :2, 0], LABELS]).shape == (4, 1)


def test_published_sizes():
    """Miyato and Koyama's code for CIFAR-10: (gain, shift) a class in the blocks alone; ten embeddings of 128."""
    count = lambda model: sum(int(np.prod(v.shape)) for v in model.trainable_variables)  # noqa: E731
    make_generator, make_discriminator = BUILDERS["sngan"]
    plain, told = (make_generator((32, 32, 3), 128, width=256, num_classes=n) for n in (None, 10))
    assert count(told) - count(plain) == 3 * 2 * (10 - 1) * 2 * 256
    plain, told = (make_discriminator((32, 32, 3), width=128, num_classes=n) for n in (None, 10))
    assert count(told) - count(plain) == 10 * 128


@pytest.mark.parametrize("name", ["dcgan", "sngan", "sagan"])
def test_where_the_generator_normalises_by_class(name):
    layers = BUILDERS[name][0](SHAPE, latent_dim=5, width=4, num_classes=CLASSES).layers
    kinds = [type(layer).__name__ for layer in layers if "BatchNormalization" in type(layer).__name__]
    conditional = ConditionalBatchNormalization.__name__
    assert kinds == ([conditional] if name == "dcgan" else [conditional, conditional, "BatchNormalization"])


def test_bad_input():
    for name, (make_generator, make_discriminator) in BUILDERS.items():
        for make in (make_generator, make_discriminator):
            with pytest.raises(InputError, match=r"^num_classes: wanted a whole number from 1 on, got 0$"):
                make(SHAPE, num_classes=0)
        with pytest.raises(InputError, match=r"^condition: unknown name 'projecton'; did you mean 'projection'"):
            make_discriminator(SHAPE, condition="projecton")
        assert set(CONDITIONS) == {"projection", "classes", "concatenation"}, name
