"""Spectral normalisation (Miyato et al. 2018)."""

import math
import re

import keras
import tensorflow as tf

from kgan import checks
from kgan.checks import InputError
from kgan.layers.equalized import Equalized

WARM_UP = 15
KERNELS = ("kernel", "recurrent_kernel", "depthwise_kernel", "pointwise_kernel", "embeddings", "reverse_embeddings")
TRANSPOSED = (keras.layers.Conv1DTranspose, keras.layers.Conv2DTranspose, keras.layers.Conv3DTranspose)
DEPTHWISE = (keras.layers.DepthwiseConv1D, keras.layers.DepthwiseConv2D)


@keras.saving.register_keras_serializable("kgan")
class SpectralNormalization(keras.layers.Wrapper):
    """Runs a layer with W / sigma(W) for its kernel W; sigma is the largest singular value.

    W is flattened to a matrix whose columns are the output channels (Miyato et al. 2018, section 2.1), and sigma is
    estimated as v' W u (Algorithm 1). u and v are held constant in the gradient; sigma is not, so that for a loss L
    dL/dW = (G - <G, W/sigma> v u') / sigma with G = dL/d(W/sigma) (eq. 12).

    A forward pass changes nothing: the kernel W stays as the optimizer left it, and u and v move only when
    `power_iteration` is called. `kgan.GAN` calls it once after each step of the player who owns the layer, so all
    the passes between two steps see the same function. u and v are warmed up when the layer is built. In inference
    the kernel is W / sigma too. sigma is computed in float32 (or float64) whatever the precision policy.

    A layer with several kernels has each of them normalised by its own sigma: both of a separable convolution, those
    of the four projections of `keras.layers.MultiHeadAttention`. (Dot-product attention is not Lipschitz even so.)

    Args:
        layer: the layer to wrap: one with a `kernel` (Dense, Conv1D to Conv3D and their transposes, depthwise ones,
            EinsumDense), a `depthwise_kernel` and a `pointwise_kernel` (separable convolutions) or `embeddings`; or a
            `MultiHeadAttention`, which is then called as `layer(query, value, key)`.
        power_iterations: how many iterations one call of `power_iteration` does; 1 in the paper.

    Attributes:
        us, vs: u and v of each of `kernels`.

    Raises:
        InputError: if power_iterations < 1 or `layer` is no layer; (at build) if the layer has no such weight, or is an
            equalised one, whose scale would stay beside a kernel of norm 1.
    """

    def __init__(self, layer: keras.layers.Layer, power_iterations: int = 1, **kwargs) -> None:
        if not isinstance(layer, keras.layers.Layer):
            raise InputError(f"layer: wanted a Keras layer, got {layer!r}")
        # Reads the kernel in its own precision and hands the wrapped layer, which casts by itself, its input as is.
        super().__init__(layer, autocast=False, **{**kwargs, "dtype": _exact(layer.variable_dtype)})
        self.power_iterations = checks.whole("power_iterations", power_iterations)

    def build(self, inputs_shape: tuple, value_shape: tuple | None = None, key_shape: tuple | None = None) -> None:
        if isinstance(self.layer, Equalized):
            kind = type(self.layer).__name__
            raise InputError(
                f"layer: {self.layer.name!r} ({kind}) is equalised: its scale would stay beside a kernel of norm 1; "
                "wrap a layer of keras.layers"
            )
        if not self.layer.built:
            self.layer.build(*_given(inputs_shape, value_shape, key_shape))
            self.layer.built = True
        found = _kernels(self.layer)
        if not found:
            raise InputError(
                f"layer: spectral normalisation wants one of {KERNELS} or a MultiHeadAttention, {self.layer.name!r} "
                "has none; wrap the layers inside it"
            )
        self.us, self.vs = [], []
        for number, (kernel, columns) in enumerate(found):
            rows, columns = _matrix(tf.zeros(kernel.shape), columns).shape
            suffix = f"_{number}" if number else ""
            settings = {
                "initializer": "random_normal",
                "trainable": False,
                "dtype": _exact(kernel.dtype),
                "autocast": False,
                "aggregation": "only_first_replica",
            }
            self.us.append(self.add_weight(shape=(columns,), name=f"u{suffix}", **settings))
            self.vs.append(self.add_weight(shape=(rows,), name=f"v{suffix}", **settings))
        with tf.init_scope():
            self.power_iteration(WARM_UP)

    @property
    def kernels(self) -> list[keras.Variable]:
        """The wrapped layer's raw kernels, W of each."""
        return [kernel for kernel, _ in _kernels(self.layer)]

    @property
    def kernel(self) -> keras.Variable:
        """The (first) raw kernel W."""
        return self.kernels[0]

    @property
    def u(self) -> keras.Variable:
        """The (first) kernel's right vector."""
        return self.us[0]

    @property
    def v(self) -> keras.Variable:
        """The (first) kernel's left vector."""
        return self.vs[0]

    def call(
        self, inputs: tf.Tensor, value: tf.Tensor | None = None, key: tf.Tensor | None = None, **kwargs
    ) -> tf.Tensor:
        # Every variable, not the kernels alone: within this scope one around it, say an unrolled step's, is not seen.
        values = {id(v): v.value for v in self.layer.variables}
        for (kernel, columns), u, v in zip(_kernels(self.layer), self.us, self.vs, strict=True):
            values[id(kernel)] = _normalized(kernel, columns, u, v)
        mapping = [(v, tf.cast(values[id(v)], v.dtype)) for v in self.layer.variables]
        with keras.StatelessScope(state_mapping=mapping):
            return self.layer(*_given(inputs, value, key), **kwargs)

    def power_iteration(self, iterations: int | None = None) -> None:
        """Moves v <- W u / ||W u||, then u <- W' v / ||W' v||, `iterations` times (default: the layer's number)."""
        for (kernel, columns), *vectors in zip(_kernels(self.layer), self.us, self.vs, strict=True):
            u, v = (tf.convert_to_tensor(vector.value) for vector in vectors)
            matrix = _matrix(tf.cast(kernel.value, u.dtype), columns)
            for _ in range(iterations or self.power_iterations):
                v = _unit(tf.linalg.matvec(matrix, u), v)
                u = _unit(tf.linalg.matvec(matrix, v, transpose_a=True), u)
            for vector, new in zip(vectors, (u, v), strict=True):
                vector.assign(new)

    def compute_output_shape(
        self, inputs_shape: tuple, value_shape: tuple | None = None, key_shape: tuple | None = None
    ) -> tuple:
        return self.layer.compute_output_shape(*_given(inputs_shape, value_shape, key_shape))

    def get_config(self) -> dict:
        return {**super().get_config(), "power_iterations": self.power_iterations}


