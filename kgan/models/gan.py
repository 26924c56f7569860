"""The two-player GAN (Goodfellow et al. 2014) as a `keras.Model`."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kgan import random
from kgan.checks import InputError, whole
from kgan.distribute import sublayers
from kgan.fit import FitLoop
from kgan.game import Game, Logs, Player, Round
from kgan.losses import Loss
from kgan.losses import get as get_loss
from kgan.models.average import Average
from kgan.penalties import get as get_penalty
from kgan.spec import resolve
from kgan.updates import UPDATES, Update

LATENTS, PENALTY = 0, 1  # what a draw is for: the last key of its seed


@keras.saving.register_keras_serializable("kgan")
class GAN(FitLoop, keras.Model):
    """A generator and a discriminator, each with its own objective, moved in turn by an update rule.

    A call returns images from latents, by the averaged generator where there is one. To train another objective,
    subclass and override `discriminator_objective` or `generator_objective`; for another game, `players`.

    Args:
        generator: a `keras.Model` from latents, float32 (batch, latent_dim), to samples (batch, ...).
        discriminator: a `keras.Model` from samples to logits (batch, 1); any trailing shape, patches say, will do.
        latent_dim: the dimension of the latents, drawn from N(0, I).

    Raises:
        InputError: if the shapes of latents, generator and discriminator do not fit.
    """

    def __init__(self, generator: keras.Model, discriminator: keras.Model, latent_dim: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        _check_networks(generator, discriminator, latent_dim)
        self.generator, self.discriminator, self.latent_dim = generator, discriminator, latent_dim
        self.average = self.average_generator = self.update = None
        self._retired = set()
        self.step = self.add_weight(
            shape=(), dtype="int64", initializer="zeros", trainable=False, aggregation="only_first_replica", name="step"
        )
        self.built = True

    def compile(
        self,
        loss: str | Loss = "non_saturating",
        d_optimizer: Any = None,
        g_optimizer: Any = None,
        penalties: Sequence = (),
        update: str | Update = "alternating",
        n_critic: int = 1,
        ema_decay: float | None = 0.999,
        seed: int = 0,
        jit_compile: bool = False,
        steps_per_execution: int = 1,
        run_eagerly: bool = False,
    ) -> None:
        """Says how to play. Call it inside the strategy's scope, as the constructor.

        Args:
            loss: a name in `kgan.losses.LOSSES` or an object with `discriminator` and `generator`.
            d_optimizer: the discriminator's optimizer, a Keras name, object or config; default DCGAN's
                Adam(2e-4, beta_1=0.5). Two learning rates make TTUR (Heusel et al. 2017).
            g_optimizer: the generator's, likewise; an object of its own.
            penalties: names ("r1(gamma=10, interval=16)") or callables `(discriminator, real, fake, seed) -> scalar`.
            update: a name in `kgan.updates.UPDATES` or a rule.
            n_critic: discriminator steps a round, each with a fresh real batch.
            ema_decay: of the generator's average, in [0, 1); None for no average. See `Average`.
            seed: of every draw in training. With the same initial weights, data and seed a run is the same run.
            jit_compile: compile the round with XLA; on one replica only.
            steps_per_execution: rounds in one call of the compiled function; must divide the epoch.
            run_eagerly: run the round without tf.function, for debugging.

        Raises:
            InputError: for an unknown name or an argument out of its range.
        """
        _check_settings(n_critic, ema_decay, steps_per_execution, seed)
        super().compile(
            optimizer=None, jit_compile=jit_compile, steps_per_execution=steps_per_execution, run_eagerly=run_eagerly
        )
        self.adversarial_loss = get_loss(loss)
        self.penalties = [get_penalty(penalty) for penalty in _as_list(penalties)]
        self.n_critic, self.seed = n_critic, seed
        self.d_optimizer = _optimizer("d_optimizer", d_optimizer)
        self.g_optimizer = _optimizer("g_optimizer", g_optimizer)
        if self.d_optimizer is self.g_optimizer:
            raise InputError("g_optimizer: wanted an optimizer of its own, got the discriminator's")
        if self.average_generator is None and ema_decay is not None:
            self.average_generator = keras.models.clone_model(self.generator)
        self.average = None if ema_decay is None else Average(self.generator, self.average_generator, ema_decay)
        self.game = Game(self.players())
        for player in self.game.players:
            player.optimizer.build(player.variables)
        if self.update is not None:  # Keras goes on tracking what an attribute held before
            self._retired |= {id(v) for v in self.update.variables}
        self.update = resolve("update", update, UPDATES, methods=("build", "rounds_needed"))
        try:
            self.update.build(self.game)
        except ValueError as error:
            raise InputError(str(error)) from error

    def players(self) -> list[Player]:
        """The game, in playing order."""
        d, g = self.discriminator, self.generator
        return [
            Player(
                "d",
                d.trainable_variables,
                self.d_optimizer,
                self.discriminator_objective,
                steps=self.n_critic,
                settle=self.settle_discriminator,
            ),
            Player("g", g.trainable_variables, self.g_optimizer, self.generator_objective, settle=_iterate(g)),
        ]

    def settle_discriminator(self) -> None:
        """What follows each move of the discriminator: one power iteration of its spectral normalisation."""
        _iterate(self.discriminator)()

    def discriminator_objective(self, round: Round) -> tuple[tf.Tensor, Logs]:
        """The adversarial loss on reals and fakes, plus the penalties."""
        fake = round.once("fake", lambda: self.generate(round))
        real_logits = round.once("real_logits", lambda: self.judge(round.real, round))
        fake_logits = round.once("fake_logits", lambda: self.judge(fake, round))
        loss = self.adversarial_loss.discriminator(real_logits, fake_logits)
        logs = {"d_loss": loss, "d_real": tf.reduce_mean(real_logits), "d_fake": tf.reduce_mean(fake_logits)}
        terms = {}
        for number, penalty in enumerate(self.penalties):
            name = _unique(getattr(penalty, "name", None) or getattr(penalty, "__name__", "penalty"), terms)
            terms[name] = self._penalty(penalty, number, fake, round)
        return tf.add_n([loss, *terms.values()]), logs | terms

    def generator_objective(self, round: Round) -> tuple[tf.Tensor, Logs]:
        """The adversarial loss as the generator sees it."""
        fake = round.once("fake", lambda: self.generate(round))
        # Most losses do not look at the reals here; the graph then drops this pass.
        real_logits = round.once("real_logits", lambda: self.judge(round.real, round))
        fake_logits = round.once("fake_logits", lambda: self.judge(fake, round))
        loss = self.adversarial_loss.generator(real_logits, fake_logits)
        return loss, {"g_loss": loss}

    def generate(self, round: Round) -> tf.Tensor:
        """As many fakes as the round has reals, float32."""
        latents = random.normal((tf.shape(round.real)[0], self.latent_dim), random.fold_in(round.seed, LATENTS))
        return tf.cast(self.generator(latents, training=round.training), "float32")

    def judge(self, samples: tf.Tensor, round: Round) -> tf.Tensor:
        """The discriminator's logits, float32."""
        return tf.cast(self.discriminator(samples, training=round.training), "float32")

    def _penalty(self, penalty: Any, number: int, fake: tf.Tensor, round: Round) -> tf.Tensor:
        def compute() -> tf.Tensor:
            seed = random.fold_in(round.seed, PENALTY, number)
            return penalty(lambda samples: self.judge(samples, round), round.real, fake, seed)

        interval = getattr(penalty, "interval", 1)
        if interval == 1 or not round.lazy:
            return compute()
        return tf.cond(tf.cast(round.step, "int32") % interval == 0, lambda: interval * compute(), lambda: 0.0)

    def train_step(self, batches: Sequence) -> Logs:
        """One round, on as many real batches as the update rule needs."""
        rounds = [self.round(batch, number) for number, batch in enumerate(batches)]
        logs = self.update(self.game, rounds)
        if self.average is not None:
            self.average.update(self.step)
        self.step.assign_add(1)
        return logs

    def test_step(self, batch: Any, number: Any = 0) -> Logs:
        """The players' losses on held-out batch `number`, with the networks as they are; moves nothing."""
        round = self.round(batch, number, training=False, lazy=False)
        logs = {}
        for number, player in enumerate(self.game.players):
            logs |= player.objective(round.drawn(number))[1]
        return logs

    def round(self, batch: Any, number: Any = 0, training: bool = True, lazy: bool = True) -> Round:
        """What the objectives see of `batch` (samples, or samples and labels), the `number`-th of the present step."""
        real, labels = batch if isinstance(batch, tuple | list) else (batch, None)
        seed = random.fold_in(random.key(self.seed), self.step.value, number)
        return Round(tf.cast(real, "float32"), labels, self.step.value, seed, training, lazy)

    def call(self, latents: tf.Tensor, training: bool = False) -> tf.Tensor:
        network = self.generator if training or self.average is None else self.average.network
        return network(latents, training=training)

    def sample(self, num: int, seed: int = 0, average: bool = True, batch_size: int = 256) -> np.ndarray:
        """`num` samples, a function of the weights and `seed`.

        Args:
            num: how many; at least 1.
            seed: of the latents.
            average: take the averaged generator, if there is one; otherwise the one that trains.
            batch_size: how many are generated at a time.

        Returns:
            float32 (num, ...); images lie in [-1, 1].
        """
        whole("num", num)
        whole("seed", seed, least=0)
        whole("batch_size", batch_size)
        network = self.average.network if average and self.average is not None else self.generator
        latents = tf.random.stateless_normal((num, self.latent_dim), random.key(seed))
        parts = [network(latents[i : i + batch_size], training=False) for i in range(0, num, batch_size)]
        return tf.cast(tf.concat(parts, 0), "float32").numpy()

    @property
    def rounds_needed(self) -> int:
        """How many real batches one round takes."""
        return self.update.rounds_needed(self.game)

    @property
    def state(self) -> list:
        """Every variable of the run, in a fixed order: weights, buffers, step, rule, optimizers."""
        own = [v for v in self.variables if id(v) not in self._retired]
        return own + [v for player in self.game.players for v in player.optimizer.variables]

    def check_batch(self, batch: Any) -> None:
        """Looks at a real batch before training.

        Raises:
            InputError: if it does not fit the discriminator, or is not what `kgan.data` yields.
        """
        real = batch[0] if isinstance(batch, tuple | list) else batch
        wanted = tuple(self.discriminator.input_shape[1:])
        if tuple(real.shape[1:]) != wanted:
            raise InputError(f"data: samples have shape {tuple(real.shape[1:])}, the discriminator takes {wanted}")
        if not real.dtype.is_floating:
            raise InputError(f"data: wanted float32 images in [-1, 1], got {real.dtype.name}")
        low, high = float(tf.reduce_min(real)), float(tf.reduce_max(real))
        if not (np.isfinite(low) and np.isfinite(high)):
            raise InputError("data: the first batch holds a NaN or an infinity")
        if len(wanted) == 3 and (low < -1.001 or high > 1.001):
            raise InputError(f"data: images lie in [{low:g}, {high:g}], wanted [-1, 1]")

    def get_config(self) -> dict:
        serialize = keras.saving.serialize_keras_object
        return {
            **super().get_config(),
            "generator": serialize(self.generator),
            "discriminator": serialize(self.discriminator),
            "latent_dim": self.latent_dim,
        }

    @classmethod
    def from_config(cls, config: dict, custom_objects: dict | None = None) -> "GAN":
        read = keras.saving.deserialize_keras_object
        networks = {name: read(config.pop(name), custom_objects) for name in ("generator", "discriminator")}
        return cls(**networks, **config)

    def get_compile_config(self) -> None:
        """Settings are not saved with the model: compile again after loading."""


