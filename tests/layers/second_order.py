"""What a gradient penalty needs of a layer: is its second-order gradient that of its function?"""

import numpy as np
import tensorflow as tf

from tests import numeric


def error(model, x, h=1e-6):
    """The relative error of the gradient of E |d s / d x|^2, s = sum(weights * sin(model(scale * x))), in float64.

    The fixed scale of each element stands for the layers before: the gradient at the very input of a normalisation is
    orthogonal to just what Keras's gets wrong, which then does not show. The error is taken along one random direction
    of x and of all trainable variables together, against central differences. Infinite where there is no gradient.

    Args:
        model: a callable with `trainable_variables`; built, in float64.
        x: a float64 `keras.Variable`.
        h: the step of the differences.
    """
    rng = np.random.default_rng(1)
    weights = rng.normal(size=model(x.value).shape)
    scale = rng.uniform(0.5, 1.5, size=x.shape)
    variables = [x, *model.trainable_variables]
    directions = [rng.normal(size=v.shape) for v in variables]

    def penalty():
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(x.value)
            s = tf.reduce_sum(weights * tf.sin(model(scale * x.value)))
        return tf.reduce_sum(tape.gradient(s, x.value) ** 2) / x.shape[0]

    try:
        with tf.GradientTape() as tape:
            tape.watch([v.value for v in variables])
            value = penalty()
        gradients = tape.gradient(value, [v.value for v in variables], unconnected_gradients="zero")
    except LookupError:  # no gradient is registered
        return np.inf
    found = sum(np.sum(tf.convert_to_tensor(g) * d) for g, d in zip(gradients, directions, strict=True))
    expected = numeric.directional(penalty, variables, directions, h)
    return abs(found - expected) / abs(expected)
