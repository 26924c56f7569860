"""Affine maps of n dimensions, one a sample, as homogeneous matrices (batch, n + 1, n + 1), float32."""

import tensorflow as tf


def linear(matrices: tf.Tensor) -> tf.Tensor:
    """x -> A x, from A (batch, n, n)."""
    n = matrices.shape[-1]
    return tf.pad(matrices, [[0, 0], [0, 1], [0, 1]]) + tf.linalg.diag([0.0] * n + [1.0])


def scaling(factors: tf.Tensor) -> tf.Tensor:
    """x -> s * x, from s (batch, n)."""
    return linear(tf.linalg.diag(factors))


def translation(offsets: tf.Tensor) -> tf.Tensor:
    """x -> x + t, from t (batch, n)."""
    n = offsets.shape[-1]
    return tf.eye(n + 1) + tf.pad(offsets[:, :, None], [[0, 0], [0, 1], [n, 0]])


def after(outer: tf.Tensor, inner: tf.Tensor) -> tf.Tensor:
    """x -> outer(inner(x))."""
    # Not a matmul: on a GPU that may round to TF32, ten bits, which moves pixels.
    return tf.reduce_sum(outer[:, :, :, None] * inner[:, None], 2)
