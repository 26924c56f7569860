"""Batch normalisation as one operation of TensorFlow's, right at every derivative."""

from typing import Any

import tensorflow as tf

from kgan import derivatives


def batch_normalization(
    x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor, epsilon: float
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """gamma * (x - mean) / sqrt(variance + epsilon) + beta, mean and variance of each channel.

    Args:
        x: float32 (batch, ..., channels).
        gamma, beta: float32 (channels,).
        epsilon: added to the variance.

    Returns:
        It, the mean and the biased variance; the latter two are constants to a tape.
    """
    y, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
        x=_maps(x), scale=gamma, offset=beta, mean=tf.constant([]), variance=tf.constant([]), epsilon=epsilon
    )
    count = tf.cast(tf.size(x) // x.shape[-1], "float32")
    variance *= (count - 1.0) / count  # which it gives without bias
    return _like(y, x), tf.stop_gradient(mean), tf.stop_gradient(variance)


def standardized(
    x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor, mean: tf.Tensor, variance: tf.Tensor, epsilon: float
) -> tf.Tensor:
    """gamma * (x - mean) / sqrt(variance + epsilon) + beta, in one pass: mean and variance are constants.

    Args:
        x: float32, bfloat16 or float16 (batch, ..., channels), and so is the result; it is computed in float32.
        gamma, beta, mean, variance: float32 (channels,).
        epsilon: added to the variance.
    """
    y, *_ = tf.raw_ops.FusedBatchNormV3(
        x=_maps(x), scale=gamma, offset=beta, mean=mean, variance=variance, epsilon=epsilon, is_training=False
    )
    return _like(y, x)


def _maps(x: tf.Tensor) -> tf.Tensor:
    """`x` as the operation takes it: (batch, height, width, channels)."""
    return x if len(x.shape) == 4 else tf.reshape(x, [-1, 1, 1, x.shape[-1]])


def _like(y: tf.Tensor, x: tf.Tensor) -> tf.Tensor:
    """`y` in the shape of `x`."""
    return y if len(x.shape) == 4 else tf.ensure_shape(tf.reshape(y, tf.shape(x)), x.shape)


def slopes(dy: tf.Tensor, x: tf.Tensor, gamma: tf.Tensor, epsilon: float) -> list[tf.Tensor]:
    """The gradients of sum(dy * batch_normalization(...)) by x, gamma and beta (Ioffe and Szegedy 2015, section 3)."""
    axes = list(range(len(x.shape) - 1))
    centred = x - tf.reduce_mean(x, axes)
    scale = tf.math.rsqrt(tf.reduce_mean(tf.square(centred), axes) + epsilon)
    z = centred * scale
    by_x = gamma * scale * (dy - tf.reduce_mean(dy, axes) - z * tf.reduce_mean(dy * z, axes))
    return [by_x, tf.reduce_sum(dy * z, axes), tf.reduce_sum(dy, axes)]


def _of_slopes(op: Any, *above: Any) -> list:
    """The gradient of `FusedBatchNormGradV3`, which is `slopes` in training.

    TensorFlow's own is right; its derivative, the third one of batch normalisation, is not: it holds the mean constant
    in the variance. What is not ours (inference, channels first, half precision) is left to it.
    """
    # Watched where they are used: in a branch the inputs are tensors of another graph, and nothing would come back.
    dy, x, gamma = map(tf.identity, op.inputs[:3])
    channels_last = op.get_attr("data_format") in (b"NHWC", b"NDHWC")
    if not (op.get_attr("is_training") and channels_last and x.dtype == tf.float32):
        return TENSORFLOWS(op, *above)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch([dy, x, gamma])
        below = slopes(dy, x, gamma, op.get_attr("epsilon"))
    return [*tape.gradient(below, [dy, x, gamma], above[:3]), None, None, None]


# For good, and not while a game is trained alone: a network is differentiated elsewhere too.
TENSORFLOWS = derivatives.registered("FusedBatchNormGradV3")
derivatives.register("FusedBatchNormGradV3", _of_slopes)