def _iterate(network: keras.Model):
    layers = [layer for layer in sublayers(network) if hasattr(layer, "power_iteration")]

    def iterate() -> None:
        for layer in layers:
            layer.power_iteration()

    return iterate


def _as_list(value: Any) -> list:
    return list(value) if isinstance(value, list | tuple) else [value]


def _unique(name: str, taken: dict) -> str:
    return name if name not in taken else f"{name}_{len(taken) + 1}"


def _optimizer(argument: str, optimizer: Any) -> keras.optimizers.Optimizer:
    if optimizer is None:
        optimizer = keras.optimizers.Adam(2e-4, beta_1=0.5)
    try:
        optimizer = keras.optimizers.get(optimizer)
    except ValueError as error:
        raise InputError(f"{argument}: {str(error).splitlines()[0]}") from error
    if keras.mixed_precision.dtype_policy().name == "mixed_float16":
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    return optimizer


def _check_settings(n_critic: int, ema_decay: float | None, steps_per_execution: int, seed: int) -> None:
    whole("n_critic", n_critic)
    whole("steps_per_execution", steps_per_execution)
    if ema_decay is not None and not (isinstance(ema_decay, int | float) and 0.0 <= ema_decay < 1.0):
        raise InputError(f"ema_decay: wanted a number in [0, 1) or None, got {ema_decay!r}")
    if not isinstance(seed, int) or not 0 <= seed < 2**31:
        raise InputError(f"seed: wanted a whole number in [0, 2^31), got {seed!r}")


def _check_networks(generator: keras.Model, discriminator: keras.Model, latent_dim: int) -> None:
    for name, network in (("generator", generator), ("discriminator", discriminator)):
        if not isinstance(network, keras.layers.Layer):
            raise InputError(f"{name}: wanted a keras.Model, got {network!r}")
    whole("latent_dim", latent_dim)
    if generator.built and tuple(generator.input_shape[1:]) != (latent_dim,):
        raise InputError(f"latent_dim: got {latent_dim}, but the generator takes {tuple(generator.input_shape[1:])}")
    made = tuple(generator(tf.zeros((2, latent_dim)), training=False).shape[1:])
    if discriminator.built and tuple(discriminator.input_shape[1:]) != made:
        taken = tuple(discriminator.input_shape[1:])
        raise InputError(f"discriminator: it takes {taken}, but the generator makes {made}")
    discriminator(tf.zeros((2, *made)), training=False)