def _exact(dtype: str) -> str:
    return "float64" if dtype == "float64" else "float32"


def _given(*arguments):
    return [argument for argument in arguments if argument is not None]


def _kernels(layer: keras.layers.Layer) -> list[tuple[keras.Variable, list[int]]]:
    """The layer's kernels, each with the axes of its output channels."""
    if isinstance(layer, keras.layers.MultiHeadAttention):
        parts = (layer.query_dense, layer.key_dense, layer.value_dense, layer.output_dense)
        return [kernel for part in parts for kernel in _kernels(part)]
    kernels = [(name, getattr(layer, name, None)) for name in KERNELS]
    return [(kernel, _output_axes(layer, name, len(kernel.shape))) for name, kernel in kernels if kernel is not None]


def _output_axes(layer: keras.layers.Layer, name: str, rank: int) -> list[int]:
    if isinstance(layer, keras.layers.EinsumDense):
        _, letters, output = re.split(",|->", layer.equation)
        return [axis for axis, letter in enumerate(letters) if letter in output]
    if isinstance(layer, TRANSPOSED):  # (..., out, in), where the others have (..., in, out)
        return [rank - 2]
    if isinstance(layer, DEPTHWISE) or name == "depthwise_kernel":  # (..., in, multiplier): each is an output channel
        return [rank - 2, rank - 1]
    return [rank - 1]


def _matrix(kernel: tf.Tensor, columns: list[int]) -> tf.Tensor:
    """The kernel with its output channels as columns."""
    rows = [axis for axis in range(len(kernel.shape)) if axis not in columns]
    if rows + columns != sorted(rows + columns):
        kernel = tf.transpose(kernel, rows + columns)
    return tf.reshape(kernel, [-1, math.prod(kernel.shape[len(rows) :])])


def _normalized(kernel: keras.Variable, columns: list[int], u: keras.Variable, v: keras.Variable) -> tf.Tensor:
    """W / sigma, in the precision of u and v."""
    kernel = tf.cast(kernel.value, u.dtype)
    u, v = tf.stop_gradient(u.value), tf.stop_gradient(v.value)
    sigma = tf.tensordot(v, tf.linalg.matvec(_matrix(kernel, columns), u), 1)
    return kernel / tf.where(sigma == 0.0, tf.ones_like(sigma), sigma)  # a zero kernel stays a zero kernel


def _unit(vector: tf.Tensor, otherwise: tf.Tensor) -> tf.Tensor:
    length = tf.norm(vector)
    return tf.where(length > 0.0, vector / tf.maximum(length, 1e-30), otherwise)
