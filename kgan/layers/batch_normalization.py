"""Batch normalisation: second-order gradients right, one batch over all replicas; and its class-conditional form."""

import keras
import tensorflow as tf

from kgan import checks
from kgan.checks import InputError
from kgan.layers import fused
from kgan.layers.normalization import Normalization


@keras.saving.register_keras_serializable("kgan")
class BatchNormalization(Normalization):
    """Ioffe and Szegedy 2015: each channel is standardised over batch and positions.

    In training by the batch's statistics, which also move the moving ones: m <- momentum m + (1 - momentum) m_batch,
    the variance being the biased one, as in Keras. In inference (or if `trainable` is False) by the moving ones.

    Under several replicas the statistics are those of the whole batch over all of them, as on one device, and
    gradients pass through the sums, as often as need be. They cross the network in one all-reduce, and one on the way
    back. It follows that a layer may not be called within a branch of `tf.cond` there. On one replica, and in
    inference, it is one operation of TensorFlow's (`layers.fused`), but for float64; it rounds in an order of its own.
    Each call in training moves the statistics: those on reals, on fakes and for a penalty alike.

    A sample's output depends on the others in its batch. In a generator that correlates the samples of a batch, which
    Salimans et al. 2016 (section 3.5) avoid by virtual batch normalisation: the statistics of a reference batch that
    is fixed at the start, at the price of a second forward pass. Use it where one batch's images look alike and the
    batch is small; here `GroupNormalization` or `LayerNormalization` serve that purpose, without the second pass.
    In a critic under a gradient penalty use one of those two, too: the penalty is on each sample's own gradient.

    Args:
        momentum: of the moving statistics, in [0, 1]; 0.99, as Keras's.
        **kwargs: `epsilon`, `center` and `scale`, as in `Normalization`; Keras's `name`, `dtype`.

    Raises:
        InputError: if momentum is not in [0, 1] or epsilon is not positive.
    """

    def __init__(self, momentum: float = 0.99, **kwargs) -> None:
        super().__init__(**kwargs)
        self.momentum = checks.share("momentum", momentum)

    def build(self, input_shape: tuple) -> None:
        super().build(input_shape)
        # All replicas have the same new value.
        moving = {"trainable": False, "autocast": False, "aggregation": "only_first_replica"}
        shape = (input_shape[-1],)
        self.moving_mean = self.add_weight(shape=shape, initializer="zeros", name="moving_mean", **moving)
        self.moving_variance = self.add_weight(shape=shape, initializer="ones", name="moving_variance", **moving)

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        dtype = self._exact_dtype(inputs)
        gamma, beta = (None if v is None else tf.cast(v.value, dtype) for v in (self.gamma, self.beta))
        return tf.cast(self._normalized(inputs, gamma, beta, training), self.compute_dtype)

    def _normalized(self, x: tf.Tensor, gamma: tf.Tensor | None, beta: tf.Tensor | None, training: bool) -> tf.Tensor:
        """gamma * standardised + beta, a number of each a channel; None for 1 and 0."""
        dtype = self._exact_dtype(x)
        gamma = tf.ones(x.shape[-1:], dtype) if gamma is None else gamma
        beta = tf.zeros(x.shape[-1:], dtype) if beta is None else beta
        if training and self.trainable:
            y, mean, variance = _by_batch(self._exact(x), gamma, beta, self.epsilon)
            self._move(self.moving_mean, mean)
            self._move(self.moving_variance, variance)
            return y
        mean, variance = (tf.cast(v.value, dtype) for v in (self.moving_mean, self.moving_variance))
        if dtype == "float32":  # half in, half out: without copies in float32
            x = x if x.dtype == self.compute_dtype else self._exact(x)
            return fused.standardized(x, gamma, beta, mean, variance, self.epsilon)
        return _affine(self._exact(x) - mean, variance, gamma, beta, self.epsilon)

    def _move(self, moving: keras.Variable, value: tf.Tensor) -> None:
        moving.assign(moving.value * self.momentum + tf.cast(value, moving.dtype) * (1.0 - self.momentum))

    def get_config(self) -> dict:
        return {**super().get_config(), "momentum": self.momentum}


