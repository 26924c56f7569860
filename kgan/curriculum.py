"""Curricula: easy before hard, in the data, in the discriminator and in the resolution.

All of it is a function of the seed and of the number of the round or batch. There is no state to save, and a run that
is resumed goes on exactly.
"""

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kgan import checks, losses, order
from kgan.augment.base import Augmentation, image_size
from kgan.checks import InputError, lookup
from kgan.distribute import of_all_replicas, sublayers
from kgan.penalties import Penalty
from kgan.schedules import LearningRateSchedule, Schedule
from kgan.schedules import ResolutionSchedule as ResolutionSchedule  # a curriculum too

CHUNK = 1024  # images whose difficulty is measured at a time


def edge_energy(images: np.ndarray | tf.Tensor) -> tf.Tensor:
    """How busy each image is: the mean squared difference of neighbouring pixels, down plus across.

    A difficulty that needs no trained network, in place of the predictor of Ionescu et al. 2016 that Soviany et al.
    use. It is 0 for a plain image, larger for texture and clutter, and does not change with brightness.

    Args:
        images: float (batch, height, width, channels).

    Returns:
        float (batch,).
    """
    down, across = images[:, 1:] - images[:, :-1], images[:, :, 1:] - images[:, :, :-1]
    return tf.reduce_mean(tf.square(down), [1, 2, 3]) + tf.reduce_mean(tf.square(across), [1, 2, 3])


def _groups(u: tf.Tensor, time: tf.Tensor, groups: int) -> tf.Tensor:
    present = tf.minimum(tf.floor(time * groups) + 1.0, groups)
    return u * present / groups


def _sampling(u: tf.Tensor, time: tf.Tensor, groups: int) -> tf.Tensor:
    a = 1.0 - time  # the density is 1 + a (1 - 2 r) at rank r, so that u = r + a r (1 - r)
    return 2.0 * u / (1.0 + a + tf.sqrt((1.0 + a) ** 2 - 4.0 * a * u))


# From a uniform u and the time, both in [0, 1], to a rank in [0, 1], 0 the easiest: u itself at time 1.
VARIANTS = {"groups": _groups, "sampling": _sampling}


class EasyToHard:
    """A stream of batches of `images` from easy to hard; see `easy_to_hard`, which makes a dataset of it.

    An epoch has size // batch_size batches. Batch number b takes its places in the epoch's permutation (`kgan.order`).
    Each place is uniform on [0, 1], and the variant bends it towards the easy ranks. When the curriculum is over
    nothing is bent, and an epoch holds each example at most once.
    """

    def __init__(
        self,
        images: np.ndarray,
        batch_size: int,
        batches: int,
        difficulty: Callable = edge_energy,
        variant: str = "groups",
        groups: int = 5,
        labels: np.ndarray | None = None,
        seed: int = 0,
    ) -> None:
        images = _images(images)
        self.size = len(images)
        self.batch_size = checks.whole("batch_size", batch_size)
        if batch_size > self.size:
            raise InputError(f"batch_size: wanted at most {self.size}, the number of images, got {batch_size!r}")
        self.duration = checks.whole("batches", batches)
        self.bend = lookup("variant", variant, VARIANTS)
        self.groups = checks.whole("groups", groups)
        self.seed = checks.whole("seed", seed, least=0) & 0x7FFFFFFF
        kind, shape = np.asarray(labels).dtype, np.shape(labels)
        if labels is not None and (shape != (self.size,) or not np.issubdtype(kind, np.integer)):
            raise InputError(f"labels: wanted {self.size} integers, one an image, got {kind} of shape {shape}")
        easy_first = np.argsort(_scores(difficulty, images), kind="stable")
        columns = [images[easy_first]] + ([] if labels is None else [np.asarray(labels, "int32")[easy_first]])
        with tf.device("CPU:0"):  # where tf.data runs; captured by reference, not as constants of its graph
            self.columns = [tf.identity(column) for column in columns]
        self.batches_per_epoch = self.size // batch_size

    def ranks(self, number: tf.Tensor, places: tf.Tensor) -> tf.Tensor:
        """The ranks in difficulty, 0 the easiest, of the examples of batch `number`, from its places: int64 alike."""
        u = (tf.cast(places, "float64") + 0.5) / self.size
        time = tf.minimum(tf.cast(number, "float64") / self.duration, 1.0)
        return tf.cast(tf.floor(self.bend(u, time, self.groups) * self.size), "int64")

    def batches(self, start: int = 0, stop: int | None = None) -> tf.data.Dataset:
        """Batches number `start` to `stop` (excluded; None: for ever), whatever was read before."""

        @tf.autograph.experimental.do_not_convert
        def batch(number: tf.Tensor, places: tf.Tensor) -> tf.Tensor | tuple:
            ranks = self.ranks(number, places)
            gathered = tuple(tf.gather(column, ranks) for column in self.columns)
            return gathered if len(gathered) > 1 else gathered[0]

        places = order.batches(self.size, self.batch_size, self.seed, start, stop)
        numbered = tf.data.Dataset.zip(tf.data.Dataset.counter(start), places)
        options = tf.data.Options()
        options.autotune.enabled = False  # as in kgan.data: its thread can keep fit waiting when it ends
        options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.DATA
        return numbered.map(batch, num_parallel_calls=2, deterministic=True).prefetch(4).with_options(options)


