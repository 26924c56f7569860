"""A trained generator to sample from."""

import math
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kgan import memory, random
from kgan.checks import InputError, whole
from kgan.export.saved_model import CHUNK, versions


class Generator:
    """Latents to samples, in NumPy.

    Args:
        images: a function from latents, a float32 tensor (num, latent_dim), to samples.
        latent_dim: the dimension of the latents.
        image_shape: the shape of one sample.
        version: the version of the model that was loaded; None if its folder is not a number.
    """

    def __init__(
        self, images: Callable[[tf.Tensor], Any], latent_dim: int, image_shape: tuple, version: int | None = None
    ) -> None:
        self.latent_dim, self.image_shape, self.version = latent_dim, tuple(image_shape), version
        self._images = images

    @classmethod
    def of(cls, network: keras.Model) -> "Generator":
        """The generator that `network`, with one input and one output of known shapes, is."""
        return cls(lambda latents: network(latents, training=False), network.input_shape[1], network.output_shape[1:])

    def __call__(self, latents: Any) -> np.ndarray:
        """The samples of `latents`, float32 (num, latent_dim): float32 (num, *image_shape)."""
        latents = tf.convert_to_tensor(latents, tf.float32)
        if latents.shape.rank != 2 or latents.shape[1] != self.latent_dim or latents.shape[0] < 1:
            raise InputError(f"latents: wanted (num, {self.latent_dim}), got {tuple(latents.shape)}")
        parts = [self._images(latents[i : i + CHUNK]) for i in range(0, len(latents), CHUNK)]
        return tf.cast(tf.concat(parts, 0), tf.float32).numpy()

    def sample(self, num: int, seed: int = 0) -> np.ndarray:
        """`num` samples, float32 (num, *image_shape): those of `gan.sample(num, seed)`."""
        memory.check("num", f"{num:,} samples", 2 * 4 * num * math.prod(self.image_shape))
        return np.concatenate(list(self.iter_samples(num, seed)))

    def iter_samples(self, num: int, seed: int = 0) -> Iterator[np.ndarray]:
        """The samples of `sample` in batches: for more than memory holds."""
        whole("num", num)
        whole("seed", seed, 0, 2**63 - 1)
        memory.check("num", f"the latents of {num:,} samples", 4 * num * self.latent_dim)
        latents = random.normal((num, self.latent_dim), random.key(seed))
        for i in range(0, num, CHUNK):
            yield self(latents[i : i + CHUNK])


def load_generator(path: str | os.PathLike) -> Generator:
    """Loads a generator that `save_generator` wrote.

    Args:
        path: the model's folder, of which the newest version is taken, or a version's folder.

    Raises:
        InputError: if there is nothing, no SavedModel, or one without the two signatures.
    """
    folder = _newest(Path(path).expanduser())
    try:
        # Held by the generator: the variables live as long as the object that was loaded.
        loaded = tf.saved_model.load(str(folder))
    except Exception as error:  # TensorFlow answers a damaged model with a dozen unrelated classes
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise InputError(f"path: {folder} cannot be loaded as a SavedModel: {reason}") from error
    signatures = getattr(loaded, "signatures", {})
    try:
        serve, _ = signatures["serving_default"], signatures["sample"]
        latents = serve.structured_input_signature[1]["latents"]
        images = serve.structured_outputs["images"]
    except KeyError:
        raise InputError(
            f"path: {folder} is no generator of kgan: wanted the signatures 'serving_default' (latents -> images) and "
            f"'sample', got {sorted(signatures)}"
        ) from None

    def run(latents: tf.Tensor) -> tf.Tensor:
        return loaded.signatures["serving_default"](latents=latents)["images"]

    version = int(folder.name) if folder.name.isdecimal() else None
    return Generator(run, latents.shape[1], images.shape[1:], version)


def _newest(path: Path) -> Path:
    if not path.exists():
        raise InputError(f"path: there is no {path}")
    if (path / "saved_model.pb").is_file():
        return path
    found = versions(path)
    if not found:
        raise InputError(f"path: {path} holds no SavedModel; wanted saved_model.pb in it, or versions 1, 2, ...")
    return path / str(found[-1])
