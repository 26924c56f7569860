"""Curricula: what is served when, that it begins anywhere, and that a run with them resumes to the bit."""

import keras
import numpy as np
import pytest
import scipy.ndimage
import tensorflow as tf

import kgan
from kgan import curriculum, losses, random
from kgan.callbacks import Checkpoint
from kgan.checks import InputError
from kgan.penalties import base
from kgan.schedules import Linear

N, BATCH, DURATION = 200, 20, 100


@pytest.fixture(scope="module")
def images():
    """Image i holds its own number, and is the busier the higher that is; stored in another order."""
    noise = np.random.default_rng(0).choice([-1.0, 1.0], size=(1, 4, 4, 1))
    hard = np.arange(N).reshape(-1, 1, 1, 1) / N
    return (hard * noise)[np.random.default_rng(1).permutation(N)].astype("float32")


def ranks(batch):
    """The difficulty ranks of the served images."""
    return np.rint(np.abs(np.asarray(batch)[:, 0, 0, 0]) * N).astype(int)


def served(images, start, stop, **settings):
    stream = curriculum.easy_to_hard(images, BATCH, DURATION, **settings).stream
    return [ranks(batch) for batch in stream.batches(start, stop)]


def test_edge_energy():
    ramp = np.broadcast_to(np.arange(5.0).reshape(1, 1, 5, 1), (1, 3, 5, 2))
    both = np.concatenate([np.zeros((1, 3, 5, 2)), 2 * ramp, 7 + np.ones((1, 3, 5, 2))])
    np.testing.assert_allclose(curriculum.edge_energy(both), [0.0, 4.0, 0.0])


@pytest.mark.parametrize("variant", curriculum.VARIANTS)
def test_begins_anywhere_and_ends_with_whole_epochs(images, variant):
    everything = served(images, 0, 121, variant=variant)
    for start in (1, 37, 99, 110):
        for a, b in zip(served(images, start, start + 3, variant=variant), everything[start:], strict=False):
            np.testing.assert_array_equal(a, b)
    for epoch in (10, 11):  # when the curriculum is over: each image once
        np.testing.assert_array_equal(np.sort(np.concatenate(everything[epoch * 10 : epoch * 10 + 10])), np.arange(N))
    assert not np.array_equal(everything[100], everything[110])
    assert not np.array_equal(served(images, 100, 101, variant=variant, seed=1)[0], everything[100])


