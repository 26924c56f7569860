"""What the players of a game want: their losses in encounters, with penalties, and what their team wants."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

from kgan import losses, random, schedules
from kgan.feed import as_float32, feed
from kgan.game import Logs, Round
from kgan.losses import Loss
from kgan.penalties import Play

LATENTS, PENALTY, AUGMENT, LOSS, LAYERS, POOL, HEAR = range(7)  # what a draw is for: the last key of its seed


@dataclasses.dataclass(frozen=True)
class Encounter:
    """Who meets whom in a game.

    Attributes:
        judge: the discriminator's name in `networks()`.
        meet: round -> `Play`, what happens when they meet; asked once a round, and only where somebody looks.
        source: the generator's name in `networks()`.
    """

    judge: str
    meet: Callable[[Round], Play]
    source: str = "g"


class Objectives:
    """What the players of a game minimise, from its encounters: a mixin of `GameModel`.

    It reads `losses_of`, `penalties_of` and `augment_of`, by the judges' names, which `compile` sets.
    """

    def discriminator_objective(self, round: Round, name: str = "d") -> tuple[tf.Tensor, Logs]:
        """What discriminator `name` minimises: the mean over its encounters of loss and penalties, and its team's."""
        met = [key for key, encounter in self.encounters().items() if encounter.judge == name]
        adversarial, boundary = self._loss(round, name), getattr(self.losses_of[name], "boundary", 0.0)
        mark = "" if len(self.penalties_of) == 1 else f"_{name}"
        seen: list[Logs] = []
        for key in met:
            play = self.play(round, key)
            logs = {
                f"{name}_loss": adversarial.discriminator(play.real_logits, play.shown_logits),
                f"{name}_real": tf.reduce_mean(play.real_logits),
                f"{name}_fake": tf.reduce_mean(play.shown_logits),
            }
            terms = {f"{term}{mark}": value for term, value in self._terms("d", round, key).items()}
            r_t = {f"r_t{mark}": tf.reduce_mean(tf.sign(play.real_logits - boundary))}
            seen.append({"": tf.add_n([logs[f"{name}_loss"], *terms.values()]), **logs, **terms, **r_t})
        shares = self.shares(met)
        logs = {key: tf.add_n([share * one[key] for share, one in zip(shares, seen, strict=True)]) for key in seen[0]}
        own = self.team_terms("d", round) | regularizers([self.networks()[name][1]])
        team = {f"{term}{mark}": value for term, value in own.items()}
        return tf.add_n([logs.pop(""), *team.values()]), logs | team

    def generator_objective(self, round: Round) -> tuple[tf.Tensor, Logs]:
        """What the generators minimise: what they hear of their losses, the penalties' terms, and the team's."""
        encounters, heard, terms = self.encounters(), {}, {}
        sources = [encounter.source for encounter in encounters.values()]
        for key, encounter in encounters.items():
            play, adversarial = self.play(round, key), self._loss(round, encounter.judge)
            # Not judged for a loss that does not look at reals here: a judge's moving statistics would move anyway.
            sees_reals = getattr(adversarial, "generator_sees_reals", True)
            heard[key] = adversarial.generator(play.real_logits if sees_reals else None, play.fake_logits)
            share = sources.count(encounter.source)
            for term, value in self._terms("g", round, key).items():
                terms[f"g_{term}"] = terms.get(f"g_{term}", 0.0) + value / share
        makers = [network for role, network in self.networks().values() if role == "g"]
        own = self.team_terms("g", round) | regularizers(makers)
        terms |= {f"g_{term}": value for term, value in own.items()}
        loss = self.hear(heard, round)
        return tf.add_n([loss, *terms.values()]), {"g_loss": loss} | terms

    def play(self, round: Round, encounter: str = "") -> Play:
        """What objectives look at, once for all those that are evaluated together."""
        return round.once(f"play {encounter}", lambda: self.encounters()[encounter].meet(round))

    def network(self, name: str, inputs: Any, round: Round, part: str | None = None) -> Any:
        """What the network called `name`, or the layer `part` of it, makes of its inputs in a round, float32.

        Inputs are one tensor, or a dict by name.
        """
        networks = {name: network for name, (_, network) in self.networks().items()}
        # Each evaluation of a round's objectives, a second one for the Jacobian say, sees the same dropout and noise.
        round.once("layers", lambda: random.reseed(list(networks.values()), round.seed, LAYERS))
        inputs = inputs if isinstance(inputs, dict) else {name: inputs}
        layer = networks[name] if part is None else networks[name].get_layer(part)
        return as_float32(feed(layer, inputs, round.training))

    def meeting(
        self,
        round: Round,
        source: str,
        judge: str,
        generate: Callable[[Any], Any],
        score: Callable[[Any, Any], Any],
        latents: Any,
        real: Any,
        given: Any = None,
        name: str = "",
        prior: Mapping[str, Any] | None = None,
        fake: Any = None,
    ) -> Play:
        """A `Play` of two networks, with the fakes made once for all the judges of one source, and augmentation.

        Args:
            round: as the objective sees it.
            source, judge: names in `networks()`.
            generate: latents -> samples.
            score: samples and `given`, as the judge's network is fed them -> what it says of them.
            latents, real, given, name, prior: as in `Play`.
            fake: what is made of the latents, where it has been made before.
        """
        networks, augment, view, told = self.networks(), self.augment_of.get(judge), lambda samples: samples, given
        fake = round.once(f"fake {source}", lambda: generate(latents)) if fake is None else fake
        if augment is not None and round.training:
            augment = schedules.at(augment, round.step)
            mixing, draw = (random.fold_in(round.seed, AUGMENT, part) for part in range(2))
            real = augment.reals(real, fake, mixing)
            view = augment.drawn(real, draw)
            if tf.is_tensor(given) and given.dtype.is_floating and len(given.shape) == 4:  # pictures
                told = augment.beside(given, draw)
        return Play(
            networks[source][1],
            networks[judge][1],
            judge=lambda samples: score(view(samples), told),
            generate=generate,
            latents=latents,
            real=real,
            fake=fake,
            given=given,
            prior=prior or {},
            name=name,
            view=view,
            step=round.step,
            seed=round.seed,
            training=round.training,
            lazy=round.lazy,
        )

    def _loss(self, round: Round, judge: str) -> Loss:
        return losses.at(self.losses_of[judge], round.step, random.fold_in(round.seed, LOSS))

    def _terms(self, role: str, round: Round, encounter: str) -> dict[str, tf.Tensor]:
        """What the penalties of an encounter's judge add to what a player minimises, by their names."""
        terms: dict[str, tf.Tensor] = {}
        for number, penalty in enumerate(self.penalties_of[self.encounters()[encounter].judge]):
            if role in getattr(penalty, "players", ("d",)):
                name = str(getattr(penalty, "name", None) or getattr(penalty, "__name__", "penalty"))
                name = name if name not in terms else f"{name}_{len(terms) + 1}"
                play = self.play(round, encounter).drawn(random.fold_in(round.seed, PENALTY, number))
                terms[name] = term(penalty, role, play)
        return terms


def term(penalty: Any, role: str, play: Play) -> tf.Tensor:
    """What a penalty adds to the loss of a player of a role; of a lazy one, every `interval` rounds so much more."""
    penalty, interval = schedules.at(penalty, play.step), getattr(penalty, "interval", 1)

    def compute(play: Play) -> tf.Tensor:
        if not hasattr(penalty, "discriminator_term"):  # a function of the user's
            return penalty(play.logits_of, play.real, play.fake, play.seed)
        return penalty.discriminator_term(play) if role == "d" else penalty.generator_term(play)

    if interval == 1 or not play.lazy:
        return compute(play)
    due = tf.cast(play.step, "int32") % interval == 0
    return tf.cond(due, lambda: interval * compute(play.apart()), lambda: 0.0)


def regularizers(networks: Sequence[keras.Model]) -> dict[str, tf.Tensor]:
    """What the regularisers of the networks' weights add to their player's loss; nothing, where there are none."""
    weights = [v for network in networks for v in network.trainable_variables if v.regularizer is not None]
    return {"regularizers": tf.add_n([tf.cast(v.regularizer(v), "float32") for v in weights])} if weights else {}
