"""Writing a generator as a SavedModel: PATH/VERSION/, as TensorFlow Serving wants it."""

import contextlib
import logging
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kgan import files
from kgan.checks import InputError
from kgan.sampling import BATCH, Sampler, describe

ABOUT = "assets.extra/sampler.json"  # how the generator's inputs are drawn; servers pass it over


def save_generator(gan: Any, path: str | os.PathLike, version: int | None = None) -> Path:
    """Writes a generator to the new folder `path`/`version`.

    The SavedModel runs in plain TensorFlow, without kgan and without Keras, and has two signatures:

    - `serving_default`: the generator's inputs by name, each with one row a sample (latents, float32 (num, latent_dim);
      labels, int32 (num,)) -> {"images": float32 (num, ...)};
    - `sample`: num and seed, int32 scalars -> {"images": float32 (num, ...)}, those of `gan.sample(num, seed)`; not of
      a game that translates pictures.

    Args:
        gan: a game, whose first sampler is taken, by averaged generators if it has some; a `Sampler`; or a generator, a
            built `keras.Model` from latents (batch, latent_dim) to samples.
        path: the model's folder, made if it is not there: "saved_models/NAME".
        version: a whole number from 1 on; default: the newest in `path` plus one, or 1.

    Returns:
        The folder that was written.

    Raises:
        InputError: if the version exists, `path` is a file or cannot be written, or `gan` is or has no built
            generator. There is no new version then.
    """
    sampler = _sampler(gan)
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
    module = _Module(sampler)
    path.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".writing-", dir=path) as scratch:
        folder = Path(scratch) / target.name  # inside, because others may not read the scratch folder itself
        try:
            with _silent():
                tf.saved_model.save(module, str(folder), module.endpoints())
        except tf.errors.OpError as error:  # a disk that is full, say, which TensorFlow tells in its own way
            raise InputError(f"path: {target} cannot be written: {' '.join(error.message.split())}") from error
        files.write(folder / ABOUT, describe(sampler))
        folder.rename(target)
    return target


def versions(path: Path) -> list[int]:
    """The versions in a model's folder, ascending."""
    if not path.is_dir():
        return []
    return sorted(int(entry.name) for entry in path.iterdir() if entry.name.isdecimal() and entry.is_dir())


def is_newest(gan: Any, path: str | os.PathLike) -> bool:
    """Whether the newest version in a folder has the weights that `save_generator` would write now, bit by bit."""
    path = Path(path).expanduser()
    if not versions(path):
        return False
    saved = tf.train.load_checkpoint(str(path / str(max(versions(path))) / "variables" / "variables"))
    names = [name for name in saved.get_variable_to_shape_map() if name.endswith("VARIABLE_VALUE")]
    held = {saved.get_tensor(name).tobytes() for name in names}
    return all(np.asarray(variable).tobytes() in held for variable in _sampler(gan).variables)


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
    """What is saved: the networks' variables, and functions whose graphs hold TensorFlow's ops only."""

    def __init__(self, sampler: Sampler) -> None:
        super().__init__()
        self.weights = [variable.value for variable in sampler.variables]

        def images(**inputs: tf.Tensor) -> dict[str, tf.Tensor]:
            return {"images": sampler.run(inputs)}

        self.images = tf.function(images, autograph=False).get_concrete_function(**sampler.spec)
        shape = self.images.structured_outputs["images"].shape

        def sample(num: tf.Tensor, seed: tf.Tensor) -> dict[str, tf.Tensor]:
            inputs = sampler.inputs(num, seed)
            chunks = (num + BATCH - 1) // BATCH

            def more(chunk: tf.Tensor, parts: tf.TensorArray) -> tuple:
                part = {name: rows[chunk * BATCH : (chunk + 1) * BATCH] for name, rows in inputs.items()}
                return chunk + 1, parts.write(chunk, self.images(**part)["images"])

            parts = tf.TensorArray(tf.float32, chunks, element_shape=shape)
            _, parts = tf.while_loop(lambda chunk, _: chunk < chunks, more, (tf.constant(0), parts))
            return {"images": parts.concat()}

        scalars = [tf.TensorSpec((), tf.int32, name) for name in ("num", "seed")]
        self.sample = None
        if sampler.free:
            self.sample = tf.function(sample, scalars, autograph=False)  # which would write a file of its own

    def endpoints(self) -> dict[str, Any]:
        """The signatures, by name."""
        return {"serving_default": self.images} | ({"sample": self.sample} if self.sample else {})


def _sampler(gan: Any) -> Sampler:
    if isinstance(gan, Sampler):
        return gan
    if callable(getattr(gan, "sampler", None)):
        return gan.sampler()
    if not isinstance(gan, keras.Model):
        raise InputError(f"gan: wanted a game of kgan or a generator, a keras.Model, got {gan!r}")
    if not gan.built:
        raise InputError(f"gan: wanted a built generator, {gan.name!r} has no weights yet; call it once")
    shape = getattr(gan, "input_shape", None)
    if not isinstance(shape, tuple) or len(shape) != 2 or shape[1] is None:
        raise InputError(f"gan: wanted a generator of latents (batch, latent_dim), {gan.name!r} takes {shape}")
    return Sampler.of(gan, shape[1], sample_shape=tuple(gan.output_shape[1:]))
