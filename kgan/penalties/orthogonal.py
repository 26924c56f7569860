"""Orthogonal regularisation of kernels (Brock et al. 2019, BigGAN)."""

import math
import re
from collections.abc import Iterator

import keras
import tensorflow as tf

from kgan import checks
from kgan.checks import InputError, lookup
from kgan.distribute import sublayers
from kgan.penalties.base import Penalty, Play, weighted

# By name: layers of kgan's own may not be imported here.
SKIPPED = {"DepthwiseConv1D", "DepthwiseConv2D", "MinibatchDiscrimination"}
PLAYERS = {"generator": ("g",), "discriminator": ("d",), "both": ("d", "g")}


class OrthogonalRegularization(Penalty):
    """BigGAN's (Brock et al. 2019, eq. 3): weight * ||W'W * (1 - I)||_F^2, summed over the kernels W of a network.

    W is flattened to a matrix whose columns are the output channels: the columns are drawn towards right angles,
    their lengths are left alone. Kernels of dense and (transposed) convolutional layers count, and those of attention's
    projections; depthwise and separable ones, embeddings and `MinibatchDiscrimination`'s do not. With spectral
    normalisation it is the raw kernel. (BigGAN's code adds half of this gradient.)

    Args:
        weight: beta, a number from 0 on or a Schedule; 1e-4 in the paper.
        diagonal: compare with the identity, ||W'W - I||_F^2 (eq. 2 there), so that lengths go to 1.
        network: "generator" as in BigGAN, "discriminator" or "both".
        interval: every how many rounds it is computed.

    Raises:
        InputError: for arguments out of their range; (at `compile`) if the network has no such kernel.
    """

    name = "orthogonal"

    def __init__(
        self, weight: float = 1e-4, diagonal: bool = False, network: str = "generator", interval: int = 1
    ) -> None:
        super().__init__(interval)
        self.weight, self.diagonal = checks.number("weight", weight, 0.0), checks.boolean("diagonal", diagonal)
        self.players = lookup("network", network, PLAYERS)

    def check(self, generator: keras.Model, discriminator: keras.Model) -> None:
        for player, network in (("d", discriminator), ("g", generator)):
            if player in self.players and not any(True for _ in _matrices(network)):
                raise _bare(network)

    def discriminator_term(self, play: Play) -> tf.Tensor | None:
        return self._of(play.discriminator) if "d" in self.players else None

    def generator_term(self, play: Play) -> tf.Tensor | None:
        return self._of(play.generator) if "g" in self.players else None

    def _of(self, network: keras.Model) -> tf.Tensor:
        matrices = list(_matrices(network))
        if not matrices:
            raise _bare(network)
        return weighted(self.weight, tf.add_n([self._distance(matrix) for matrix in matrices]))

    def _distance(self, matrix: tf.Tensor) -> tf.Tensor:
        rows, columns = matrix.shape
        # ||W'W|| = ||WW'||: the smaller of the two. With fewer rows than columns, which cannot all be at right
        # angles, the difference below does not cancel.
        gram = tf.matmul(matrix, matrix, transpose_a=rows >= columns, transpose_b=rows < columns)
        squares = tf.reduce_sum(tf.square(matrix), 0)
        if rows >= columns:
            wanted = tf.eye(columns, dtype=gram.dtype) if self.diagonal else tf.linalg.diag(squares)
            return tf.reduce_sum(tf.square(gram - wanted))
        whole = tf.reduce_sum(tf.square(gram))
        if self.diagonal:
            return whole - 2.0 * tf.reduce_sum(squares) + columns
        return whole - tf.reduce_sum(tf.square(squares))


def _bare(network: keras.Model) -> InputError:
    return InputError(f"network: orthogonal regularisation wants trainable kernels, {network.name!r} has none")


def _matrices(network: keras.Model) -> Iterator[tf.Tensor]:
    """Each trainable kernel, in float32 (or float64), with a column for each output channel."""
    for layer in sublayers(network):
        kernel = None if isinstance(layer, keras.layers.Wrapper) else getattr(layer, "kernel", None)
        trainable = any(v is kernel for v in layer.trainable_variables)
        if kernel is None or not trainable or SKIPPED & {cls.__name__ for cls in type(layer).__mro__}:
            continue
        value = tf.convert_to_tensor(kernel.value)
        axes = list(range(len(value.shape)))
        columns = axes[-1:]
        if type(layer).__name__.endswith("Transpose"):  # (..., out, in), where the others have (..., in, out)
            columns = axes[-2:-1]
        elif isinstance(layer, keras.layers.EinsumDense):
            _, letters, output = re.split(",|->", layer.equation)
            columns = [axis for axis in axes if letters[axis] in output]
        rows = [axis for axis in axes if axis not in columns]
        width = math.prod(value.shape[axis] for axis in columns)
        yield tf.reshape(tf.transpose(value, rows + columns), [-1, width])
