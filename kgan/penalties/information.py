"""The information that a sample holds of its code (Chen et al. 2016, InfoGAN)."""

from collections.abc import Iterable
from typing import Any

import keras
import tensorflow as tf

from kgan import checks
from kgan.checks import InputError
from kgan.penalties.base import Penalty, Play, weighted
from kgan.priors import Categorical


class Information(Penalty):
    """InfoGAN (Chen et al. 2016, eq. 6): both players minimise E -log Q(c | G(z, c)), weighted, summed over the codes.

    A code c is a part of the prior whose name is in the discriminator's verdict too: of the prior {"latents":
    Normal(62), "digit": Categorical(10), "slant": Uniform(2)} and the verdict {"logits", "digit", "slant"}, "digit" and
    "slant" are codes, and what the verdict says of them is Q, which shares the discriminator's body: logits of a
    categorical code, the mean of a Gaussian of variance 1 for another (constants are left out; see the laws'
    `surprisal`). As in the authors' code and TF-GAN's, the discriminator's player moves Q.

    Args:
        weight: lambda of categorical codes, a number from 0 on or a Schedule; 1 in the paper.
        continuous: likewise of the others; 0.1 as in the authors' code, "smaller" in the paper.

    Raises:
        InputError: for a weight out of its range; (at `compile`, in play where that cannot tell) if the discriminator
            says nothing of the prior's parts.
    """

    name = "information"
    players = ("d", "g")

    def __init__(self, weight: float = 1.0, continuous: float = 0.1) -> None:
        super().__init__()
        self.weight = checks.number("weight", weight, 0.0)
        self.continuous = checks.number("continuous", continuous, 0.0)

    def check(self, generator: keras.Model, discriminator: keras.Model) -> None:
        if getattr(discriminator, "inputs", None) is not None:  # functional: what a subclassed model says is not known
            says = discriminator.output
            if not isinstance(says, dict) or set(says) <= {"logits"}:
                raise _wanted("a part of the prior", says if isinstance(says, dict) else {"logits"})

    def discriminator_term(self, play: Play) -> tf.Tensor:
        return self._surprisal(play)

    def generator_term(self, play: Play) -> tf.Tensor:
        return self._surprisal(play)

    def _surprisal(self, play: Play) -> tf.Tensor:
        drawn = play.latents if isinstance(play.latents, dict) else dict.fromkeys(play.prior, play.latents)
        says: Any = play.on_fakes if isinstance(play.on_fakes, dict) else {"logits": play.on_fakes}
        codes = {name: law for name, law in play.prior.items() if name in says}
        if not codes:
            raise _wanted(f"one of {sorted(play.prior)}", says)
        terms = []
        for name, law in codes.items():
            weight = self.weight if isinstance(law, Categorical) else self.continuous
            terms.append(weighted(weight, tf.reduce_mean(law.surprisal(drawn[name], says[name]))))
        return tf.add_n(terms)


def _wanted(what: str, says: Iterable[str]) -> InputError:
    said = ", ".join(repr(name) for name in sorted(says))
    return InputError(f"penalties: information wants a discriminator that gives {{'logits', {what}}}, got {{{said}}}")