def test_groups_are_added_in_turn(images):
    everything = served(images, 0, DURATION, groups=5)
    for batch, wanted in {0: 40, 19: 40, 20: 80, 59: 120, 60: 160, 80: 200, 99: 200}.items():
        epoch = np.concatenate(everything[batch // 10 * 10 :][:10]) if batch % 10 == 0 else everything[batch]
        assert epoch.max() < wanted
        if batch % 10 == 0:  # an epoch within one stage serves all that are present, evenly
            counts = np.bincount(epoch, minlength=wanted)
            assert counts.min() == N // wanted and counts.max() <= -(-N // wanted)


def test_sampling_follows_its_density(images):
    stream = curriculum.easy_to_hard(images, N, 100, variant="sampling").stream
    for number in (0, 50, 100):
        rank, a = np.sort(stream.ranks(tf.constant(number, "int64"), tf.range(N, dtype="int64"))) / N, 1 - number / 100
        share = (np.arange(N) + 0.5) / N
        # The law's distribution function at the ranks is uniform, up to the rounding to a rank.
        np.testing.assert_allclose(rank + a * rank * (1 - rank), share, atol=2.1 / N)


def test_labels_and_bytes_are_served_as_by_kgan_data(images):
    pixels = np.rint((images + 1) * 127.5).astype("uint8")
    labels = np.arange(N)
    dataset = curriculum.easy_to_hard(pixels, BATCH, DURATION, labels=labels, seed=3)
    assert dataset.cardinality() == dataset.stream.batches_per_epoch == N // BATCH
    for x, y in dataset:
        assert x.dtype == tf.float32 and y.dtype == tf.int32 and x.shape == (BATCH, 4, 4, 1)
        np.testing.assert_allclose(x, pixels[y] / 127.5 - 1.0, atol=1e-6)


def test_easiness_weights(images):
    real, fake = tf.constant(images[:9]), tf.zeros((9, 4, 4, 1))
    judge = lambda x: tf.reduce_sum(x[..., 0], 2)  # noqa: E731  (9, 4): four logits a sample
    play = base.Play(None, None, judge, None, None, real, fake)
    penalty = curriculum.EasinessWeight("hinge", 0.7)
    rank = np.argsort(np.argsort(curriculum.edge_energy(real))) / 8
    terms = np.maximum(0, 1 - judge(real).numpy()).mean(1)
    whole = losses.Hinge().discriminator(judge(real), judge(fake)) + penalty.discriminator_term(play)
    assert float(whole) == pytest.approx(((1 + 0.7 * (1 - 2 * rank)) * terms).mean() + 1.0, rel=1e-5)
    assert float(curriculum.EasinessWeight("hinge", 0.0).discriminator_term(play)) == 0.0
    assert penalty.generator_term(play) is None


def test_easiness_weighs_the_terms_of_its_loss_as_it_is_in_that_round(images):
    real = tf.constant(images[:9])
    judge = lambda x: tf.reduce_sum(x, [1, 2, 3])[:, None]  # noqa: E731

    def term(label, step):
        play = base.Play(None, None, judge, None, None, real, real, step=step, seed=random.key(0))
        return float(curriculum.EasinessWeight(losses.LabelSmoothing("hinge", label), 1.0).discriminator_term(play))

    for step, label in ((0, 1.0), (1, 0.95), (9, 0.9)):
        assert term(Linear(1.0, 0.9, 2), step) == pytest.approx(term(label, 0), rel=1e-5)
    assert term(1.0, 0) != pytest.approx(term(0.9, 0), rel=1e-3)


def test_coarsening_is_the_mean_of_squares_mixed_between_whole_levels():
    x = np.random.default_rng(0).normal(size=(2, 12, 8, 3)).astype("float32")
    image = tf.constant(x)
    coarse = lambda lod: curriculum.Coarsening(lod)(image, None).numpy()  # noqa: E731
    two, four = (x.reshape(2, 12 // k, k, 8 // k, k, 3).mean((2, 4)).repeat(k, 1).repeat(k, 2) for k in (2, 4))
    np.testing.assert_array_equal(coarse(0.0), x)
    np.testing.assert_allclose(coarse(1.0), two, atol=1e-6)
    np.testing.assert_allclose(coarse(1.25), 0.75 * two + 0.25 * four, atol=1e-6)
    np.testing.assert_allclose(coarse(7.0), four, atol=1e-6)  # 12 cannot be halved more often
    annealed = curriculum.Coarsening(Linear(2.0, 0.0, 8))
    np.testing.assert_allclose(kgan.schedules.at(annealed, 4)(image, None), two, atol=1e-6)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(annealed))
    assert again.lod == annealed.lod


def test_blur_is_scipys_within_and_keeps_a_plain_image():
    x = np.random.default_rng(0).normal(size=(2, 24, 32, 3)).astype("float32")
    blurred = curriculum.BlurAnnealing(1.5)(tf.constant(x), random.key(0)).numpy()
    theirs = scipy.ndimage.gaussian_filter(x, 1.5, axes=(1, 2), mode="constant", truncate=8.0)
    np.testing.assert_allclose(blurred[:, 8:-8, 8:-8], theirs[:, 8:-8, 8:-8], atol=1e-5)
    np.testing.assert_allclose(
        curriculum.BlurAnnealing(3.0)(np.full((1, 8, 8, 1), 0.3, "float32"), None), 0.3, rtol=1e-6
    )
    np.testing.assert_array_equal(curriculum.BlurAnnealing(0.0)(tf.constant(x), None), x)
    annealed = curriculum.BlurAnnealing(Linear(3.0, 0.0, 2))
    there = kgan.schedules.at(annealed, 1)
    np.testing.assert_allclose(there(tf.constant(x), None), blurred, atol=1e-6)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(annealed))
    assert again.std == annealed.std
    constant = annealed.reals(x, None, None), annealed.observe(0.5, 8)
    assert constant[0] is x and constant[1] == {}


def linear_discriminator(value):
    init = keras.initializers.Constant(value)
    return keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer=init)])


def tiny_gan(rounds=8):
    generator = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    gan = kgan.GAN(generator, curriculum.growing_discriminator([linear_discriminator(v) for v in (1, 2, 4)]), 2)
    gan.compile(ema_decay=None)
    return gan, curriculum.Strengthen(Linear(0.0, 1.0, rounds))


def test_growing_discriminator_blends_its_networks_and_round_trips(tmp_path):
    grown = curriculum.growing_discriminator([linear_discriminator(v) for v in (1, 2, 4)])
    for strength, wanted in {0.0: 1.0, 0.25: 1.5, 0.5: 2.0, 0.75: 3.0, 1.0: 4.0}.items():
        grown.get_layer("strength").strength.assign(strength)
        np.testing.assert_allclose(grown(np.ones((2, 1))), wanted, rtol=1e-6)
    grown.get_layer("strength").strength.assign(0.25)
    grown.save(tmp_path / "grown.keras")
    np.testing.assert_allclose(keras.models.load_model(tmp_path / "grown.keras")(np.ones((2, 1))), 1.5, rtol=1e-6)


def test_strength_is_a_function_of_the_round():
    gan, strengthen = tiny_gan()
    seen = []
    watch = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda *_, **__: seen.append(float(gan.discriminator.get_layer("strength").strength.value))
    )
    data = np.zeros((16, 1), "float32")
    gan.fit(data, batch_size=4, epochs=1, verbose=0, callbacks=[strengthen, watch])
    gan.fit(data, batch_size=4, epochs=2, verbose=0, callbacks=[strengthen, watch])  # goes on
    np.testing.assert_allclose(seen, np.minimum(np.arange(12) / 8, 1), atol=1e-6)


