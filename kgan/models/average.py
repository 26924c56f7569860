"""The exponential moving average of a network (Karras et al. 2018; Yazici et al. 2019)."""

import copy
from typing import Any

import keras
import tensorflow as tf

from kgan.checks import InputError
from kgan.distribute import sublayers, untrack
from kgan.feed import feed


class Average:
    """Makes `network`, a copy of `source`, follow it: average += (1 - decay_t) * (weight - average).

    decay_t = min(decay, (1 + t) / (10 + t)) in round t (from 1), or that of a schedule, `schedules.HalfLife` say: the
    ramp is there so that a short run does not sample from its initialisation. Buffers (BatchNormalization's moving
    statistics) are copied, not averaged, as in StyleGAN.

    Args:
        source: a built `keras.Model`.
        network: another of the same architecture; it starts with the source's weights.
        decay: in [0, 1), or a schedule of such numbers; None if it is never updated.

    Attributes:
        born: by the id of a variable of a source that grows, the round with which it began to be trained; from there
            the ramp counts for it, so that it is all but copied at first.
    """

    def __init__(self, source: keras.Model, network: keras.Model, decay: Any) -> None:
        self.source, self.network, self.decay = source, network, decay
        network.set_weights(source.get_weights())
        self.born: dict[int, int] = {}

    def update(self, step: tf.Tensor) -> None:
        """Moves the average, at the end of round `step` (from 0)."""
        decay = self.decay(step + 1) if callable(self.decay) else tf.minimum(self.decay, _ramp(step))
        rates = {born: 1.0 - tf.minimum(decay, _ramp(step - born)) for born in sorted(set(self.born.values())) if born}
        averaged = {id(v) for v in self.source.trainable_variables}
        for mean, value in zip(self.network.variables, self.source.variables, strict=True):
            if id(value) in averaged:
                rate = rates.get(self.born.get(id(value)), 1.0 - decay)
                mean.assign_add(tf.cast(rate, mean.dtype) * (value.value - mean.value))
            else:
                mean.assign(value.value)


def _ramp(step: tf.Tensor) -> tf.Tensor:
    """What a decay may be at most in round `step` (from 0) since it began."""
    t = tf.cast(tf.maximum(step, 0), "float32") + 1.0
    return (1.0 + t) / (10.0 + t)


def duplicate(name: str, network: keras.Model, inputs: dict | None = None) -> keras.Model:
    """Another network of the same architecture and weights.

    Args:
        name: of the network, for the message.
        network: a built model; of a class of the user's own, one with a `get_config`.
        inputs: as `kgan.feed.feed` takes them: a call builds the copy. None for a functional network, which is built.

    Raises:
        InputError: if Keras cannot make it anew.
    """
    reason = ""
    # Keras copies a model within the model by its config, in which it finds classes of the user's by such names.
    classes = {type(layer).__name__: type(layer) for layer in sublayers(network)}
    classes = {name: cls for name, cls in classes.items() if not cls.__module__.startswith("keras.")}
    for make in (keras.models.clone_model, copy.deepcopy):  # the second knows Lambdas, and takes longer
        try:
            with keras.saving.custom_object_scope(classes):
                other = make(network)
            if inputs is not None:
                feed(other, inputs)
            other.set_weights(network.get_weights())
            return other
        except Exception as error:  # whatever a layer of the user's own raises
            reason = reason or next(iter(str(error).splitlines()), type(error).__name__)
    kind = type(network).__name__
    raise InputError(
        f"{name}: a {kind} cannot be copied for its average ({reason}); give it get_config, or compile(ema_decay=None)"
    )


class Averaged:
    """The averages of a game's generators: a mixin of `GameModel`.

    Attributes:
        averages: an `Average` by the generator's name; {} without any.
        average_networks: their networks, where Keras finds them.
    """

    def begin_averages(self, decay: Any, frozen: bool = False) -> None:
        """Averages of all generators, each from its present weights; none without a decay, unless they are `frozen`."""
        makers = {name: network for name, (role, network) in self.networks().items() if role == "g"}
        before, self.averages, self.average_networks = dict(self.averages), {}, {}
        for average in before.values():
            untrack(self, average.network)  # so that Keras counts it at one place, whenever it was made
        if any(average.source is not makers[name] for name, average in before.items()):  # assigned since
            self.check_networks()
            before = {}
        if decay is None and not frozen:
            return
        self.average_networks = {
            name: before[name].network if before else duplicate(name, network, self.examples.get(name))
            for name, network in makers.items()
        }
        copies = self.average_networks
        self.averages = {name: Average(network, copies[name], decay) for name, network in makers.items()}

    def trained(self, name: str, average: bool = True) -> keras.Model:
        """The average of network `name`, if there is one and it is asked for; else the network itself."""
        return self.averages[name].network if average and name in self.averages else self.networks()[name][1]

    @property
    def averaged(self) -> bool:
        """Whether samples come from averages of the generators."""
        return bool(self.averages)

    def load_weights(self, filepath: Any, *args: Any, **kwargs: Any) -> None:
        """As `keras.Model.load_weights`, all weights with the averages' and the step; not the optimizers' (see
        `callbacks.Checkpoint`).

        Raises:
            InputError: before `compile`, which makes the averages: the file's would be left out without a word.
        """
        if not self.compiled:
            raise InputError("load_weights: call compile() first, which makes the average that the file may hold")
        super().load_weights(filepath, *args, **kwargs)
