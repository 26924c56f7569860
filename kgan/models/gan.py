"""The two-player GAN (Goodfellow et al. 2014) as a `keras.Model`."""

import inspect
from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kgan import idioms, losses, random, schedules
from kgan.augment import Augmentation
from kgan.augment import get as get_augment
from kgan.batches import unpack
from kgan.checks import InputError, boolean, whole
from kgan.distribute import mean_over_replicas, sublayers, untrack
from kgan.fit import FitLoop
from kgan.game import Game, Logs, Player, Round
from kgan.losses import Loss
from kgan.models import balance as balances
from kgan.models import settings
from kgan.models.average import Average
from kgan.models.lint import check_layers
from kgan.models.saving import Compiled
from kgan.penalties import Play
from kgan.penalties import get as get_penalty
from kgan.schedules import AdaptiveSteps, RateBalance, Schedule
from kgan.spec import resolve
from kgan.updates import UPDATES, Update

LATENTS, PENALTY, AUGMENT, LOSS, LAYERS = range(5)  # what a draw is for: the last key of its seed
MEMORY = 0.95  # of the average of r_t, a round


@keras.saving.register_keras_serializable("kgan")
class GAN(Compiled, FitLoop, keras.Model):
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
        settings.check_networks(generator, discriminator, latent_dim)
        self.generator, self.discriminator, self.latent_dim = generator, discriminator, latent_dim
        self.average = self.average_generator = self.update = self.augment = None
        self.penalties = []
        self._parts = set()  # variables that belonged to an update rule, a penalty or an augmentation
        count = {"dtype": "int64", "trainable": False, "aggregation": "only_first_replica"}
        self.step = self.add_weight(shape=(), initializer="zeros", name="step", **count)
        self.batches = self.add_weight(shape=(), initializer="zeros", name="batches", **count)
        self.r_t = self.add_weight(shape=(), initializer="zeros", name="r_t", **{**count, "dtype": "float32"})
        self.built = True

    def compile(
        self,
        loss: str | Loss = "non_saturating",
        d_optimizer: Any = None,
        g_optimizer: Any = None,
        penalties: Sequence = (),
        update: str | Update = "alternating",
        n_critic: int | AdaptiveSteps = 1,
        augment: str | Augmentation | None = None,
        balance: RateBalance | None = None,
        ema_decay: float | Schedule | None = 0.999,
        seed: int = 0,
        jit_compile: bool = False,
        steps_per_execution: int = 1,
        run_eagerly: bool = False,
        **others: Any,
    ) -> None:
        """Says how to play. Call it inside the strategy's scope, as the constructor.

        Args:
            loss: a name in `kgan.losses.LOSSES` or an object with `discriminator` and `generator`.
            d_optimizer: the discriminator's optimizer, a Keras name, object or config; default DCGAN's
                Adam(2e-4, beta_1=0.5). Two learning rates make TTUR (Heusel et al. 2017; `schedules.ttur`). Its
                `clipnorm`, `global_clipnorm` and `clipvalue` clip this player's gradient.
            g_optimizer: the generator's, likewise; an object of its own.
            penalties: names ("r1(gamma=10, interval=16)") or callables `(discriminator, real, fake, seed) -> scalar`.
            update: a name in `kgan.updates.UPDATES` or a rule.
            n_critic: discriminator steps a round, at most 1,000, each with a fresh real batch; or
                `schedules.AdaptiveSteps`, which says how many between two executions.
            augment: of all that the discriminator sees in training: "color,translation,cutout" (DiffAugment), "ada",
                or a `kgan.augment.Augmentation`.
            balance: `schedules.RateBalance` adapts both learning rates between two executions.
            ema_decay: of the generator's average, in [0, 1), or a schedule; None for no average. See `Average`.
            seed: of every draw in training. With the same initial weights, data and seed a run is the same run, to the
                bit on CPUs of one kind (see `fit`).
            jit_compile: compile the round with XLA; on one replica only. The draws are the same, but for normal ones'
                last digits; sums are rounded in XLA's order, so the run is the same up to rounding.
            steps_per_execution: rounds in one call of the compiled function; must divide the epoch.
            run_eagerly: run the round without tf.function, for debugging.
            **others: `keras.Model.compile`'s other arguments, which are refused: a game has no use for them.

        Raises:
            InputError: for an unknown name, an argument out of its range, a network that the penalties' gradients
                cannot go through (see `models.lint`), or one that is frozen.
        """
        idioms.refuse_compile(others, inspect.signature(GAN.compile).parameters)
        whole("steps_per_execution", steps_per_execution)
        boolean("jit_compile", jit_compile)
        boolean("run_eagerly", run_eagerly)
        super().compile(
            optimizer=None, jit_compile=jit_compile, steps_per_execution=steps_per_execution, run_eagerly=run_eagerly
        )
        self.seed, decay = settings.seed(seed), settings.decay(ema_decay)
        self._forget()
        self.adversarial_loss = losses.get(loss)
        self.penalties = [get_penalty(penalty) for penalty in _as_list(penalties)]
        self.augment = None if augment is None else get_augment(augment)
        for penalty in self.penalties:
            if hasattr(penalty, "check"):
                penalty.check(self.generator, self.discriminator)
        check_layers("discriminator", self.discriminator, self.penalties)
        check_layers("generator", self.generator, self.penalties)
        self.d_optimizer = settings.optimizer("d_optimizer", d_optimizer)
        self.g_optimizer = settings.optimizer("g_optimizer", g_optimizer)
        if self.d_optimizer is self.g_optimizer:
            raise InputError("g_optimizer: wanted an optimizer of its own, got the discriminator's")
        self.steps, self.n_critic = n_critic, balances.steps(n_critic, -1.0)
        self.balance = balance
        self.rates = None if balance is None else balances.base_rates(balance, self._optimizers())
        other = self.average is not None and self.average.source is not self.generator  # assigned since
        if other:
            settings.check_networks(self.generator, self.discriminator, self.latent_dim)
        network = self.average_generator
        self.average_generator = None  # so that Keras counts it at one place, whenever it was made
        if decay is not None:
            fits = network is not None and not other
            self.average_generator = network if fits else keras.models.clone_model(self.generator)
        self.average = None if decay is None else Average(self.generator, self.average_generator, decay)
        self.game = Game(self.players())
        for name in ("generator", "discriminator"):
            idioms.check_losses(name, getattr(self, name))
        for player in self.game.players:
            idioms.check_trainable(player.name, player.variables)
            player.optimizer.build(player.variables)
        self.optimizer = idioms.Optimizers({p.name: p.optimizer for p in self.game.players}, self.step)
        self.update = resolve("update", update, UPDATES, methods=("build", "rounds_needed"))
        try:
            self.update.build(self.game)
        except ValueError as error:
            raise InputError(str(error)) from error
        self.most_batches = self.rounds_needed
        self.frozen_as = idioms.trainable(self)

    def __setattr__(self, name: str, value: Any) -> None:
        old = self.__dict__.get(name)
        super().__setattr__(name, value)
        if isinstance(old, keras.layers.Layer) and old is not value:
            untrack(self, old)

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
                role="d",
            ),
            Player("g", g.trainable_variables, self.g_optimizer, self.generator_objective, 1, _iterate(g), role="g"),
        ]

    def settle_discriminator(self) -> None:
        """What follows each move of the discriminator: one power iteration of its spectral normalisation."""
        _iterate(self.discriminator)()

    def discriminator_objective(self, round: Round) -> tuple[tf.Tensor, Logs]:
        """The adversarial loss on reals and fakes, plus the discriminator's terms of the penalties."""
        play = self.play(round)
        loss = self._loss(round).discriminator(play.real_logits, play.fake_logits)
        signs = tf.sign(play.real_logits - getattr(self.adversarial_loss, "boundary", 0.0))
        logs = {"d_loss": loss, "d_real": tf.reduce_mean(play.real_logits), "d_fake": tf.reduce_mean(play.fake_logits)}
        terms = self._terms("d", round)
        return tf.add_n([loss, *terms.values()]), logs | terms | {"r_t": tf.reduce_mean(signs)}

    def generator_objective(self, round: Round) -> tuple[tf.Tensor, Logs]:
        """The adversarial loss as the generator sees it, plus its terms of the penalties."""
        play, adversarial = self.play(round), self._loss(round)
        # Not judged for a loss that does not look at reals here: a judge's moving statistics would move all the same.
        real_logits = play.real_logits if getattr(adversarial, "generator_sees_reals", True) else None
        loss = adversarial.generator(real_logits, play.fake_logits)
        terms = self._terms("g", round)
        return tf.add_n([loss, *terms.values()]), {"g_loss": loss} | {f"g_{k}": v for k, v in terms.items()}

    def play(self, round: Round) -> Play:
        """What the objectives look at, once for all those that are evaluated together."""
        return round.once("play", lambda: self._seen(round))

    def _seen(self, round: Round) -> Play:
        latents = self.latents(round)
        real, fake, view = round.real, self.generate(latents, round), lambda samples: samples
        if self.augment is not None and round.training:
            augment = schedules.at(self.augment, round.step)
            mixing, draw = (random.fold_in(round.seed, AUGMENT, part) for part in range(2))
            real = augment.reals(real, fake, mixing)
            view = lambda samples: augment(samples, draw)  # noqa: E731
        return Play(
            self.generator,
            self.discriminator,
            judge=lambda samples: self.judge(view(samples), round),
            generate=lambda latents: self.generate(latents, round),
            latents=latents,
            real=real,
            fake=fake,
            given=round.labels,
            view=view,
            step=round.step,
            seed=round.seed,
            training=round.training,
            lazy=round.lazy,
        )

    def latents(self, round: Round) -> tf.Tensor:
        """N(0, I), as many as the round has reals: float32 (batch, latent_dim)."""
        return random.normal((tf.shape(round.real)[0], self.latent_dim), random.fold_in(round.seed, LATENTS))

    def generate(self, latents: tf.Tensor, round: Round) -> tf.Tensor:
        """The generator's samples, float32."""
        self._reseed(round)
        return tf.cast(self.generator(latents, training=round.training), "float32")

    def judge(self, samples: tf.Tensor, round: Round) -> tf.Tensor:
        """The discriminator's logits, float32."""
        self._reseed(round)
        return tf.cast(self.discriminator(samples, training=round.training), "float32")

    def _reseed(self, round: Round) -> None:
        # Each evaluation of a round's objectives, a second one for the Jacobian say, sees the same dropout and noise.
        networks, seed = (self.generator, self.discriminator), random.fold_in(round.seed, LAYERS)
        round.once("layers", lambda: random.reseed(networks, seed))

    def _loss(self, round: Round) -> Loss:
        return losses.at(self.adversarial_loss, round.step, random.fold_in(round.seed, LOSS))

    def _terms(self, player: str, round: Round) -> dict[str, tf.Tensor]:
        """What a player minimises beside its loss, by name: its weights' "regularizers", and the penalties' terms."""
        weights = (self.discriminator if player == "d" else self.generator).trainable_variables
        added = [tf.cast(v.regularizer(v), "float32") for v in weights if v.regularizer is not None]
        terms = {"regularizers": tf.add_n(added)} if added else {}
        for number, penalty in enumerate(self.penalties):
            if player in getattr(penalty, "players", ("d",)):
                name = getattr(penalty, "name", None) or getattr(penalty, "__name__", "penalty")
                name = name if name not in terms else f"{name}_{len(terms) + 1}"
                terms[name] = self._term(player, penalty, number, round)
        return terms

    def _term(self, player: str, penalty: Any, number: int, round: Round) -> tf.Tensor:
        play = self.play(round).drawn(random.fold_in(round.seed, PENALTY, number))
        penalty, interval = schedules.at(penalty, round.step), getattr(penalty, "interval", 1)

        def compute() -> tf.Tensor:
            if not hasattr(penalty, "discriminator_term"):  # a function of the user's
                return penalty(play.logits_of, play.real, play.fake, play.seed)
            return penalty.discriminator_term(play) if player == "d" else penalty.generator_term(play)

        if interval == 1 or not round.lazy:
            return compute()
        play = play.apart()
        return tf.cond(tf.cast(round.step, "int32") % interval == 0, lambda: interval * compute(), lambda: 0.0)

    def train_step(self, batches: Sequence) -> Logs:
        """One round, on as many real batches as the update rule needs."""
        rounds = [self.round(batch, number) for number, batch in enumerate(batches)]
        logs = self.update(self.game, rounds)
        if "r_t" in logs:
            logs |= self._observe(logs["r_t"], tf.add_n([tf.shape(round.real)[0] for round in rounds]))
        if self.average is not None:
            self.average.update(self.step)
        self.step.assign_add(1)
        self.batches.assign_add(len(batches))
        return logs

    def _observe(self, r_t: tf.Tensor, reals: tf.Tensor) -> Logs:
        replicas = tf.distribute.get_strategy().num_replicas_in_sync
        r_t = mean_over_replicas(r_t)
        self.r_t.assign(MEMORY * self.r_t.value + (1.0 - MEMORY) * r_t)
        return {} if self.augment is None else self.augment.observe(r_t, reals * replicas)

    def adapt(self) -> None:
        """Called between two executions: r_t's average decides the number of critic steps and the learning rates."""
        if self.balance is None and not isinstance(self.steps, AdaptiveSteps):
            return  # without reading r_t, which waits for the device
        r_t = float(self.r_t.numpy())
        if isinstance(self.steps, AdaptiveSteps) and self.n_critic != balances.steps(self.steps, r_t):
            self.n_critic = balances.steps(self.steps, r_t)
            self.game = Game(self.players())
        if self.balance is not None:
            balances.set_rates(self.balance, self.rates, self._optimizers(), r_t)

    def test_step(self, batch: Any, number: Any = 0) -> Logs:
        """The players' losses on held-out batch `number`, with the networks as they are; moves nothing."""
        round = self.round(batch, number, training=False, lazy=False)
        logs = {}
        for number, player in enumerate(self.game.players):
            logs |= player.objective(round.drawn(number))[1]
        return logs

    def round(self, batch: Any, number: Any = 0, training: bool = True, lazy: bool = True) -> Round:
        """What the objectives see of `batch` (samples, or samples and labels), the `number`-th of the present step."""
        real, labels = unpack(batch)
        seed = random.fold_in(random.key(self.seed), self.step.value, number)
        return Round(tf.cast(real, "float32"), labels, self.step.value, seed, training, lazy)

    def call(self, latents: tf.Tensor, training: bool = False) -> tf.Tensor:
        network = self.generator if training or self.average is None else self.average.network
        return network(latents, training=training)

    def sample(self, num: int, seed: int = 0, average: bool = True, batch_size: int = 256) -> np.ndarray:
        """`num` samples, a function of the weights and `seed`.

        Args:
            num: how many; at least 1.
            seed: of the latents, and of what layers draw (then also a function of `batch_size`).
            average: take the averaged generator, if there is one; otherwise the one that trains.
            batch_size: how many are generated at a time.

        Returns:
            float32 (num, ...); images lie in [-1, 1].
        """
        return np.concatenate(list(self.iter_samples(num, seed, average, batch_size)))

    def iter_samples(
        self, num: int, seed: int = 0, average: bool = True, batch_size: int = 256
    ) -> Iterator[np.ndarray]:
        """The samples of `sample`, with its arguments, in batches: for more than memory holds."""
        whole("num", num)
        whole("seed", seed, 0, 2**63 - 1)
        whole("batch_size", batch_size)
        network = self.average.network if average and self.average is not None else self.generator
        latents = random.normal((num, self.latent_dim), random.key(seed))
        for i in range(0, num, batch_size):
            random.reseed([network], random.fold_in(random.key(seed), LAYERS, i))
            yield tf.cast(network(latents[i : i + batch_size], training=False), "float32").numpy()

    @property
    def rounds_needed(self) -> int:
        """How many real batches the next round takes."""
        return self.update.rounds_needed(self.game)

    @property
    def state(self) -> list:
        """Every variable of the run, in a fixed order: weights, buffers, step, rule, optimizers."""
        retired = self._parts - self._part_variables()
        own = [v for v in self.variables if id(v) not in retired]
        return own + [v for player in self.game.players for v in player.optimizer.variables]

    def _part_variables(self) -> set[int]:
        parts = [self.update, self.augment, self.average_generator, *self.penalties]
        return {id(v) for part in parts for v in getattr(part, "variables", ())}

    def _forget(self) -> None:
        # Keras goes on tracking what an attribute held before.
        self._parts |= self._part_variables()

    def _optimizers(self) -> dict[str, keras.optimizers.Optimizer]:
        return {"d_optimizer": self.d_optimizer, "g_optimizer": self.g_optimizer}

    def check_batch(self, batch: Any) -> None:
        """Looks at a real batch before training.

        Raises:
            InputError: if it does not fit the discriminator, or is not what `kgan.data` yields.
        """
        settings.check_batch(batch, tuple(self.discriminator.input_shape[1:]), self.generator)

    def load_weights(self, filepath: Any, *args: Any, **kwargs: Any) -> None:
        """As `keras.Model.load_weights`, all weights with the average's and the step; not the optimizers' (see
        `callbacks.Checkpoint`).

        Raises:
            InputError: before `compile`, which makes the average: the file's would be left out without a word.
        """
        if not self.compiled:
            raise InputError("load_weights: call compile() first, which makes the average that the file may hold")
        super().load_weights(filepath, *args, **kwargs)

    def get_config(self) -> dict:
        serialize = keras.saving.serialize_keras_object
        return {
            **super().get_config(),
            "generator": serialize(self.generator),
            "discriminator": serialize(self.discriminator),
            "latent_dim": self.latent_dim,
            "averaged": self.average is not None,
        }

    @classmethod
    def from_config(cls, config: dict, custom_objects: dict | None = None) -> "GAN":
        read = keras.saving.deserialize_keras_object
        networks = {name: read(config.pop(name), custom_objects) for name in ("generator", "discriminator")}
        averaged = config.pop("averaged", False)
        gan = cls(**networks, **config)
        if averaged:  # for its weights, which are read next, and to sample from until `compile` begins another
            gan.average_generator = keras.models.clone_model(gan.generator)
            gan.average = Average(gan.generator, gan.average_generator, decay=None)
        return gan


def _iterate(network: keras.Model):
    layers = [layer for layer in sublayers(network) if hasattr(layer, "power_iteration")]

    def iterate() -> None:
        for layer in layers:
            layer.power_iteration()

    return iterate


def _as_list(value: Any) -> list:
    return list(value) if isinstance(value, list | tuple) else [value]