def test_fit_takes_the_stream(images):
    gan = kgan.GAN(kgan.networks.mlp_generator((4, 4, 1), 2), kgan.networks.mlp_discriminator((4, 4, 1)), 2)
    gan.compile(ema_decay=None, n_critic=2)
    history = gan.fit(curriculum.easy_to_hard(images, BATCH, DURATION), epochs=2, verbose=0)
    assert len(history.history["d_loss"]) == 2 and int(gan.step.numpy()) == 10


def test_a_run_with_all_curricula_resumes_to_the_bit(images, tmp_path):
    def run():
        keras.utils.set_random_seed(0)
        discriminators = [kgan.networks.mlp_discriminator((4, 4, 1), width=width, depth=1) for width in (4, 8)]
        generator = kgan.networks.mlp_generator((4, 4, 1), 4, width=8, depth=1)
        gan = kgan.GAN(generator, curriculum.growing_discriminator(discriminators), 4)
        gan.compile(
            n_critic=2,
            penalties=[curriculum.EasinessWeight("non_saturating", Linear(1.0, 0.0, 10))],
            augment=curriculum.BlurAnnealing(Linear(2.0, 0.0, 10)),
        )
        return gan

    def fit(gan, epochs, *callbacks):
        data = curriculum.easy_to_hard(images[:40], 4, 30, variant="sampling", seed=3)
        callbacks = [curriculum.Strengthen(Linear(0.0, 1.0, 15)), *callbacks]
        gan.fit(data, epochs=epochs, verbose=0, callbacks=callbacks)

    whole, first, second = run(), run(), run()
    fit(whole, 4)
    fit(first, 2, Checkpoint(tmp_path))
    fit(second, 4, Checkpoint(tmp_path))
    assert int(whole.step.numpy()) == int(second.step.numpy()) == 20
    for a, b in zip(whole.state, second.state, strict=True):
        np.testing.assert_array_equal(np.array(a), np.array(b), err_msg=a.path)


def test_bad_input(images):
    make = curriculum.easy_to_hard
    for call, message in [
        (lambda: make(images[..., 0], 4, 10), "images: wanted .n, height, width, channels., got shape .200, 4, 4."),
        (lambda: make(images.astype("float64"), 4, 10), "images: wanted uint8, or float32 in .-1, 1., got float64"),
        (lambda: make(images, 201, 10), "batch_size: wanted at most 200, the number of images, got 201"),
        (lambda: make(images, 4, 0), "batches: wanted a whole number from 1 on, got 0"),
        (lambda: make(images, 4, 10, variant="group"), "variant: unknown name 'group'; did you mean 'groups'"),
        (lambda: make(images, 4, 10, groups=0), "groups: wanted a whole number from 1 on, got 0"),
        (
            lambda: make(images, 4, 10, labels=[1]),
            r"labels: wanted 200 integers, one an image, got int64 of shape \(1,\)",
        ),
        (
            lambda: make(images, 4, 10, labels=np.zeros(N)),
            r"labels: wanted 200 integers, .* got float64 of shape \(200",
        ),
        (lambda: make(images * 3, 4, 10), r"images: lie in \[-2.985, 2.985\], wanted \[-1, 1\]"),
        (lambda: make(images * np.float32("nan"), 4, 10), r"images: lie in \[nan, nan\], wanted"),
        (lambda: make(images, 4, 10, variants="groups"), "argument: unknown name 'variants'; did you mean 'variant'"),
        (lambda: make(images, 4, 10, seed=None), "seed: wanted a whole number from 0 on, got None"),
        (lambda: make(images, 4, 10, difficulty="edge_energy"), "difficulty: wanted a function of images, got 'edge"),
        (lambda: make(images, 4, 10, difficulty=lambda x: x), "difficulty: wanted one score an image, got shapes"),
        (lambda: make(images, 4, 10, difficulty=lambda x: x[:, 0, 0, 0] / 0), "difficulty: wanted finite scores"),
        (lambda: curriculum.EasinessWeight("relativistic", 1.0), "base: wanted a loss with a term for each logit"),
        (lambda: curriculum.EasinessWeight("hinge", 5.0), r"emphasis: wanted a number in \[0, 1\], got 5.0"),
        (lambda: curriculum.Coarsening(-1), "lod: wanted a number from 0 on, got -1"),
        (lambda: curriculum.BlurAnnealing(-1), "std: wanted a number from 0 on, got -1"),
        (lambda: curriculum.BlurAnnealing(1.0)(tf.zeros((4, 2)), None), r"wanted images .*, got shape \(4, 2\)"),
        (lambda: curriculum.growing_discriminator([1, 2]), r"networks: wanted Keras models, got \[1, 2\]"),
        (lambda: curriculum.Strengthen(0.5), "strength: wanted a Schedule, got 0.5"),
        (lambda: curriculum.growing_discriminator([linear_discriminator(1)]), "networks: wanted two or more"),
    ]:
        with pytest.raises(InputError, match=message), np.errstate(all="ignore"):
            call()
    gan, strengthen = tiny_gan()
    gan.discriminator = linear_discriminator(1)
    with pytest.raises(InputError, match="networks: wanted one with a Blend"):
        strengthen.set_model(gan)
