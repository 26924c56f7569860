"""The sides that run on TensorFlow: kgan as its users write it, and the same game by hand."""

import keras
import numpy as np
import tensorflow as tf

import kgan
from benchmarks.speed.settings import Setting

GAMES = {"wgan_gp": kgan.WGANGP, "sngan": kgan.SNGAN, "gan": kgan.GAN}


def networks(setting: Setting) -> tuple[keras.Model, keras.Model]:
    """(generator, discriminator)."""
    keras.config.set_dtype_policy("mixed_bfloat16" if setting.precision == "bfloat16" else "float32")
    keras.utils.set_random_seed(0)
    shape, width, z = setting.shape, setting.width, setting.latents
    nets = kgan.networks
    return {
        "dcgan": lambda: (nets.dcgan_generator(shape, z, width), nets.dcgan_discriminator(shape, width)),
        "sngan": lambda: (nets.sngan_generator(shape, z, width), nets.sngan_discriminator(shape, width)),
        "mlp": lambda: (nets.mlp_generator(shape, z, width, 2), nets.mlp_discriminator(shape, width, 2)),
    }[setting.network]()


def parameters(*models: keras.Model) -> int:
    """How many are trained."""
    return sum(int(np.prod(v.shape)) for model in models for v in model.trainable_variables)


class Kgan:
    """`kgan`, with the defaults of `compile`."""

    def __init__(self, setting: Setting) -> None:
        generator, discriminator = networks(setting)
        self.gan = GAMES[setting.game](generator, discriminator, setting.latents)
        adam = lambda: keras.optimizers.Adam(**setting.rates)  # noqa: E731
        self.gan.compile(d_optimizer=adam(), g_optimizer=adam(), n_critic=setting.n_critic)
        self.parameters = parameters(generator, discriminator)
        self.data, self.batch, self.epoch = setting.data(), setting.batch, 0

    def play(self, rounds: int) -> None:
        """Trains for so many rounds, an epoch."""
        epochs = {"initial_epoch": self.epoch, "epochs": self.epoch + 1}
        self.gan.fit(self.data, batch_size=self.batch, steps_per_epoch=rounds, verbose=0, **epochs)
        self.epoch += 1

    def sample(self, num: int) -> None:
        """Makes samples."""
        self.gan.sample(num, seed=self.epoch)


class ByHand(keras.Model):
    """The same round as `tf.GradientTape`'s users write it, as a stock Keras model."""

    def __init__(self, setting: Setting) -> None:
        super().__init__()
        self.setting = setting
        self.generator, self.discriminator = networks(setting)
        self.average = keras.models.clone_model(self.generator)
        self.average.set_weights(self.generator.get_weights())
        self.d_optimizer, self.g_optimizer = (keras.optimizers.Adam(**setting.rates) for _ in "dg")
        self.normalized = [layer for layer in self.discriminator.layers if hasattr(layer, "power_iteration")]
        self.step = self.add_weight(shape=(), initializer="zeros", dtype="float32", trainable=False)
        self.built = True
        self.compile(jit_compile=False)
        self.d_optimizer.build(self.discriminator.trainable_variables)
        self.g_optimizer.build(self.generator.trainable_variables)

    def call(self, latents, training=False):
        return self.average(latents, training=training)

    def logits(self, samples):
        return tf.cast(self.discriminator(samples, training=True), "float32")

    def fakes(self):
        latents = tf.random.normal((self.setting.batch, self.setting.latents))
        return tf.cast(self.generator(latents, training=True), "float32")

    def d_loss(self, real, fake):
        on_reals, on_fakes = self.logits(real), self.logits(fake)
        if self.setting.game == "sngan":
            return tf.reduce_mean(tf.nn.relu(1.0 - on_reals)) + tf.reduce_mean(tf.nn.relu(1.0 + on_fakes))
        if self.setting.game == "gan":
            return tf.reduce_mean(tf.nn.softplus(-on_reals)) + tf.reduce_mean(tf.nn.softplus(on_fakes))
        alpha = tf.random.uniform((self.setting.batch, *[1] * (len(real.shape) - 1)))
        between = alpha * real + (1.0 - alpha) * fake
        with tf.GradientTape() as tape:
            tape.watch(between)
            logits = self.logits(between)
        slopes = tf.reshape(tape.gradient(logits, between), (self.setting.batch, -1))
        norms = tf.sqrt(tf.reduce_sum(tf.square(slopes), 1) + 1e-12)
        penalty = 10.0 * tf.reduce_mean(tf.square(norms - 1.0))
        return tf.reduce_mean(on_fakes) - tf.reduce_mean(on_reals) + penalty

    def g_loss(self):
        logits = self.logits(self.fakes())
        return tf.reduce_mean(tf.nn.softplus(-logits) if self.setting.game == "gan" else -logits)

    def train_step(self, batches):
        for i in range(self.setting.n_critic):
            fake = self.fakes()
            with tf.GradientTape() as tape:
                d_loss = self.d_loss(batches[i], fake)
            variables = self.discriminator.trainable_variables
            self.d_optimizer.apply_gradients(zip(tape.gradient(d_loss, variables), variables, strict=True))
            for layer in self.normalized:
                layer.power_iteration()
        with tf.GradientTape() as tape:
            g_loss = self.g_loss()
        variables = self.generator.trainable_variables
        self.g_optimizer.apply_gradients(zip(tape.gradient(g_loss, variables), variables, strict=True))
        self.step.assign_add(1.0)
        rate = 1.0 - tf.minimum(0.999, (1.0 + self.step) / (10.0 + self.step))
        for mean, value in zip(self.average.variables, self.generator.variables, strict=True):
            mean.assign_add(rate * (value - mean))
        return {"d_loss": d_loss, "g_loss": g_loss}


