"""MIX+GAN (Arora, Ge, Liang, Ma and Zhang 2017): a mixture of generators against a mixture of discriminators."""

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

from kgan import checks, priors, random
from kgan.batches import rows
from kgan.feed import trial, trial_of_judge
from kgan.game import Logs, Player, Round, joined
from kgan.mixture import mixture
from kgan.models.gan import GAN
from kgan.models.mixing import Mixing
from kgan.models.objectives import LATENTS, Encounter
from kgan.networks import discriminator_for, generator_for
from kgan.penalties import Play
from kgan.sampling import Sampler


@keras.saving.register_keras_serializable("kgan")
class MixGAN(GAN):
    """K generators and N discriminators, each side with mixture weights that it learns; all pairs meet.

    With w the generators' weights and u the discriminators', the generators' player minimises

        sum_ij w_i u_j L_G(i, j) - entropy_weight / K sum_i log w_i

    over all generators and w, and the discriminators' player likewise, with L_D and penalties, over all discriminators
    and u: two players, with an optimizer each. Generator i, "g1" and so on, makes a sample with probability w_i. A
    round costs K N encounters.

    Args:
        generators, discriminators: one or more Keras models each, as in `GAN`.
        latent_dim, prior: as in `GAN`; each generator is fed draws of its own.

    Raises:
        InputError: as in `GAN`; for generators whose samples differ in shape.
    """

    @classmethod
    def for_data(
        cls, shapes: Any, num_classes: int | None = None, network: str | None = None, latent_dim: int | None = None,
        width: int | None = None, num_generators: int = 3, num_discriminators: int = 3
    ) -> "MixGAN":  # fmt: skip
        """As `GAN.for_data`; 3 and 3 in the paper's tables."""
        checks.whole("num_generators", num_generators), checks.whole("num_discriminators", num_discriminators)
        network, asked = cls.network_for(shapes, network), {"width": width, **cls.discriminator_settings}
        makers = [generator_for(network, shapes, latent_dim, width) for _ in range(num_generators)]
        judges = [discriminator_for(network, shapes, **asked) for _ in range(num_discriminators)]
        return cls(makers, judges, latent_dim=makers[0].input_shape[1])

    def __init__(
        self,
        generators: Sequence,
        discriminators: Sequence,
        latent_dim: int | None = None,
        prior: Any = None,
        **kw: Any,
    ) -> None:
        checks.whole("generators", len(generators)), checks.whole("discriminators", len(discriminators))
        super().__init__(generators[0], discriminators[0], latent_dim, prior, **kw)
        self.generators, self.discriminators = list(generators), list(discriminators)
        self.g_mixing, self.d_mixing = Mixing(len(generators), "g_mixing"), Mixing(len(discriminators), "d_mixing")
        self.check_networks()

    def check_networks(self) -> None:
        super().check_networks()
        for name, (role, network) in self.networks().items():
            made = (trial if role == "g" else trial_of_judge)(name, network, self.examples[role])
            shape = keras.tree.map_structure(lambda x: tuple(x.shape[1:]), made)
            if role == "g" and shape != self.sample_shape:
                raise checks.InputError(f"{name}: makes {shape}, g1 {self.sample_shape}; wanted the same")
        self.examples |= {name: self.examples[role] for name, (role, _) in self.networks().items()}

    def compile(self, entropy_weight: float = 1.0, **settings: Any) -> None:
        """As `GAN.compile`, and:

        Args:
            entropy_weight: keeps both mixtures from shrinking to one network; from 0 on, 0.1 in the authors' code.
        """
        self.entropy_weight = checks.number("entropy_weight", entropy_weight, least=0.0)
        super().compile(**settings)

    def networks(self) -> dict[str, tuple[str, keras.Model]]:
        sides = {"g": getattr(self, "generators", ()), "d": getattr(self, "discriminators", ())}
        return {f"{role}{n}": (role, network) for role, side in sides.items() for n, network in enumerate(side, 1)}

    def encounters(self) -> dict[str, Encounter]:
        judges, makers = ([name for name, (one, _) in self.networks().items() if one == role] for role in "dg")
        met = {f"{judge} {maker}": (judge, maker) for judge in judges for maker in makers}
        return {name: Encounter(j, functools.partial(self.meet, source=g, judge=j), g) for name, (j, g) in met.items()}

    def meet(self, round: Round, source: str = "g1", judge: str = "d1") -> Play:
        """One generator's fakes and the reals before one discriminator."""
        own = random.fold_in(round.seed, LATENTS, int(source.removeprefix("g")))
        drawn = priors.draw(self.prior, rows(round.real), own)
        return self.meeting(
            round,
            source,
            judge,
            generate=lambda latents: self.network(source, latents, round),
            score=lambda samples, given: self.network(judge, samples, round),
            latents=drawn if len(drawn) > 1 else next(iter(drawn.values())),
            real=round.real,
            name=f"{judge} {source}",
        )

    discriminator_players = ["d"]

    def players(self) -> list[Player]:
        """The discriminators and their mixture, the generators and theirs."""
        variables = [v for part in (*self.discriminators, self.d_mixing) for v in part.trainable_variables]
        settle = lambda: [self.settle_discriminator(judge) for judge in self.discriminators]  # noqa: E731
        wants, optimizer = self.discriminators_objective, self.optimizers["d"]
        return [Player("d", variables, optimizer, wants, self.n_critic, settle, role="d"), self.generators_player()]

    def discriminators_objective(self, round: Round) -> tuple[tf.Tensor, Logs]:
        """What the discriminators and their mixture minimise."""
        names = [f"d{number}" for number in range(1, 1 + len(self.discriminators))]
        losses, logs = zip(*(self.discriminator_objective(round, name) for name in names), strict=True)
        adversarial = tf.stack([log[f"{name}_loss"] for name, log in zip(names, logs, strict=True)])
        u, even = self.d_mixing.weights_now, self.entropy_weight * self.d_mixing.unevenness()
        mixed = {"d_loss": tf.reduce_sum(u * adversarial), "d_mixture": even}
        return tf.reduce_sum(u * tf.stack(losses)) + even, joined(*logs, mixed)

    def shares(self, encounters: Sequence[str]) -> Sequence:
        """A discriminator weighs its encounters as the generators are mixed."""
        return tf.unstack(self.g_mixing.weights_now)

    def hear(self, losses: Mapping[str, tf.Tensor], round: Round) -> tf.Tensor:
        """The mean over both mixtures."""
        weights = self.d_mixing.weights_now[:, None] * self.g_mixing.weights_now
        return tf.reduce_sum(tf.reshape(weights, (-1,)) * tf.stack(list(losses.values())))

    def team_terms(self, role: str, round: Round) -> dict[str, tf.Tensor]:
        return {"mixture": self.entropy_weight * self.g_mixing.unevenness()} if role == "g" else {}

    def generator_variables(self) -> list[keras.Variable]:
        return [self.g_mixing.logits]

    def samplers(self, average: bool = True) -> dict[str, Sampler]:
        makers = [self.trained(f"g{number}", average) for number in range(1, 1 + len(self.generators))]
        makers = [Sampler.of(maker, self.prior, sample_shape=self.sample_shape) for maker in makers]
        return {"": mixture(makers, self.g_mixing.weights_now.numpy().tolist())}

    def call(self, latents: Any, training: bool = False) -> Any:  # by the first
        return self.trained("g1", average=not training)(latents, training=training)
