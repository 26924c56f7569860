"""The exponential moving average of a network (Karras et al. 2018; Yazici et al. 2019)."""

from typing import Any

import keras
import tensorflow as tf


class Average:
    """Makes `network`, a copy of `source`, follow it: average += (1 - decay_t) * (weight - average).

    decay_t = min(decay, (1 + t) / (10 + t)) in round t (from 1), or that of a schedule, `schedules.HalfLife` say: the
    ramp is there so that a short run does not sample from its initialisation. Buffers (BatchNormalization's moving
    statistics) are copied, not averaged, as in StyleGAN.

    Args:
        source: a built `keras.Model`.
        network: another of the same architecture; it starts with the source's weights.
        decay: in [0, 1), or a schedule of such numbers; None if it is never updated.
    """

    def __init__(self, source: keras.Model, network: keras.Model, decay: Any) -> None:
        self.source, self.network, self.decay = source, network, decay
        network.set_weights(source.get_weights())

    def update(self, step: tf.Tensor) -> None:
        """Moves the average, at the end of round `step` (from 0)."""
        t = tf.cast(step, "float32") + 1.0
        decay = self.decay(step + 1) if callable(self.decay) else tf.minimum(self.decay, (1.0 + t) / (10.0 + t))
        rate = 1.0 - decay
        averaged = {id(v) for v in self.source.trainable_variables}
        for mean, value in zip(self.network.variables, self.source.variables, strict=True):
            if id(value) in averaged:
                mean.assign_add(tf.cast(rate, mean.dtype) * (value.value - mean.value))
            else:
                mean.assign(value.value)