def batches(setting: Setting) -> tf.data.Dataset:
    """What a round by hand takes: (n_critic, batch, ...)."""
    data = setting.data().reshape(-1, setting.batch, *setting.shape)  # whole batches, which cost least
    data = tf.data.Dataset.from_tensor_slices(data).repeat().shuffle(16, seed=0)
    data = data.batch(setting.n_critic, drop_remainder=True)
    options = tf.data.Options()
    options.autotune.enabled = False  # its thread makes the end of fit wait for seconds
    return data.prefetch(2).with_options(options)


class StockFit:
    """`keras.Model.fit`, with its defaults."""

    def __init__(self, setting: Setting) -> None:
        self.model, self.data = ByHand(setting), batches(setting)
        self.parameters = parameters(self.model.generator, self.model.discriminator)
        self.latents = setting.latents

    def play(self, rounds: int) -> None:
        """Trains for so many rounds, an epoch."""
        self.model.fit(self.data, steps_per_epoch=rounds, epochs=1, verbose=0)

    def sample(self, num: int) -> None:
        """Makes samples."""
        self.model.predict(np.random.default_rng(0).normal(size=(num, self.latents)), batch_size=256, verbose=0)


class Bare:
    """A `tf.function` a round, in a Python loop."""

    def __init__(self, setting: Setting) -> None:
        self.model, self.iterator = ByHand(setting), iter(batches(setting))
        self.parameters, self.latents = parameters(self.model.generator, self.model.discriminator), setting.latents
        self.round = tf.function(lambda iterator: self.model.train_step(next(iterator)))
        self.made = tf.function(self.model.average, reduce_retracing=True)

    def play(self, rounds: int) -> None:
        """Plays so many rounds."""
        for _ in range(rounds):
            logs = self.round(self.iterator)
        float(logs["g_loss"])

    def sample(self, num: int) -> None:
        """Makes samples."""
        for start in range(0, num, 256):
            self.made(tf.random.normal((min(256, num - start), self.latents))).numpy()


class Looped(Bare):
    """All rounds in one call of a `tf.function`."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)

        @tf.function
        def several(iterator, rounds):
            for _ in tf.range(rounds):
                self.model.train_step(next(iterator))

        self.several = several

    def play(self, rounds: int) -> None:
        """Plays so many rounds."""
        self.several(self.iterator, tf.constant(rounds))
        float(self.model.step)
