"""Spectral normalisation (Miyato et al. 2018)."""

import keras
import tensorflow as tf

from kgan.checks import InputError

WARM_UP = 15
KERNELS = ("kernel", "depthwise_kernel", "embeddings")


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

    Args:
        layer: the layer to wrap: one with a `kernel` (Dense, Conv1D to Conv3D and their transposes, EinsumDense),
            a `depthwise_kernel`, or `embeddings`.
        power_iterations: how many iterations one call of `power_iteration` does; 1 in the paper.

    Raises:
        InputError: (at build) if the layer has no such weight; if power_iterations < 1.
    """

    def __init__(self, layer: keras.layers.Layer, power_iterations: int = 1, **kwargs) -> None:
        if power_iterations < 1:
            raise InputError(f"power_iterations: wanted at least 1, got {power_iterations!r}")
        # Reads the kernel in its own precision and hands the wrapped layer, which casts by itself, its input as is.
        super().__init__(layer, autocast=False, **{**kwargs, "dtype": "float32"})
        self.power_iterations = power_iterations

    def build(self, input_shape: tuple) -> None:
        super().build(input_shape)
        dtype = "float64" if self.kernel.dtype == "float64" else "float32"
        rows, columns = self._matrix(tf.zeros(self.kernel.shape)).shape
        vector = {"trainable": False, "dtype": dtype, "autocast": False, "aggregation": "only_first_replica"}
        self.u = self.add_weight(shape=(columns,), initializer="random_normal", name="u", **vector)
        self.v = self.add_weight(shape=(rows,), initializer="random_normal", name="v", **vector)
        with tf.init_scope():
            self.power_iteration(WARM_UP)

    @property
    def kernel(self) -> keras.Variable:
        """The wrapped layer's raw weight W."""
        for name in KERNELS:
            if getattr(self.layer, name, None) is not None:
                return getattr(self.layer, name)
        raise InputError(f"layer: spectral normalisation wants one of {KERNELS}, {self.layer.name!r} has none")

    def call(self, inputs: tf.Tensor, **kwargs) -> tf.Tensor:
        kernel = tf.cast(self.kernel.value, self.u.dtype)
        u, v = tf.stop_gradient(self.u.value), tf.stop_gradient(self.v.value)
        sigma = tf.tensordot(v, tf.linalg.matvec(self._matrix(kernel), u), 1)
        sigma = tf.where(sigma == 0.0, tf.ones_like(sigma), sigma)  # a zero kernel stays a zero kernel
        # Every variable, not the kernel alone: within this scope one around it, say an unrolled step's, is not seen.
        values = [(v, kernel / sigma if v is self.kernel else v.value) for v in self.layer.variables]
        with keras.StatelessScope(state_mapping=[(v, tf.cast(value, v.dtype)) for v, value in values]):
            return self.layer(inputs, **kwargs)

    def power_iteration(self, iterations: int | None = None) -> None:
        """Moves v <- W u / ||W u||, then u <- W' v / ||W' v||, `iterations` times (default: the layer's number)."""
        matrix = self._matrix(tf.cast(self.kernel.value, self.u.dtype))
        u, v = tf.convert_to_tensor(self.u.value), tf.convert_to_tensor(self.v.value)
        for _ in range(iterations or self.power_iterations):
            v = _unit(tf.linalg.matvec(matrix, u), v)
            u = _unit(tf.linalg.matvec(matrix, v, transpose_a=True), u)
        self.u.assign(u)
        self.v.assign(v)

    def _matrix(self, kernel: tf.Tensor) -> tf.Tensor:
        name = type(self.layer).__name__
        if "Conv" in name and name.endswith("Transpose"):  # (..., out, in), where the others have (..., in, out)
            kernel = tf.linalg.matrix_transpose(kernel)
        if "Depthwise" in name:  # (..., in, multiplier): each is an output channel
            return tf.reshape(kernel, [-1, kernel.shape[-2] * kernel.shape[-1]])
        return tf.reshape(kernel, [-1, kernel.shape[-1]])

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return self.layer.compute_output_shape(input_shape)

    def get_config(self) -> dict:
        return {**super().get_config(), "power_iterations": self.power_iterations}


def _unit(vector: tf.Tensor, otherwise: tf.Tensor) -> tf.Tensor:
    length = tf.norm(vector)
    return tf.where(length > 0.0, vector / tf.maximum(length, 1e-30), otherwise)