def easy_to_hard(images: np.ndarray, batch_size: int, batches: int, **settings: Any) -> tf.data.Dataset:
    """Data that begins with easy images and ends with all (Soviany et al. 2020, "Image difficulty curriculum").

    Their first and third strategies; the second, which weighs the loss, is `EasinessWeight`:

    - "groups": images are sorted into `groups` groups from easy to hard. Training begins with the first, and the
      others are added in turn, at even distances.
    - "sampling": an image of rank r in difficulty (0 the easiest, 1 the hardest) has the density 1 + a (1 - 2 r), with
      a falling linearly from 1 to 0.

    Args:
        images: (n, height, width, channels), uint8, or float32 in [-1, 1]; in memory.
        batch_size: at most n.
        batches: how many batches the curriculum lasts (rounds * n_critic); from then on images are equally likely.
        difficulty: images, float32 in [-1, 1] -> scores (n,), large for hard; default `edge_energy`.
        variant: "groups" or "sampling"; default "groups".
        groups: how many; default 5.
        labels: integers (n,), to be served beside the images, or None.
        seed: of the order.

    Returns:
        One epoch of batches, float32 in [-1, 1], or (images, int32 labels). `fit` goes on with the epochs after it, and
        begins at any batch.

    Raises:
        InputError: for an argument that is unknown or out of its range, or scores that are not one finite number an
            image.
    """
    for name in settings:
        lookup("argument", name, inspect.signature(EasyToHard).parameters)
    stream = EasyToHard(images, batch_size, batches, **settings)
    dataset = stream.batches(0, stream.batches_per_epoch)
    dataset.stream = stream
    return dataset


class EasinessWeight(Penalty):
    """Weighs the reals in the discriminator's loss by how easy they are (Soviany et al. 2020, second strategy).

    A real of rank r in its batch's difficulty (0 the easiest, 1 the hardest) counts 1 + emphasis (1 - 2 r) times, 1 on
    the average. As a penalty, it is what that adds to the loss: emphasis * E (1 - 2 r) real_term(D(x)). The rank is
    taken in the batch of all replicas, before augmentation.

    Args:
        loss: the adversarial loss that the model is trained with, a loss with a term for each logit, or its name.
        emphasis: in [0, 1], a number or a Schedule: `kgan.schedules.Linear(1.0, 0.0, rounds)` decays to equal weights.
        difficulty: images -> scores (batch,), in TensorFlow ops.

    Raises:
        InputError: for another loss, or an emphasis outside [0, 1].
    """

    name = "easiness_weight"

    def __init__(self, loss: str | losses.Loss, emphasis: float | Schedule, difficulty: Callable = edge_energy) -> None:
        super().__init__()
        self.loss = losses.separable(losses.get(loss))
        self.emphasis = checks.share("emphasis", emphasis)
        self.difficulty = difficulty

    def discriminator_term(self, play: Any) -> tf.Tensor:
        logits = play.real_logits
        loss = losses.at(self.loss, play.step, play.seed)
        terms = tf.reduce_mean(tf.reshape(loss.real_term(logits), [tf.shape(logits)[0], -1]), 1)
        scores = tf.stop_gradient(self.difficulty(play.real))
        every = of_all_replicas(scores)
        below = tf.reduce_sum(tf.sign(scores[:, None] - every[None, :]), 1)  # easier ones less harder ones
        easiness = -below / tf.maximum(tf.cast(tf.shape(every)[0], "float32") - 1.0, 1.0)
        return self.emphasis * tf.reduce_mean(easiness * terms)


