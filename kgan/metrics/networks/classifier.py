"""A classifier that kgan trains once for a data set, and keeps: features for images no public network knows."""

import hashlib

import keras
import numpy as np
import tensorflow as tf

from kgan.cache import digest, kept
from kgan.checks import InputError, whole
from kgan.metrics.networks.base import Network

RECIPE = "2"  # of the training below; what is kept from another is not taken
STEPS, BATCH, FEATURES = 3000, 128, 64
STANDARDISED = "standardised"  # the layer that does it
ENOUGH = 10_000  # images, to know a feature's mean and variance


class Classifier(Network):
    """A trained classifier. Its features (n, 96): the 64 activations before the logits, which tell what an image shows,
    and of each of the first layer's 32 channels the standard deviation over the image, which tells its texture. Each
    has mean 0 and variance 1 over the training images.

    Without the second kind noise passes for real: a classifier takes it for some class or other, and its last
    activations are then among those of that class (Fashion-MNIST: precision 0.66, against 0.56 of a trained SNGAN).

    Attributes:
        accuracy: on a sixth of the images that it was not trained on.
    """

    name = "classifier"

    def __init__(self, model: keras.Model, accuracy: float) -> None:
        self.model, self.accuracy = model, accuracy
        weights = b"".join(np.asarray(v).tobytes() for v in model.weights)
        self.hash = hashlib.sha256(weights).hexdigest()[:8]
        self.class_names = [str(i) for i in range(model.output_shape[1][-1])]
        self._run = tf.function(lambda x: model(x, training=False), autograph=False, reduce_retracing=True)

    def __call__(self, samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        shape = self.model.input_shape[1:]
        if samples.shape[1:] != shape:
            raise InputError(f"samples: the classifier was trained on images {shape}, got {samples.shape[1:]}")
        parts = [self._run(samples[i : i + 256]) for i in range(0, len(samples), 256)]
        features, logits = (np.concatenate([np.asarray(part[i]) for part in parts]) for i in (0, 1))
        return features, keras.ops.convert_to_numpy(keras.ops.softmax(logits))


def train_classifier(images: np.ndarray, labels: np.ndarray, seed: int = 0, cache: bool = True) -> Classifier:
    """A convolutional network of 0.1 million weights, 3,000 steps of Adam on batches of 128: a minute on two cores.

    It has 91 % accuracy on Fashion-MNIST and 98 % on the digits, on images that it did not see.

    Args:
        images: float32 (n, height, width, channels) in [-1, 1].
        labels: whole numbers (n,) from 0 on.
        seed: of the weights, the batches and the images held out.
        cache: keep it in the cache, under a hash of all of the above, and take it from there the next time.

    Raises:
        InputError: for other shapes, or less than two classes.
    """
    images, labels = np.asarray(images, "float32"), np.asarray(labels)
    whole("seed", seed, least=0)
    if images.ndim != 4 or labels.shape != images.shape[:1] or len(images) < 12:
        raise InputError(f"images: wanted (n, height, width, channels), n >= 12, and n labels, got {images.shape}")
    if labels.dtype.kind not in "iu" or labels.min() < 0 or labels.max() < 1:
        raise InputError("labels: wanted whole numbers from 0 on, of two classes or more")
    model = _architecture(images.shape[1:], int(labels.max()) + 1, seed)

    def trained() -> dict[str, np.ndarray]:
        accuracy = np.array(_train(model, images, labels, seed))
        return {"accuracy": accuracy, **{f"weight_{i}": value for i, value in enumerate(model.get_weights())}}

    name = f"classifier-{digest(images, labels, RECIPE.encode(), str(seed).encode())}"
    arrays = kept(name, trained) if cache else trained()
    model.set_weights([arrays[f"weight_{i}"] for i in range(len(model.weights))])
    return Classifier(model, float(arrays["accuracy"]))


def _architecture(shape: tuple, classes: int, seed: int) -> keras.Model:
    seeds = iter(range(10 * seed, 10 * seed + 10))  # explicit: the global seed is the user's
    layers, start = keras.layers, lambda: keras.initializers.HeNormal(next(seeds))
    x = inputs = keras.Input(shape)
    maps = []
    for width in (32, 64, 64):
        x = layers.Conv2D(width, 3, 2, padding="same", activation="relu", kernel_initializer=start())(x)
        maps.append(x)
    x = layers.Dropout(0.3, seed=next(seeds))(layers.Flatten()(x))
    content = layers.Dense(FEATURES, activation="relu", kernel_initializer=start())(x)
    logits = layers.Dense(classes, kernel_initializer=start())(content)
    texture = keras.ops.std(maps[0], axis=(1, 2))
    # Not trained: its statistics are set below. A feature that hardly varies is not blown up beyond its epsilon.
    standardise = layers.BatchNormalization(center=False, scale=False, epsilon=1e-4, name=STANDARDISED)
    return keras.Model(inputs, [standardise(layers.Concatenate()([content, texture])), logits])


def _train(model: keras.Model, images: np.ndarray, labels: np.ndarray, seed: int) -> float:
    random = np.random.default_rng(seed)
    order = random.permutation(len(images))
    held_out, seen = order[: len(order) // 6], order[len(order) // 6 :]
    schedule = keras.optimizers.schedules.CosineDecay(2e-3, STEPS)
    optimizer = keras.optimizers.Adam(schedule)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    classify = keras.Model(model.input, model.output[1])
    optimizer.build(classify.trainable_variables)

    @tf.function(autograph=False)
    def step(x: tf.Tensor, y: tf.Tensor) -> None:
        with tf.GradientTape() as tape:
            value = loss(y, classify(x, training=True))
        variables = classify.trainable_variables
        optimizer.apply_gradients(zip(tape.gradient(value, variables), variables, strict=True))

    for _ in range(STEPS):
        batch = random.choice(seen, min(BATCH, len(seen)), replace=False)
        step(tf.constant(images[batch]), tf.constant(labels[batch]))
    layer = model.get_layer(STANDARDISED)
    features = _by_batches(keras.Model(model.input, layer.input), images[seen[:ENOUGH]])
    layer.moving_mean.assign(features.mean(0))
    layer.moving_variance.assign(features.var(0))
    return float((_by_batches(classify, images[held_out]).argmax(1) == labels[held_out]).mean())


def _by_batches(model: keras.Model, images: np.ndarray) -> np.ndarray:
    return np.concatenate([np.asarray(model(images[i : i + 256])) for i in range(0, len(images), 256)])
