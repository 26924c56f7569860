"""Features that compare a sample with the others of its batch, by which a discriminator sees a collapse."""

import keras
import tensorflow as tf

from kgan import checks


@keras.saving.register_keras_serializable("kgan")
class MinibatchStdDev(keras.layers.Layer):
    """PGGAN, section 3: the deviation within groups of samples, averaged over all features, as one more channel.

    The batch is split into groups of `group_size`; the standard deviation sqrt(variance + 1e-8) of each feature over
    a group is averaged over all positions and channels to one number, which every position of the group's samples
    gets: (batch, ..., channels) -> (batch, ..., channels + 1).

    A batch that `group_size` does not divide is split by the largest smaller number that does: 6 samples into groups
    of 3, 5 into groups of 1, whose deviation is 1e-4 always. Under several replicas, groups are of one replica's
    batch. The deviation is computed in float32 (or float64) under mixed precision.

    Args:
        group_size: 4, as in the authors' code. Sample i goes with i + batch / group_size, and so on.

    Raises:
        InputError: if group_size < 1.
    """

    def __init__(self, group_size: int = 4, **kwargs) -> None:
        super().__init__(**kwargs)
        self.group_size = checks.whole("group_size", group_size)

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        x = tf.cast(inputs, "float64" if inputs.dtype == "float64" else "float32")
        batch = tf.shape(x)[0] if x.shape[0] is None else x.shape[0]
        group = 1
        for size in range(2, self.group_size + 1):
            group = tf.where(batch % size == 0, size, group) if tf.is_tensor(batch) else group if batch % size else size
        groups = tf.reshape(x, tf.concat([[group, batch // group], tf.shape(x)[1:]], 0))
        centred = groups - tf.reduce_mean(groups, 0)
        deviation = tf.sqrt(tf.reduce_mean(tf.square(centred), 0) + 1e-8)
        deviation = tf.reduce_mean(deviation, list(range(1, len(x.shape))), keepdims=True)
        deviation = tf.tile(deviation, [group] + [1] * (len(x.shape) - 1))
        feature = tf.ones_like(x[..., :1]) * deviation
        return tf.concat([inputs, tf.cast(feature, inputs.dtype)], -1)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return (*input_shape[:-1], input_shape[-1] + 1)

    def get_config(self) -> dict:
        return {**super().get_config(), "group_size": self.group_size}


@keras.saving.register_keras_serializable("kgan")
class MinibatchDiscrimination(keras.layers.Layer):
    """Salimans et al. 2016, section 3.2: how near each sample is to the others, in learnt projections.

    With M_i = x_i T for each sample, a matrix of `features` rows of length `dimension`, the layer appends
    o(x_i)_b = sum_j exp(-||M_ib - M_jb||_1) to x_i: (batch, n) -> (batch, n + features). The sum takes in j = i, a
    one. Under several replicas it runs over one replica's batch. It costs batch^2 * features * dimension numbers.
    Distances are computed in float32 (or float64) under mixed precision.

    Args:
        features: how many are appended, B; 100 in the authors' code.
        dimension: of each projection, C; 5 there.

    Raises:
        InputError: if one of them is less than 1; (at build) if the input is not (batch, n).
    """

    def __init__(self, features: int = 100, dimension: int = 5, **kwargs) -> None:
        super().__init__(**kwargs)
        self.features, self.dimension = checks.whole("features", features), checks.whole("dimension", dimension)

    def build(self, input_shape: tuple) -> None:
        if len(input_shape) != 2:
            raise checks.InputError(f"inputs: wanted (batch, n), got shape {tuple(input_shape)}; flatten them first")
        shape = (input_shape[-1], self.features * self.dimension)
        self.kernel = self.add_weight(shape=shape, initializer="glorot_uniform", name="kernel")

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        projections = tf.matmul(inputs, tf.convert_to_tensor(self.kernel))
        m = tf.reshape(projections, [-1, self.features, self.dimension])
        m = tf.cast(m, "float64" if m.dtype == "float64" else "float32")
        distances = tf.reduce_sum(tf.abs(m[:, None] - m[None]), -1)  # (batch, batch, features)
        nearness = tf.reduce_sum(tf.exp(-distances), 1)
        return tf.concat([inputs, tf.cast(nearness, inputs.dtype)], -1)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return (input_shape[0], input_shape[1] + self.features)

    def get_config(self) -> dict:
        return {**super().get_config(), "features": self.features, "dimension": self.dimension}