@keras.saving.register_keras_serializable("kgan")
class ConditionalBatchNormalization(BatchNormalization):
    """Batch normalisation with a gamma and a beta for each class (Dumoulin et al. 2017; de Vries et al. 2017).

    Call it on [x, labels]: x (batch, ..., channels), labels integers (batch,) in [0, num_classes). It does not look
    whether they are, which would cost a pass over them in every step: check the data once. TensorFlow itself stops at
    a label out of range on a CPU; on a GPU it takes gamma = beta = 0, compiled by XLA the nearest class's.

    Args:
        num_classes: how many classes there are.
        **kwargs: as in `BatchNormalization`.

    Raises:
        InputError: if num_classes < 1; (at build) if the input is not a pair; and as `BatchNormalization`.
    """

    def __init__(self, num_classes: int, **kwargs) -> None:
        super().__init__(**kwargs)
        self.num_classes = checks.whole("num_classes", num_classes)

    def build(self, input_shape: list) -> None:
        if len(input_shape) != 2 or not all(isinstance(shape, list | tuple) for shape in input_shape):
            raise InputError(f"inputs: wanted [x, labels], got shape {input_shape}")
        super().build(input_shape[0])

    def _add_affine(self, shape: tuple) -> None:
        super()._add_affine((self.num_classes, *shape))

    def call(self, inputs: list, training: bool = False) -> tf.Tensor:
        x, labels = inputs
        y = self._normalized(self._exact(x), None, None, training)
        labels = tf.reshape(tf.cast(labels, "int32"), [-1] + [1] * (len(x.shape) - 2))  # a class for all positions
        if self.scale:
            y = y * tf.cast(tf.gather(self.gamma.value, labels), y.dtype)
        if self.center:
            y = y + tf.cast(tf.gather(self.beta.value, labels), y.dtype)
        return tf.cast(y, self.compute_dtype)

    def compute_output_shape(self, input_shape: list) -> tuple:
        return input_shape[0]

    def get_config(self) -> dict:
        return {**super().get_config(), "num_classes": self.num_classes}


def _by_batch(x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor, epsilon: float) -> tuple:
    """What `fused.batch_normalization` gives, of the batches of all replicas together, and in float64 too."""
    if x.dtype == tf.float32 and not _together():
        return fused.batch_normalization(x, gamma, beta, epsilon)
    mean, variance = _moments(x)
    return _affine(x - mean, variance, gamma, beta, epsilon), mean, variance


def _affine(centred: tf.Tensor, variance: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor, epsilon: float) -> tf.Tensor:
    return centred * (gamma * tf.math.rsqrt(variance + epsilon)) + beta


def _together() -> bool:
    """Whether there are other replicas, who are at the same place."""
    return tf.distribute.get_strategy().num_replicas_in_sync > 1 and not tf.distribute.in_cross_replica_context()


def _moments(x: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Mean and biased variance of each channel over batch and positions, of all replicas' batches.

    These may differ in size: each replica sends how many it has, their mean and their squares about it, from which
    everybody has those of all (Chan et al. 1983), without a difference of large numbers. A replica adds its three to
    zeros in the others' places.
    """
    axes = list(range(len(x.shape) - 1))
    count = tf.cast(tf.size(x) // x.shape[-1], x.dtype)
    mean = tf.math.divide_no_nan(tf.reduce_sum(x, axes), count)
    squares = tf.reduce_sum(tf.square(x - mean), axes)
    if not _together():
        return mean, squares / count
    context = tf.distribute.get_replica_context()
    mine = tf.one_hot(context.replica_id_in_sync_group, context.num_replicas_in_sync, dtype=x.dtype)
    sent = tf.stack([tf.broadcast_to(count, mean.shape), mean, squares])
    counts, means, squares = tf.unstack(
        context.all_reduce(tf.distribute.ReduceOp.SUM, mine[:, tf.newaxis, tf.newaxis] * sent), axis=1
    )
    count = tf.reduce_sum(counts, 0)
    mean = tf.reduce_sum(counts * means, 0) / count
    return mean, tf.reduce_sum(squares + counts * tf.square(means - mean), 0) / count
