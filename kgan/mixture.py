"""A mixture of generators: each sample is made by one of them, drawn in given proportions."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import tensorflow as tf

from kgan import priors
from kgan.checks import InputError
from kgan.feed import feed
from kgan.sampling import Sampler

MEMBER = "member"  # the name of the input that says which


@keras.saving.register_keras_serializable("kgan")
class Members(keras.layers.Layer):
    """Several generators as one layer: row i is made by the member that the input "member" says of it.

    Called with the inputs in the order of `names`. Each generator computes its own rows only, so that a sample costs
    what it costs by one generator.

    Args:
        members: Keras models of the same inputs and outputs.
        names: of all inputs, `MEMBER` among them.
    """

    def __init__(self, members: Sequence[keras.Model], names: Sequence[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.members, self.names = list(members), list(names)
        self.built = True

    def call(self, inputs: Sequence, training: bool = False) -> Any:
        inputs = dict(zip(self.names, inputs, strict=True))
        member = inputs.pop(MEMBER)
        places = [tf.where(member == number)[:, 0] for number in range(len(self.members))]
        parts = []
        for network, place in zip(self.members, places, strict=True):
            rows = {name: tf.gather(value, place) for name, value in inputs.items()}
            parts.append(feed(network, rows, training))
        indices = [tf.cast(place, "int32") for place in places]
        return keras.tree.map_structure(lambda *rows: tf.dynamic_stitch(indices, list(rows)), *parts)

    def get_config(self) -> dict:
        members = [keras.saving.serialize_keras_object(member) for member in self.members]
        return {**super().get_config(), "members": members, "names": list(self.names)}

    @classmethod
    def from_config(cls, config: dict) -> "Members":
        members = [keras.saving.deserialize_keras_object(member) for member in config.pop("members")]
        return cls(members, **config)


def mixture(members: Sequence[Sampler], shares: Sequence[float] | None = None) -> Sampler:
    """The sampler that draws from several in given proportions; of mixtures, from all of their members.

    Args:
        members: each that of a network; all with the same prior, conditions and shape of samples.
        shares: how likely each is, numbers from 0 on that add up to 1; equally by default.

    Raises:
        InputError: that names the first member that is not as the first; for shares that are no proportions.
    """
    if not members:
        raise InputError("members: wanted one at least, got none")
    shares = [1.0 / len(members)] * len(members) if shares is None else list(shares)
    if len(shares) != len(members):
        raise InputError(f"shares: wanted one for each of {len(members)} members, got {len(shares)}")
    for number, member in enumerate(members, 1):
        if member.network is None:
            raise InputError(f"member {number}: wanted a game, a run or a sampler of a network, got an exported model")
    networks, weights, laws = zip(*itertools.starmap(_parts, zip(members, shares, strict=True)), strict=True)
    first = members[0]
    for number, (member, prior) in enumerate(zip(members, laws, strict=True), 1):
        about = {"prior": (prior, laws[0])}
        about |= {
            what: (getattr(member, what), getattr(first, what)) for what in ("given", "sample_shape", "value_range")
        }
        for what, (theirs, wanted) in about.items():
            if theirs != wanted:
                raise InputError(f"member {number}: wanted the {what} of member 1, {wanted}, got {theirs}")
    prior = {**laws[0], MEMBER: priors.Member(tuple(itertools.chain(*weights)))}
    network = joined(list(itertools.chain(*networks)), {**prior, **first.given})
    about = {"sample_shape": first.sample_shape, "value_range": first.value_range}
    return Sampler.of(network, prior, first.given, **about)


def _parts(sampler: Sampler, share: float) -> tuple[list[keras.Model], list[float], dict[str, Any]]:
    """(the networks in a sampler, their shares, its prior without the law of which network)."""
    if MEMBER not in sampler.prior:
        return [sampler.network], [share], sampler.prior
    prior = dict(sampler.prior)
    law = prior.pop(MEMBER)
    (layer,) = (layer for layer in sampler.network.layers if isinstance(layer, Members))
    return layer.members, [share * one for one in law.shares], prior


def joined(members: Sequence[keras.Model], laws: Mapping[str, Any]) -> keras.Model:
    """Networks as one, a functional model with an input for each of the laws, `MEMBER`'s among them, by their names."""
    inputs = {
        name: keras.Input(law.shape, dtype=getattr(law, "dtype", "float32"), name=name) for name, law in laws.items()
    }
    return keras.Model(inputs, Members(members, list(laws))(list(inputs.values())), name="mixture")