@keras.saving.register_keras_serializable("kgan")
class BlurAnnealing(Augmentation):
    """Blurs all that the discriminator sees, less and less: coarse structure first (as StyleGAN3 begins, Karras 2021).

    A Gaussian along each axis, its weights normalised within the image: a plain image stays as it is. At 0 it is the
    identity. No draws.

    Args:
        std: in pixels, from 0 on; a number or a Schedule, say `kgan.schedules.Linear(4.0, 0.0, rounds)`.

    Raises:
        InputError: for a negative std; (when called) for samples that are no images.
    """

    def __init__(self, std: float | Schedule) -> None:
        self.std = checks.number("std", std, least=0.0)

    def __call__(self, images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        height, width, _ = image_size(images)
        for size, product in ((height, "ij,bjwc->biwc"), (width, "ij,bhjc->bhic")):
            places = tf.range(size, dtype=images.dtype)
            # At 1e-3 all neighbours have the weight exp(-5e5) = 0.
            distance = (places[:, None] - places[None, :]) / tf.maximum(tf.cast(self.std, images.dtype), 1e-3)
            weights = tf.exp(-0.5 * tf.square(distance))  # not softmax, whose 1 may be rounded
            weights /= tf.reduce_sum(weights, axis=-1, keepdims=True)
            images = tf.einsum(product, weights, images)
        return images

    def get_config(self) -> dict:
        std = self.std
        return {"std": keras.saving.serialize_keras_object(std) if isinstance(std, Schedule) else std}


@keras.saving.register_keras_serializable("kgan")
class Coarsening(Augmentation):
    """Shows the discriminator coarse images first: progressive growing's fade without growing networks.

    With lod = k, a level of detail in the words of Karras et al. 2018, each square of 2^k x 2^k pixels is its mean;
    between two whole numbers the two images are mixed, as there. At 0 it is the identity. No draws.

    Args:
        lod: from 0 on; a number or a Schedule, say `kgan.schedules.Linear(3.0, 0.0, rounds)`, for 32 x 32 from 4 x 4.
            What the sizes cannot be halved to stays as coarse as they can.

    Raises:
        InputError: for a negative lod; (when called) for samples that are no images.
    """

    def __init__(self, lod: float | Schedule) -> None:
        self.lod = checks.number("lod", lod, least=0.0)

    def __call__(self, images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        height, width, channels = image_size(images)
        levels, side = [images], 2
        while height % side == width % side == 0:
            squares = tf.reshape(images, [-1, height // side, side, width // side, side, channels])
            means = tf.ones_like(squares) * tf.reduce_mean(squares, [2, 4], keepdims=True)
            levels.append(tf.reshape(means, tf.shape(images)))
            side *= 2
        place = tf.minimum(tf.cast(self.lod, images.dtype), len(levels) - 1.0)
        weights = [tf.nn.relu(1.0 - tf.abs(place - k)) for k in range(len(levels))]
        return tf.add_n([weight * level for weight, level in zip(weights, levels, strict=True)])

    def get_config(self) -> dict:
        lod = self.lod
        return {"lod": keras.saving.serialize_keras_object(lod) if isinstance(lod, Schedule) else lod}


@keras.saving.register_keras_serializable("kgan")
class Blend(keras.layers.Layer):
    """From the first of several inputs to the last, as the weight `strength` goes from 0 to 1.

    With K inputs and p = strength (K - 1), input k weighs max(0, 1 - |p - k|): two neighbours at a time.
    """

    def build(self, input_shape: Sequence) -> None:
        settings = {"trainable": False, "autocast": False, "aggregation": "only_first_replica"}
        self.strength = self.add_weight(shape=(), initializer="zeros", dtype="float32", name="strength", **settings)

    def call(self, inputs: Sequence[tf.Tensor]) -> tf.Tensor:
        place = self.strength.value * (len(inputs) - 1)
        weights = [tf.nn.relu(1.0 - tf.abs(place - k)) for k in range(len(inputs))]
        return tf.add_n([tf.cast(w, x.dtype) * x for w, x in zip(weights, inputs, strict=True)])

    def compute_output_shape(self, input_shape: Sequence) -> tuple:
        return tuple(input_shape[0])


def growing_discriminator(networks: Sequence[keras.Model]) -> keras.Model:
    """A discriminator that grows from the weakest of `networks` to the strongest (Sharma et al. 2018, curriculum GANs).

    Its logits are a `Blend` of theirs; a network is trained where its logits count. `Strengthen` says when it grows.

    Args:
        networks: from weak to strong, on the same samples, with logits of the same shape.

    Raises:
        InputError: for fewer than two, shapes that differ, or what is no model.
    """
    if not all(isinstance(network, keras.Model) for network in networks):
        raise InputError(f"networks: wanted Keras models, got {networks!r}")
    shapes = {(tuple(network.input_shape), tuple(network.output_shape)) for network in networks}
    if len(networks) < 2 or len(shapes) > 1:
        raise InputError(f"networks: wanted two or more of the same shapes, got {sorted(map(str, shapes))}")
    samples = keras.Input(networks[0].input_shape[1:])
    # Networks of one builder bear one name, and a model's layers may not.
    named = [keras.Model(samples, network(samples), name=f"strength_{i}") for i, network in enumerate(networks)]
    return keras.Model(samples, Blend(name="strength")([network(samples) for network in named]))


class Strengthen(keras.callbacks.Callback):
    """Sets the strength of every `Blend` in a game's networks, before each call of the compiled function.

    Args:
        strength: a Schedule with values in [0, 1], say `kgan.schedules.Linear(0.0, 1.0, rounds)`.

    Raises:
        InputError: if `strength` is no Schedule; (in `fit`) if no network has a `Blend`; see `growing_discriminator`.
    """

    def __init__(self, strength: Schedule) -> None:
        super().__init__()
        if not isinstance(strength, LearningRateSchedule):
            raise InputError(f"strength: wanted a Schedule, got {strength!r}")
        self.strength = strength

    def set_model(self, model: keras.Model) -> None:
        super().set_model(model)
        self.blends = [layer for layer in sublayers(model) if isinstance(layer, Blend)]
        if not self.blends:
            raise InputError("networks: wanted one with a Blend, curriculum.growing_discriminator's say, got none")

    def on_train_batch_begin(self, batch: int, logs: dict | None = None) -> None:
        value = self.strength(int(self.model.step.numpy()))
        for blend in self.blends:
            blend.strength.assign(value)


def _images(images: np.ndarray) -> np.ndarray:
    images = np.asarray(images)
    if images.ndim != 4 or not len(images):
        raise InputError(f"images: wanted (n, height, width, channels), got shape {images.shape}")
    if images.dtype == np.uint8:
        return images.astype("float32") / 127.5 - 1.0
    if images.dtype != np.float32:
        raise InputError(f"images: wanted uint8, or float32 in [-1, 1], got {images.dtype}")
    low, high = images.min(), images.max()
    if not (low >= -1.001 and high <= 1.001):  # not so of a NaN
        raise InputError(f"images: lie in [{low:g}, {high:g}], wanted [-1, 1]")
    return images


def _scores(difficulty: Callable, images: np.ndarray) -> np.ndarray:
    if not callable(difficulty):
        raise InputError(f"difficulty: wanted a function of images, got {difficulty!r}")
    parts = [np.asarray(difficulty(images[i : i + CHUNK])) for i in range(0, len(images), CHUNK)]
    shapes = [part.shape for part in parts]
    if any(len(shape) != 1 for shape in shapes) or sum(map(len, parts)) != len(images):
        raise InputError(f"difficulty: wanted one score an image, got shapes {shapes[:3]} for {len(images)} images")
    scores = np.concatenate(parts)
    if not np.isfinite(scores).all():
        raise InputError("difficulty: wanted finite scores, got a NaN or an infinity")
    return scores
