"""What draws: by a seed generator, whose state is a variable, as in Keras 3."""

from typing import Any

import keras
import tensorflow as tf
from keras.src import backend
from keras.src.engine import base_layer
from keras.src.utils import tf_utils

from kgan.keras2.variables import Variable


class SeedGenerator(tf.__internal__.tracking.AutoTrackable):
    """`keras.random.SeedGenerator`: a seed and a counter in a variable, from which each draw takes the next seed.

    As in Keras 3 the state is one of the `variables` of the layer that has the generator, and none of its weights.
    """

    def __init__(self, seed: int | None = None, **kwargs: Any) -> None:
        start = [tf_utils.get_random_seed() if seed is None else seed, 0]
        self.state = Variable(start, dtype="int64", trainable=False, name="seed_generator_state")

    def next(self) -> tf.Tensor:
        """The next seed, int64 (2,)."""
        seed = tf.identity(self.state)
        self.state.assign(seed + tf.constant([0, 1], "int64"))
        return seed


def states(layer: keras.layers.Layer) -> list[tf.Variable]:
    """The states of a layer's own seed generators."""
    return [value.state for value in vars(layer).values() if isinstance(value, SeedGenerator)]


def give() -> None:
    """Dropout and noise draw by a `SeedGenerator`, as in Keras 3, where Keras 2 draws by a state of TensorFlow's."""
    kind, generator = base_layer.BaseRandomLayer, backend.RandomGenerator
    begin, next_seed = kind.__init__, generator.make_seed_for_stateless_op

    def __init__(self, seed: Any = None, force_generator: bool = False, rng_type: Any = None, **kwargs: Any) -> None:  # noqa: ANN001
        begin(self, seed, force_generator, rng_type or "stateless", **kwargs)
        self.seed_generator = SeedGenerator(seed)
        self._random_generator.seeds = self.seed_generator

    def make_seed(self) -> Any:  # noqa: ANN001
        return self.seeds.next() if hasattr(self, "seeds") else next_seed(self)

    kind.__init__, generator.make_seed_for_stateless_op = __init__, make_seed


def _seed(seed: Any) -> Any:
    return seed.next() if isinstance(seed, SeedGenerator) else [tf_utils.get_random_seed() if seed is None else seed, 0]


def normal(shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Any = None) -> tf.Tensor:
    """`keras.random.normal`."""
    return tf.random.stateless_normal(shape, _seed(seed), mean, stddev, dtype or backend.floatx())


def uniform(shape: Any, minval: float = 0.0, maxval: float = 1.0, dtype: Any = None, seed: Any = None) -> tf.Tensor:
    """`keras.random.uniform`."""
    return tf.random.stateless_uniform(shape, _seed(seed), minval, maxval, dtype or backend.floatx())
