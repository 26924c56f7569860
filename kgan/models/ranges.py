"""What values a network's last activation can take, where that can be told."""

import math

import keras

Range = tuple[float, float]

INFINITE: Range = (-math.inf, math.inf)
RANGES: dict[str, Range] = {
    "sigmoid": (0.0, 1.0),
    "hard_sigmoid": (0.0, 1.0),
    "softmax": (0.0, 1.0),
    "tanh": (-1.0, 1.0),
    "hard_tanh": (-1.0, 1.0),
    "softsign": (-1.0, 1.0),
    "relu": (0.0, math.inf),
    "relu6": (0.0, 6.0),
    "softplus": (0.0, math.inf),
    "exponential": (0.0, math.inf),
    "log_sigmoid": (-math.inf, 0.0),
}
LAYERS = {"ReLU": "relu", "Softmax": "softmax"}
SHAPING = ("Cropping1D", "Cropping2D", "Flatten", "Identity", "Permute", "Reshape", "UpSampling2D")


def output_range(network: keras.layers.Layer) -> tuple[Range, str]:
    """(the range of a network's output, the name of the activation that bounds it); `INFINITE` and "" where unknown.

    Known are Keras's activations of the last layer, on its own or as an argument, through wrappers, nested models and
    layers that only change the shape.
    """
    layers = [layer for layer in getattr(network, "layers", []) if type(layer).__name__ not in SHAPING]
    if layers and isinstance(network, keras.Model):
        return output_range(layers[-1])
    if isinstance(network, keras.layers.Wrapper):
        return output_range(network.layer)
    name = LAYERS.get(type(network).__name__) or getattr(getattr(network, "activation", None), "__name__", "")
    return RANGES.get(name, INFINITE), name if name in RANGES else ""
