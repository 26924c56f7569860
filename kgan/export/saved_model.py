"""Writing a generator as a SavedModel: PATH/VERSION/, as TensorFlow Serving wants it."""

import contextlib
import logging
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from kgan import random
from kgan.checks import InputError

CHUNK = 256  # samples generated at a time: bounds the memory that a request for many takes


def save_generator(gan: Any, path: str | os.PathLike, version: int | None = None) -> Path:
    """Writes a generator to the new folder `path`/`version`.

    The SavedModel runs in plain TensorFlow, without kgan and without Keras, and has two signatures:

    - `serving_default`: latents, float32 (num, latent_dim) -> {"images": float32 (num, ...)};
    - `sample`: num and seed, int32 scalars -> {"images": float32 (num, ...)}, those of `gan.sample(num, seed)`.

    Args:
        gan: a `kgan.GAN`, of which the averaged generator is taken if it has one; or a generator, a built
            `keras.Model` from latents (batch, latent_dim) to samples.
        path: the model's folder, made if it is not there: "saved_models/NAME".
        version: a whole number from 1 on; default: the newest in `path` plus one, or 1.

    Returns:
        The folder that was written.

    Raises:
        InputError: if the version exists, `path` is a file or cannot be written, or `gan` is or has no built
            generator. There is no new version then.
    """
    network, latent_dim = _network(gan)
    path = Path(path).expanduser()
    if path.exists() and not path.is_dir():
        raise InputError(f"path: wanted a folder, {path} is a file")
    if version is None:
        version = max(versions(path), default=0) + 1
    if not isinstance(version, int) or version < 1:
        raise InputError(f"version: wanted a whole number from 1 on, got {version!r}")
    target = path / str(version)
    if target.exists():
        raise InputError(f"version: {target} exists; wanted a new one, or none for the next")
    module = _Module(network, latent_dim)
    path.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".writing-", dir=path) as scratch:
        folder = Path(scratch) / target.name  # inside, because others may not read the scratch folder itself
        try:
            with _silent():
                tf.saved_model.save(module, str(folder), {"serving_default": module.images, "sample": module.sample})
        except tf.errors.OpError as error:  # a disk that is full, say, which TensorFlow tells in its own way
            raise InputError(f"path: {target} cannot be written: {' '.join(error.message.split())}") from error
        folder.rename(target)
    return target


def versions(path: Path) -> list[int]:
    """The versions in a model's folder, ascending."""
    if not path.is_dir():
        return []
    return sorted(int(entry.name) for entry in path.iterdir() if entry.name.isdecimal() and entry.is_dir())


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """Without the half dozen lines that TensorFlow logs where logging is at INFO, as in every absl program."""
    before = logging.root.manager.disable
    logging.disable(logging.INFO)
    try:
        yield
    finally:
        logging.disable(before)


class _Module(tf.Module):
    """What is saved: the network's variables, and two functions whose graphs hold TensorFlow's ops only."""

    def __init__(self, network: keras.Model, latent_dim: int) -> None:
        super().__init__()
        self.weights = [variable.value for variable in network.variables]

        def images(latents: tf.Tensor) -> dict[str, tf.Tensor]:
            return {"images": tf.cast(network(latents, training=False), tf.float32)}

        def sample(num: tf.Tensor, seed: tf.Tensor) -> dict[str, tf.Tensor]:
            key = random.key(seed)
            latents = random.normal((num, latent_dim), key)
            chunks = (num + CHUNK - 1) // CHUNK

            def more(chunk: tf.Tensor, parts: tf.TensorArray) -> tuple:
                part = self.images(latents[chunk * CHUNK : (chunk + 1) * CHUNK])
                return chunk + 1, parts.write(chunk, part["images"])

            parts = tf.TensorArray(tf.float32, chunks, element_shape=shape)
            _, parts = tf.while_loop(lambda chunk, _: chunk < chunks, more, (tf.constant(0), parts))
            return {"images": parts.concat()}

        self.images = tf.function(images, [tf.TensorSpec((None, latent_dim), tf.float32, "latents")])
        shape = self.images.get_concrete_function().structured_outputs["images"].shape
        scalars = [tf.TensorSpec((), tf.int32, name) for name in ("num", "seed")]
        self.sample = tf.function(sample, scalars, autograph=False)  # which would write a file of its own


def _network(gan: Any) -> tuple[keras.Model, int]:
    """(generator, latent_dim)."""
    average = getattr(gan, "average", None)
    network = average.network if average is not None else getattr(gan, "generator", gan)
    if not isinstance(network, keras.Model):
        raise InputError(f"gan: wanted a kgan.GAN or a generator, a keras.Model, got {network!r}")
    if not network.built:
        raise InputError(f"gan: wanted a built generator, {network.name!r} has no weights yet; call it once")
    if hasattr(gan, "latent_dim"):
        return network, gan.latent_dim
    shape = getattr(network, "input_shape", None)
    if not isinstance(shape, tuple) or len(shape) != 2 or shape[1] is None:
        raise InputError(f"gan: wanted a generator of latents (batch, latent_dim), {network.name!r} takes {shape}")
    return network, shape[1]
