"""The contract of models: every preset trains, samples, saves; and what `GAN` promises beyond."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import kgan
from kgan.checks import InputError
from kgan.models import PRESETS

# tests/models/test_games.py has those that are more than a plain generator and discriminator.
OTHERS = {"conditional", "ac_gan", "cyclegan", "pix2pix", "progressive"}
OTHERS |= {"multi_discriminator", "d2gan", "packed", "mixgan", "chekhov", "stylegan2_ada"}
PLAIN = sorted(set(PRESETS) - OTHERS)


def make(preset="gan", normalization="spectral", convolutional=False, **settings):
    keras.utils.set_random_seed(0)
    if convolutional:
        generator = kgan.networks.dcgan_generator((8, 8, 1), 4, width=4)
        discriminator = kgan.networks.dcgan_discriminator((8, 8, 1), width=4, normalization=normalization)
    else:  # a third of the tracing time
        generator = kgan.networks.mlp_generator((8, 8, 1), 4, width=8, depth=1, normalization="batch")
        discriminator = kgan.networks.mlp_discriminator((8, 8, 1), width=8, depth=1, normalization=normalization)
    gan = PRESETS[preset](generator, discriminator, latent_dim=4)
    gan.compile(**settings)
    return gan


def images(num=64, shape=(8, 8, 1)):
    return np.random.default_rng(0).uniform(-1, 1, (num, *shape)).astype("float32")


def weights(gan):
    return [np.array(v) for v in gan.state]


def same(a, b):
    return all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


@pytest.fixture(scope="class")
def trained(preset):
    """For what changes nothing in it."""
    gan = make(preset, n_critic=1, ema_decay=0.9)
    gan.fit(images(4), batch_size=2, epochs=1, verbose=0)
    return gan


@pytest.mark.parametrize("preset", PLAIN, scope="class")
class TestContract:
    @pytest.mark.slow
    def test_trains_logs_and_samples(self, preset):
        gan = make(preset, convolutional=True)
        before = [v.numpy() for v in gan.generator.trainable_variables]
        history = gan.fit(images(), batch_size=8, epochs=1, verbose=0).history
        wanted = {"d_loss", "g_loss", "d_real", "d_fake", "d_grad_norm", "g_grad_norm"}
        assert wanted <= set(history) and all(np.isfinite(values).all() for values in history.values())
        assert int(gan.step.numpy()) == 8 // gan.rounds_needed
        assert not same(before, [v.numpy() for v in gan.generator.trainable_variables])
        samples = gan.sample(5, seed=1)
        assert samples.shape == (5, 8, 8, 1) and samples.dtype == "float32" and np.abs(samples).max() <= 1
        np.testing.assert_allclose(samples, gan.sample(5, seed=1, batch_size=2), atol=1e-6)
        assert not np.array_equal(samples, gan.sample(5, seed=2))

    def test_weights_and_optimizers_survive_saving(self, preset, trained, tmp_path):
        trained.save_weights(tmp_path / "gan.weights.h5")
        other = make(preset, n_critic=1, ema_decay=0.9)
        other.load_weights(tmp_path / "gan.weights.h5")
        assert same(weights(trained), weights(other))

    def test_the_model_survives_saving_as_a_keras_file(self, preset, trained, tmp_path):
        gan = trained
        gan.save(tmp_path / "gan.keras")
        loaded = keras.saving.load_model(tmp_path / "gan.keras")
        assert type(loaded) is type(gan)
        for average in (False, True):
            np.testing.assert_array_equal(loaded.sample(3, average=average), gan.sample(3, average=average))
        assert not np.array_equal(loaded.sample(3), loaded.sample(3, average=False))
        latents = np.ones((2, 4), "float32")
        np.testing.assert_array_equal(loaded(latents), gan(latents))
        loaded.save(tmp_path / "again.keras")  # without compiling
        np.testing.assert_array_equal(keras.saving.load_model(tmp_path / "again.keras").sample(3), gan.sample(3))
        loaded.compile(ema_decay=None)
        np.testing.assert_array_equal(loaded.sample(3), gan.sample(3, average=False))


@pytest.mark.parametrize("preset", ["gan", "wgan_gp"])  # tests/test_bits.py has every preset, in processes of its own
def test_same_seed_same_bytes_another_seed_others(preset):
    def run(seed):
        gan = make(preset, seed=seed, n_critic=2)
        gan.fit(images(8), batch_size=2, epochs=1, verbose=0)
        return weights(gan)

    first = run(0)
    assert same(first, run(0))
    assert not same(first, run(1))


# What the papers prescribe (reference/methods.md has the sources): steps of D, both rates, betas, loss, penalties.
PAPERS = {
    "gan": (1, (2e-4, 2e-4), (0.5, 0.999), "NonSaturating", []),
    "wgan": (5, (5e-5, 5e-5), None, "Wasserstein", []),
    "wgan_gp": (5, (1e-4, 1e-4), (0.0, 0.9), "Wasserstein", ["GradientPenalty"]),
    "sngan": (5, (2e-4, 2e-4), (0.0, 0.9), "Hinge", []),
    "lsgan": (1, (2e-4, 2e-4), (0.5, 0.999), "LeastSquares", []),
    "sagan": (1, (4e-4, 1e-4), (0.0, 0.9), "Hinge", []),
    "dragan": (1, (2e-4, 2e-4), (0.5, 0.999), "NonSaturating", ["Dragan"]),
    "ragan": (1, (2e-4, 2e-4), (0.5, 0.999), "RelativisticAverage", []),
    "fgan": (1, (2e-4, 2e-4), (0.5, 0.999), "FGAN", []),
    "r3gan": (1, (2e-4, 2e-4), None, "Relativistic", ["R1R2"]),
}


@pytest.mark.parametrize("preset", PLAIN)
def test_presets_have_their_papers_settings(preset):
    n_critic, rates, betas, loss, penalties = PAPERS[preset]
    gan = make(preset)
    assert gan.n_critic == n_critic and type(gan.adversarial_loss).__name__ == loss
    for optimizer, rate in zip((gan.d_optimizer, gan.g_optimizer), rates, strict=True):
        assert float(optimizer.learning_rate) == pytest.approx(rate)
        assert betas is None or (optimizer.beta_1, optimizer.beta_2) == betas
    assert [type(p).__name__ for p in gan.penalties] == penalties


def test_wgan_clips_after_every_critic_step():
    gan = make("wgan", normalization=None, clip_value=0.003, d_optimizer=keras.optimizers.SGD(1.0))
    gan.fit(images(40), batch_size=8, verbose=0)
    assert max(np.abs(v).max() for v in gan.discriminator.trainable_variables) == pytest.approx(0.003)
    assert max(np.abs(v).max() for v in gan.generator.trainable_variables) > 0.003


def test_every_critic_step_gets_a_fresh_batch_and_the_epoch_is_shorter_for_it():
    gan = make(n_critic=3)
    seen = []
    objective = gan.discriminator_objective

    class Watching(kgan.GAN):
        def discriminator_objective(self, round):
            seen.append(round.real.numpy())
            return super().discriminator_objective(round)

    gan = Watching(gan.generator, gan.discriminator, 4)
    gan.compile(n_critic=3, run_eagerly=True)
    data = images(48)
    gan.fit(tf.data.Dataset.from_tensor_slices(data).batch(4), verbose=0)
    assert int(gan.step.numpy()) == 4 and len(seen) == 12 and objective is not None
    np.testing.assert_array_equal(np.concatenate(seen), data)


def test_average_follows_its_law_and_copies_buffers():
    gan = make(ema_decay=0.9)
    average = [v.numpy() for v in gan.average.network.trainable_variables]
    for t in range(1, 5):
        gan.train_on_batch(images(4))
        rate = 1 - min(0.9, (1 + t) / (10 + t))
        values = [v.numpy() for v in gan.generator.trainable_variables]
        average = [a + rate * (v - a) for a, v in zip(average, values, strict=True)]
    for mean, expected in zip(gan.average.network.trainable_variables, average, strict=True):
        np.testing.assert_allclose(mean, expected, rtol=1e-5, atol=1e-7)
    for copy, buffer in zip(
        gan.average.network.non_trainable_variables, gan.generator.non_trainable_variables, strict=True
    ):
        np.testing.assert_array_equal(copy, buffer)
    moved = [b for b in gan.generator.non_trainable_variables if "moving_mean" in b.path]
    assert moved and any(np.any(b.numpy()) for b in moved)


def test_without_average_sample_is_the_generators():
    gan = make(ema_decay=None)
    gan.fit(images(16), batch_size=8, verbose=0)
    np.testing.assert_array_equal(gan.sample(2), gan.sample(2, average=False))
    assert gan.average is None


def test_a_model_without_average_is_loaded_without(tmp_path):
    gan = make(ema_decay=None)
    gan.fit(images(16), batch_size=8, verbose=0)
    gan.save(tmp_path / "gan.keras")
    loaded = keras.saving.load_model(tmp_path / "gan.keras")
    assert loaded.average is None
    np.testing.assert_array_equal(loaded.sample(2), gan.sample(2))


def test_calling_the_model_is_the_averaged_generator():
    gan = make()
    gan.fit(images(16), batch_size=8, verbose=0)
    z = np.ones((2, 4), "float32")
    np.testing.assert_array_equal(gan(z), gan.average.network(z, training=False))
    np.testing.assert_allclose(gan.predict(z, verbose=0), gan(z), rtol=1e-5, atol=1e-6)


def test_evaluate_is_repeatable_and_moves_nothing():
    gan = make(penalties=["r1"])
    before = weights(gan)
    data = tf.data.Dataset.from_tensor_slices(images(32)).batch(8)
    logs = gan.evaluate(data)
    assert logs == gan.evaluate(data) and same(before, weights(gan))
    assert {"d_loss", "g_loss", "r1", "d_real", "d_fake", "r_t"} == set(logs)
    history = gan.fit(data, validation_data=data, verbose=0).history
    assert {"val_d_loss", "val_g_loss"} <= set(history)


def test_evaluate_weighs_samples_and_draws_anew_for_each_batch():
    gan, data = make("wgan"), images(10)
    parts = [data[:8], data[8:]]
    logs = [gan.test_step(tf.constant(part), number) for number, part in enumerate(parts)]
    mean = gan.evaluate(tf.data.Dataset.from_tensor_slices(data).batch(8))
    assert mean["d_real"] == pytest.approx(0.8 * float(logs[0]["d_real"]) + 0.2 * float(logs[1]["d_real"]), abs=1e-6)
    same_reals = [gan.test_step(tf.constant(parts[0]), number)["d_fake"] for number in range(2)]
    assert float(same_reals[0]) != float(same_reals[1])


def test_a_lazy_penalty_looked_at_from_outside_is_its_mean():
    lazy, plain = make(penalties=["r1(interval=3)"]), make(penalties=["r1"])
    for step in range(2):
        lazy.step.assign(step)
        plain.step.assign(step)
        assert float(lazy.test_step(images(8))["r1"]) == pytest.approx(float(plain.test_step(images(8))["r1"]))


def test_steps_per_execution_and_eager_play_the_same_game():
    data = tf.data.Dataset.from_tensor_slices(images(48)).batch(4)
    results = {}
    for name, settings in {"one": {}, "three": {"steps_per_execution": 3}, "eager": {"run_eagerly": True}}.items():
        gan = make("wgan_gp", n_critic=2, d_optimizer="sgd", g_optimizer="sgd", **settings)
        logs = gan.fit(data, verbose=0).history
        results[name] = (weights(gan), logs)
    for name in ("three", "eager"):
        for a, b in zip(results["one"][0], results[name][0], strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)
        assert results["one"][1]["d_loss"] == pytest.approx(results[name][1]["d_loss"], rel=1e-4)


def test_xla_plays_the_same_game_up_to_its_own_rounding():
    data = tf.data.Dataset.from_tensor_slices(images(16)).batch(8)
    gan = make("wgan_gp", n_critic=1, jit_compile=True)
    logs = gan.fit(data, verbose=0).history
    assert all(np.isfinite(v).all() for v in logs.values())
    assert logs["d_loss"] == pytest.approx(make("wgan_gp", n_critic=1).fit(data, verbose=0).history["d_loss"], abs=0.05)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision(policy):
    keras.config.set_dtype_policy(policy)
    gan = make("sngan", n_critic=1, penalties=["r1(gamma=0.1)"])
    logs = gan.fit(images(16), batch_size=8, verbose=0).history
    assert all(np.isfinite(v).all() for v in logs.values())
    assert all(v.dtype == "float32" for v in gan.generator.trainable_variables)
    assert gan.sample(2).dtype == np.float32
    assert isinstance(gan.d_optimizer, keras.optimizers.LossScaleOptimizer) == (policy == "mixed_float16")


def test_another_objective_and_another_penalty():
    class Saturating(kgan.GAN):
        def generator_objective(self, round):
            logits = self.play(round).fake_logits
            loss = -tf.reduce_mean(tf.nn.softplus(logits))
            return loss, {"g_loss": loss, "mine": loss}

    def drift(discriminator, real, fake, seed):
        return 1e-3 * tf.reduce_mean(discriminator(real) ** 2)

    base = make()
    gan = Saturating(base.generator, base.discriminator, 4)
    gan.compile(penalties=[drift])
    history = gan.fit(images(16), batch_size=8, verbose=0).history
    assert "mine" in history and "drift" in history


def test_two_time_scales():
    gan = make(d_optimizer=keras.optimizers.Adam(4e-4), g_optimizer=keras.optimizers.Adam(1e-4))
    assert float(gan.d_optimizer.learning_rate) == pytest.approx(4e-4)
    assert float(gan.g_optimizer.learning_rate) == pytest.approx(1e-4)


def test_compiling_again_leaves_no_trace_of_the_first_time():
    gan = make()
    count = len(gan.state)
    gan.compile()
    assert len(gan.state) == count


def test_labels_pass_through():
    gan = make()
    data = tf.data.Dataset.from_tensor_slices((images(16), np.zeros(16, "int32"))).batch(8)
    gan.fit(data, verbose=0)
    assert int(gan.step.numpy()) == 2


def fit(data, gan=None, **settings):
    (gan or make()).fit(data, verbose=0, **settings)


def dataset(x, batch=4):
    return tf.data.Dataset.from_tensor_slices(x).batch(batch)


BAD = {
    "data: samples have shape (9, 9, 1), the discriminator takes (8, 8, 1)": lambda: fit(
        images(8, (9, 9, 1)), batch_size=4
    ),
    "data: images lie in [0, 255], wanted [-1, 1]": lambda: fit(
        np.linspace(0, 255, 8 * 64, dtype="float32").reshape(8, 8, 8, 1), batch_size=8
    ),
    "data: wanted float32 images in [-1, 1], got uint8": lambda: fit(np.zeros((8, 8, 8, 1), "uint8"), batch_size=4),
    "data: the first batch holds a NaN": lambda: fit(np.full((8, 8, 8, 1), np.nan, "float32"), batch_size=4),
    "data: the dataset is empty": lambda: fit(dataset(images(8)).take(0), steps_per_epoch=1),
    "data: 2 batches, and one round takes 5 (n_critic)": lambda: fit(dataset(images(8)), make(n_critic=5)),
    "batch_size: 32 is more than the 8 samples": lambda: fit(images(8)),
    "batch_size: a dataset has its own batches, got 4 beside it": lambda: fit(dataset(images(8)), batch_size=4),
    "steps_per_execution: 3 does not divide the epoch's 4 steps": lambda: fit(
        images(16), make(steps_per_execution=3), batch_size=4
    ),
    "steps_per_epoch: wanted, because the data's length is unknown or infinite": lambda: fit(
        dataset(images(8)).repeat()
    ),
    "loss: unknown name 'hinje'; did you mean 'hinge'": lambda: make(loss="hinje"),
    "update: unknown name 'alternate'; did you mean 'alternating'": lambda: make(update="alternate"),
    "n_critic: wanted a whole number from 1 on, got 0": lambda: make(n_critic=0),
    "ema_decay: wanted a number in [0, 1), a schedule or None, got 1.5": lambda: make(ema_decay=1.5),
    "run_eagerly: wanted True or False, got array([0., 0.])": lambda: make(run_eagerly=np.zeros(2)),
    "steps_per_execution: wanted a whole number": lambda: make(steps_per_execution=np.zeros(2)),
    "seed: wanted a whole number in [0, 2^31), got -1": lambda: make(seed=-1),
    "clip_value: wanted a number above 0, got 0": lambda: make("wgan", clip_value=0),
    "clip_value: wanted a number above 0, got 'a'": lambda: make("wgan", clip_value="a"),
    "gamma: wanted (beginning, end), got 5": lambda: make("r3gan", gamma=5),
    "gamma: wanted (beginning, end), got (5,)": lambda: make("r3gan", gamma=(5,)),
    "like: unknown name 'ffhq'; did you mean 'ffhq64'": lambda: make("r3gan", like="ffhq"),
    "gamma: wanted a number from 0 on, got -2": lambda: make("r3gan", gamma=(1, -2)),
    "divergence: wanted none beside a loss, got 'gan'": lambda: make("fgan", divergence="gan", loss="hinge"),
    "balance: wanted a schedules.RateBalance or None, got 'auto'": lambda: make(balance="auto"),
    "balance: wanted a schedules.RateBalance or None, got <class": lambda: make(balance=kgan.schedules.RateBalance),
    "d_optimizer: ": lambda: make(d_optimizer="adamm"),
    "num: wanted a whole number from 1 on, got 0": lambda: make().sample(0),
    "num: wanted a whole number from 1 on, got 2.5": lambda: make().sample(2.5),
    "seed: wanted a whole number from 0 on, got 'a'": lambda: make().sample(2, seed="a"),
    "generator: wanted a keras.Model, got None": lambda: kgan.GAN(None, kgan.networks.mlp_discriminator(), 4),
    "data: samples are a tuple of 2 parts, the discriminator takes one array of (8, 8, 1); labels go": lambda: fit(
        (images(8), np.zeros(8)), batch_size=4
    ),
    "batch_size: wanted a whole number from 1 on, got -1": lambda: fit(images(8), batch_size=-1),
    "steps_per_epoch: wanted a whole number from 1 on, got -1": lambda: fit(
        images(8), batch_size=4, steps_per_epoch=-1
    ),
    "epochs: wanted a whole number from 0 on, got 0.5": lambda: fit(images(8), batch_size=4, epochs=0.5),
    "update: \"consensus(weight='a')\": weight: wanted a number from 0 on, got 'a'": lambda: make(
        update='consensus(weight="a")'
    ),
    "update: \"lookahead(alternating, alpha='a')\": alpha": lambda: make(update='lookahead(alternating, alpha="a")'),
    "generator: 'mlp_generator' is given latents (5,), but it takes (4,)": lambda: kgan.GAN(
        kgan.networks.mlp_generator(latent_dim=4), kgan.networks.mlp_discriminator(), 5
    ),
    "discriminator: 'mlp_discriminator' is given samples (2,), but it takes (3,)": lambda: kgan.GAN(
        kgan.networks.mlp_generator((2,), 4), kgan.networks.mlp_discriminator((3,)), 4
    ),
    "discriminator: SNGAN wants layers wrapped in kgan.layers.SpectralNormalization": lambda: make(
        "sngan", normalization=None
    ),
    "compile: call compile() before training": lambda: kgan.GAN(
        kgan.networks.mlp_generator((2,), 4), kgan.networks.mlp_discriminator(), 4
    ).fit(np.zeros((32, 2), "float32")),
    "batches: a round takes 2, got 1": lambda: make(n_critic=2).train_on_batch(images(4)),
}


@pytest.mark.parametrize("message", BAD)
def test_bad_input(message):
    with pytest.raises(InputError) as error:
        BAD[message]()
    assert str(error.value).startswith(message) and "\n" not in str(error.value)


def test_one_optimizer_for_two_players_is_refused():
    optimizer = keras.optimizers.Adam()
    with pytest.raises(InputError, match="g_optimizer: wanted an optimizer of its own"):
        make(d_optimizer=optimizer, g_optimizer=optimizer)
