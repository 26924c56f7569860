"""Networks of `keras.applications` as features."""

import hashlib
import os

import keras
import numpy as np
import tensorflow as tf

from kgan.checks import InputError, lookup
from kgan.metrics.networks.base import Network

# name: (class, module with its preprocessing, side in pixels)
NETWORKS = {
    "convnext_tiny": ("ConvNeXtTiny", "convnext", 224),
    "densenet121": ("DenseNet121", "densenet", 224),
    "efficientnet_v2_b0": ("EfficientNetV2B0", "efficientnet_v2", 224),
    "inception_v3": ("InceptionV3", "inception_v3", 299),
    "mobilenet_v2": ("MobileNetV2", "mobilenet_v2", 224),
    "resnet50": ("ResNet50", "resnet", 224),
    "vgg16": ("VGG16", "vgg16", 224),
    "xception": ("Xception", "xception", 299),
}
BATCH = 64


class Application(Network):
    """The globally averaged last feature map of a network of `keras.applications`, with its own preprocessing.

    "inception_v3" is Keras's network of another training than the one FID is defined by: see `Inception`.

    Args:
        name: a name in the table above.
        weights: "imagenet", fetched by Keras and checked; a file of weights; None for random ones.

    Raises:
        InputError: for an unknown name, or weights that cannot be had.
    """

    def __init__(self, name: str, weights: str | os.PathLike | None = "imagenet") -> None:
        kind, module, side = lookup("application", name, NETWORKS)
        self.name, self.resizer, self._side = name, f"bilinear-antialias-{side}", side
        self._prepare = getattr(keras.applications, module).preprocess_input
        try:
            model = getattr(keras.applications, kind)(
                include_top=False, pooling="avg", weights=weights, input_shape=(side, side, 3)
            )
        except Exception as error:  # Keras's, urllib's and h5py's, each their own
            reason = " ".join(str(error).split()) or type(error).__name__
            raise InputError(f"features: cannot load the weights {weights!r} of {name}: {reason}") from error
        content = b"".join(np.asarray(v).tobytes() for v in model.weights)
        self.hash = hashlib.sha256(content).hexdigest()[:8]
        self._run = tf.function(lambda x: model(x, training=False), autograph=False, reduce_retracing=True)

    def __call__(self, samples: np.ndarray) -> tuple[np.ndarray, None]:
        if samples.ndim != 4 or samples.shape[-1] not in (1, 3):
            raise InputError(f"samples: {self.name} wants images (n, height, width, 1 or 3), got {samples.shape}")
        return np.concatenate([self._features(samples[i : i + BATCH]) for i in range(0, len(samples), BATCH)]), None

    def _features(self, images: np.ndarray) -> np.ndarray:
        images = (np.broadcast_to(images, (*images.shape[:-1], 3)) + 1.0) * 127.5
        images = tf.image.resize(images, (self._side, self._side), antialias=True)
        return self._run(self._prepare(images)).numpy()
