"""What every game has in common: compiling, training, averaging, sampling; a game's own file says who plays and how."""

import functools
import inspect
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

from kgan import idioms, losses, random
from kgan.augment import Augmentation
from kgan.augment import get as get_augment
from kgan.batches import rows, unpack
from kgan.checks import InputError, boolean, lookup, whole
from kgan.distribute import sublayers, untrack
from kgan.feed import as_float32
from kgan.fit import FitLoop
from kgan.game import Game, Logs, Player, Round
from kgan.losses import Loss
from kgan.models import settings
from kgan.models.average import Averaged
from kgan.models.balance import Balanced, base_rates, critic_steps
from kgan.models.lint import check_layers
from kgan.models.objectives import Encounter, Objectives
from kgan.models.saving import Compiled
from kgan.penalties import get as get_penalty
from kgan.sampling import Sampler
from kgan.schedules import AdaptiveSteps, RateBalance, Schedule
from kgan.spec import resolve
from kgan.updates import UPDATES, Update

ROLES = {"d": "discriminator", "g": "generator"}


class GameModel(Compiled, Averaged, Balanced, Objectives, FitLoop, keras.Model):
    """A game between networks as a `keras.Model`. A game's file declares, each with a default where there can be one:

    - `networks()`: who plays;
    - `encounters()`: who meets whom;
    - `hear(losses, round)`: what a generator makes of what several judges say; `shares(encounters)`, what a judge
      makes of several sources;
    - `team_terms(role, round)`: what a team minimises beside that, and `generator_variables()`, what the generators
      move beside networks;
    - `split(batch)`: what of a batch is sample, and what is condition;
    - `samplers(average)`: how one samples from it;
    - `remember(round)`: what it keeps beside networks.

    All discriminators are players of their own, with logs `NAME_loss`, `NAME_real`, `NAME_fake` (the mean logits),
    `PENALTY_NAME` and `r_t_NAME`, where NAME is its name in `networks()`; a discriminator that is alone leaves its name
    out of the last two. All generators together are one player, "g", with `g_loss` and `g_PENALTY`.

    The public face, which callbacks, metrics, export and commands see, is `sample`, `sampler()`, `state`, `game`,
    `round(batch)`, `step`.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.averages, self.average_networks = {}, {}
        self.update = None
        self.penalties: list[Any] = []
        self.augment: Any = None
        self.losses_of, self.penalties_of, self.augment_of = {}, {}, {}
        self._parts = set()  # variables that belonged to what an earlier `compile` was given
        count = {"dtype": "int64", "trainable": False, "aggregation": "only_first_replica"}
        self.step = self.add_weight(shape=(), initializer="zeros", name="step", **count)
        self.batches = self.add_weight(shape=(), initializer="zeros", name="batches", **count)
        self.r_t = self.add_weight(shape=(), initializer="zeros", name="r_t", **{**count, "dtype": "float32"})
        self.built = True

    labelled = False  # whether it is trained on labelled data

    @classmethod
    def for_data(cls, shapes: Any, num_classes: int | None = None, **sizes: Any) -> "GameModel":
        """A game with networks of `kgan.networks` for data of some shapes.

        Args:
            shapes: of an element of the data: (height, width, channels) of images, (n,) of points; a structure of
                shapes for others, labels and pairs of pictures, say.
            num_classes: how many classes labelled data have.
            **sizes: width, latent_dim, and network, a name in `NETWORKS`; what is not given is the builders' choice.

        Raises:
            InputError: for data that this game is not played on, or sizes that its networks do not have.
        """
        raise InputError(f"preset: {cls.__name__} has no networks of its own for a data set")

    def networks(self) -> dict[str, tuple[str, keras.Model]]:
        """name -> (role, network), role "g" or "d": what is moved, averaged, saved, linted."""
        raise NotImplementedError

    def encounters(self) -> dict[str, Encounter]:
        """name -> `Encounter`; "" for the only one."""
        raise NotImplementedError

    def hear(self, losses: Mapping[str, tf.Tensor], round: Round) -> tf.Tensor:
        """What the generators make of their losses in the encounters, by name: the mean."""
        return tf.add_n(list(losses.values())) / len(losses)

    def shares(self, encounters: Sequence[str]) -> Sequence:
        """How much each of its encounters, of these names, weighs in what a discriminator minimises: equally much."""
        return [1.0 / len(encounters)] * len(encounters)

    def team_terms(self, role: str, round: Round) -> dict[str, tf.Tensor]:
        """What the players of a role minimise beside their encounters, by its name in the logs: nothing."""
        return {}

    def generator_variables(self) -> list[keras.Variable]:
        """What the generators' player moves beside the networks: nothing."""
        return []

    def split(self, batch: Any) -> tuple[Any, Any]:
        """(samples, condition or None) of a batch: samples, or (samples, labels)."""
        return unpack(batch)

    def samplers(self, average: bool = True) -> dict[str, Sampler]:
        """How one samples from the game, by the averaged generators where there are some; "" names the only way."""
        raise NotImplementedError

    def asked(self, batch: Any) -> dict[str, tuple[dict[str, Any], Any]]:
        """By sampler's name: the conditions that are in a batch, and the reals that its samples are to be like."""
        samples, condition = self.split(batch)
        (name, sampler), *_ = self.samplers().items()
        return {name: ({one: condition for one in sampler.given}, samples)}

    def remember(self, round: Round) -> None:
        """Called once a round, after everybody has moved, with the round's last reals: moves a state of the game's."""

    def sampler(self, name: str | None = None, average: bool = True) -> Sampler:
        """The sampler called `name` in `samplers()`; default the first."""
        samplers = self.samplers(average)
        sampler = next(iter(samplers.values())) if name is None else lookup("sampler", name, samplers)
        if self.compiled and sampler.network is not None:  # once for all the samplers of a network
            graph = self.cached(f"samples of {id(sampler.network)}", lambda: sampler.compiled)
            sampler.compiled = None if self.run_eagerly else graph
        return sampler

    def compile(
        self,
        loss: str | Loss | Mapping[str, str | Loss] = "non_saturating",
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
        steps_per_execution: int | str = "auto",
        run_eagerly: bool = False,
        **others: Any,
    ) -> None:
        """Says how to play. Call it inside the strategy's scope, as the constructor.

        Args:
            loss: a name in `kgan.losses.LOSSES` or an object with `discriminator` and `generator`; or a dict of them by
                the discriminators' names.
            d_optimizer: the discriminators' optimizer, a Keras name, object or config, of which each has a copy; or a
                dict of them by the discriminators' names. Default DCGAN's Adam(2e-4, beta_1=0.5). Two learning rates
                make TTUR (Heusel et al. 2017; `schedules.ttur`). Its `clipnorm`, `global_clipnorm` and `clipvalue`
                clip a player's gradient.
            g_optimizer: the generators', likewise; an object of its own.
            penalties: names ("r1(gamma=10)") or callables `(discriminator, real, fake, seed) -> scalar`; each
                discriminator has a copy of one with state.
            update: a name in `kgan.updates.UPDATES` or a rule.
            n_critic: discriminator steps a round, at most 1,000, each with a fresh real batch; or
                `schedules.AdaptiveSteps`, which says how many between two executions.
            augment: of all that the discriminators see in training: "color,translation,cutout" (DiffAugment), "ada",
                or a `kgan.augment.Augmentation`; each discriminator has a copy of one with state.
            balance: `schedules.RateBalance` adapts both learning rates between two executions.
            ema_decay: of the generators' averages, in [0, 1), or a schedule; None for no average. See `Average`.
            seed: of every draw in training. With the same initial weights, data and seed a run is the same run, to the
                bit on CPUs of one kind (see `fit`).
            jit_compile: compile the round with XLA; on one replica only. The draws are the same, but for normal ones'
                last digits; sums are rounded in XLA's order, so the run is the same up to rounding.
            steps_per_execution: rounds in one call of the compiled function; must divide the epoch. "auto": as many as
                last about a tenth of a second, and no more than up to the next round at which a callback looks, each
                one if it does not say when (`kgan.pace`). What is played and logged does not depend on it.
            run_eagerly: run the round without tf.function, for debugging.
            **others: `keras.Model.compile`'s other arguments, which are refused: a game has no use for them.

        Raises:
            InputError: for an unknown name, an argument out of its range, a network that the penalties' gradients
                cannot go through (see `models.lint`), or one that is frozen.
        """
        idioms.refuse_compile(others, inspect.signature(GameModel.compile).parameters)
        boolean("jit_compile", jit_compile), boolean("run_eagerly", run_eagerly)
        auto = isinstance(steps_per_execution, str) and steps_per_execution == "auto"
        strategy = self.distribute_strategy
        several_clocks = isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy)
        self.paced = auto and not run_eagerly and not several_clocks
        steps_per_execution = 1 if auto else whole("steps_per_execution", steps_per_execution)
        super().compile(
            optimizer=None, jit_compile=jit_compile, steps_per_execution=steps_per_execution, run_eagerly=run_eagerly
        )
        self.seed, decay = settings.seed(seed), settings.decay(ema_decay)
        self._parts |= self._part_variables()  # Keras goes on tracking what an attribute held before
        judges = [name for name, (role, _) in self.networks().items() if role == "d"]
        self.losses_of = settings.by_player("loss", loss, judges, losses.get)
        self.adversarial_loss = self.losses_of[judges[0]]
        self.penalties = [get_penalty(penalty) for penalty in _as_list(penalties)]
        self.augment = None if augment is None else get_augment(augment)
        # The first judge has the parts themselves, the others copies of those with state.
        self.penalties_of = {name: settings.parts(self.penalties, copied=name != judges[0]) for name in judges}
        self.augment_of = {name: settings.parts([self.augment], copied=name != judges[0])[0] for name in judges}
        networks = {name: network for name, (_, network) in self.networks().items()}
        for encounter in self.encounters().values():
            for penalty in self.penalties:
                if hasattr(penalty, "check"):
                    penalty.check(networks[encounter.source], networks[encounter.judge])
        for role, network in self.networks().values():
            check_layers(ROLES[role], network, self.penalties)
        self.optimizers = settings.optimizers("d_optimizer", d_optimizer, self.discriminator_players)
        self.optimizers |= settings.optimizers("g_optimizer", g_optimizer, ["g"])
        if any(self.optimizers["g"] is self.optimizers[name] for name in self.discriminator_players):
            raise InputError("g_optimizer: wanted an optimizer of its own, got the discriminator's")
        self.steps, self.n_critic = n_critic, critic_steps(n_critic, -1.0)
        self.balance = balance
        self.rates = None if balance is None else base_rates(balance, self.optimizers)
        self.begin_averages(decay)
        self.game = Game(self.players())
        for name, network in networks.items():
            idioms.check_losses(ROLES.get(name, name), network)
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

    @property
    def discriminator_players(self) -> list[str]:
        """The names of the discriminators' players: their own."""
        return [name for name, (role, _) in self.networks().items() if role == "d"]

    def players(self) -> list[Player]:
        """The game, in playing order: each discriminator, then all generators as one player."""
        players = []
        for name, (role, network) in self.networks().items():
            if role == "d":
                objective = self.discriminator_objective
                if name != "d":  # what a user overrides need not know of names
                    objective = functools.partial(objective, name=name)
                settle = functools.partial(self.settle_discriminator, network)
                optimizer = self.optimizers[name]
                variables = network.trainable_variables
                players.append(Player(name, variables, optimizer, objective, self.n_critic, settle, role="d"))
        return [*players, self.generators_player()]

    def generators_player(self) -> Player:
        """All generators as one player."""
        makers = [network for role, network in self.networks().values() if role == "g"]
        variables = [variable for network in makers for variable in network.trainable_variables]
        variables += self.generator_variables()
        settle = lambda: [iterate(network) for network in makers]  # noqa: E731
        return Player("g", variables, self.optimizers["g"], self.generator_objective, 1, settle, role="g")

    def settle_discriminator(self, discriminator: keras.Model) -> None:
        """What follows each move of a discriminator: one power iteration of its spectral normalisation."""
        iterate(discriminator)

    def train_step(self, batches: Sequence) -> Logs:
        """One round, on as many real batches as the update rule needs."""
        rounds = [self.round(batch, number) for number, batch in enumerate(batches)]
        logs = self.update(self.game, rounds)
        logs |= self.observe(logs, sum(rows(round.real) for round in rounds))
        for average in self.averages.values():
            average.update(self.step)
        self.remember(rounds[-1])
        self.step.assign_add(1)
        self.batches.assign_add(len(batches))
        return logs

    def test_step(self, batch: Any, number: Any = 0) -> Logs:
        """The players' losses on held-out batch `number`, with the networks as they are; moves nothing."""
        round = self.round(batch, number, training=False, lazy=False)
        logs = {}
        for number, player in enumerate(self.game.players):
            logs |= player.objective(round.drawn(number))[1]
        return logs

    def round(self, batch: Any, number: Any = 0, training: bool = True, lazy: bool = True) -> Round:
        """What the objectives see of `batch`, as `split` reads it, the `number`-th of the present step."""
        real, labels = self.split(batch)
        real = as_float32(real)
        seed = random.fold_in(random.key(self.seed), self.step.value, number)
        return Round(real, labels, self.step.value, seed, training, lazy)

    def sample(self, num: int, seed: int = 0, average: bool = True, batch_size: int = 256, **given: Any) -> Any:
        """`num` samples, a function of the weights, `seed` and what is given.

        Args:
            num: how many; at least 1.
            seed: of what is drawn from the prior.
            average: take the averaged generator, if there is one; otherwise the one that trains.
            batch_size: how many are generated at a time.
            **given: the conditions of a conditional game, `labels` say; see `Sampler.inputs`.

        Returns:
            float32 (num, ...); images lie in [-1, 1].
        """
        return self.sampler(average=average).sample(num, seed, batch_size, **given)

    def iter_samples(
        self, num: int, seed: int = 0, average: bool = True, batch_size: int = 256, **given: Any
    ) -> Iterator[Any]:
        """The samples of `sample`, with its arguments, in batches: for more than memory holds."""
        return self.sampler(average=average).iter_samples(num, seed, batch_size, **given)

    def iter_labelled(self, num: int, seed: int = 0, batch_size: int = 256, **given: Any) -> Iterator[Any]:
        """The same, of the average, with the labels if the generator is told any: as `Sampler.iter_labelled`."""
        return self.sampler().iter_labelled(num, seed, batch_size, **given)

    @property
    def shown_shape(self) -> Any:
        """The shape of one of `sample`'s samples."""
        return self.sampler().sample_shape

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
        penalties = [penalty for parts in self.penalties_of.values() for penalty in parts]
        averages = [average.network for average in self.averages.values()]
        parts = [self.update, *self.augment_of.values(), *penalties, *averages]
        return {id(v) for part in parts for v in getattr(part, "variables", ())}

    def check_networks(self) -> None:
        """Builds the networks by a trial call, which tells the shape of samples.

        Raises:
            InputError: if they do not fit each other.
        """
        raise NotImplementedError


def iterate(network: keras.Model) -> None:
    """One power iteration of all spectral normalisation in a network."""
    for layer in sublayers(network):
        if hasattr(layer, "power_iteration"):
            layer.power_iteration()


def _as_list(value: Any) -> list:
    return list(value) if isinstance(value, list | tuple) else [value]
