"""Writing a generator as a SavedModel: PATH/VERSION/, as TensorFlow Serving wants it."""

import contextlib
import errno
import json
import logging
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kgan import files, random
from kgan.checks import InputError
from kgan.export import card, warmup
from kgan.export.signatures import Served
from kgan.sampling import Sampler, describe
from kgan.versions import GRAPH, versions

ABOUT = "assets.extra/sampler.json"  # how the generator's inputs are drawn; servers pass it over


def save_generator(
    gan: Any,
    path: str | os.PathLike,
    version: int | None = None,
    weights: str = "float32",
    facts: Mapping[str, Any] | None = None,
) -> Path:
    """Writes a generator to the new folder `path`/`version`.

    The SavedModel runs in plain TensorFlow, without kgan and without Keras. Its signatures have one row a sample in all
    inputs and outputs, so that TensorFlow Serving can batch them; `images` are float32 (n, ...):

    - `serving_default`: the generator's inputs by name (latents, float32 (n, latent_dim); labels, int32 (n,)) ->
      images;
    - `generate`: seeds, int64 (n,), truncation, float32 (n,) from 0 to 1, where latents are normal, and labels, where
      there are classes -> images: row i is `gan.sample(1, seeds[i])`, whatever the other rows are;
    - `generate_png`: as `generate` -> png_bytes, string (n,); of images of one or three channels;
    - `interpolate`: seeds_from, seeds_to, position, float32 (n,) from 0 to 1, and labels likewise -> images;
    - `translate`: images in [-1, 1] -> images; of a game that translates, instead of those that draw;
    - `describe`: rows, int64 (n,) -> about, string (n,): the model card, as JSON;
    - `sample`: num and seed, int32 scalars -> images, those of `gan.sample(num, seed)`; for who loads the model, or a
      server without batching.

    A bad request is answered with an error in words: a label, truncation or position out of range, another shape, what
    is not finite, too many rows (`kgan.export.requests`). The folder also has requests that a server runs when it loads
    the model (`kgan.export.warmup`), and `assets.extra/model_card.json`.

    It is written aside and renamed, with saved_model.pb as the last file: a server that polls `path` sees all or
    nothing. What exports that were killed have left in `path` is removed.

    Args:
        gan: a game, whose first sampler is taken, by averaged generators if it has some; a `Sampler`; or a generator, a
            built `keras.Model` from latents (batch, latent_dim) to samples.
        path: the model's folder, made if it is not there: "saved_models/NAME".
        version: a whole number from 1 on; default: the newest in `path` plus one, or 1.
        weights: "float32"; "float16" or "bfloat16" keep them in half the room, and compute in float32.
        facts: what the card says beside (`kgan.export.card`): data, preset, metrics.

    Returns:
        The folder that was written.

    Raises:
        InputError: if the version exists, `path` is a file or cannot be written, `gan` is or has no built generator,
            or one that makes numbers that are not finite, or whose weights float16 cannot hold. There is no new version
            then.
    """
    sampler = as_sampler(gan)
    path = Path(path).expanduser()
    if path.exists() and not path.is_dir():
        raise InputError(f"path: wanted a folder, {path} is a file")
    next_one = version is None
    if next_one:
        version = max(versions(path), default=0) + 1
    if not isinstance(version, int) or version < 1:
        raise InputError(f"version: wanted a whole number from 1 on, got {version!r}")
    target = path / str(version)
    if target.exists():
        raise InputError(f"version: {target} exists; wanted a new one, or none for the next")
    served = Served(sampler, lambda served: json.dumps(card.card(served, weights, facts), indent=1), weights)
    path.mkdir(parents=True, exist_ok=True)
    with files.aside(path) as scratch:
        folder = scratch / "version"  # inside, because others may not read the scratch folder itself
        try:
            with _silent():
                tf.saved_model.save(served, str(folder), served.endpoints)
        except tf.errors.OpError as error:  # a disk that is full, say, which TensorFlow tells in its own way
            raise InputError(f"path: {target} cannot be written: {' '.join(error.message.split())}") from error
        graph = (folder / GRAPH).rename(scratch / GRAPH)
        files.write(folder / ABOUT, describe(sampler))
        files.write(folder / card.FILE, served.about)
        warmup.write(folder, served.endpoints, sampler)
        warmup.check(folder, served.endpoints)
        graph.rename(folder / GRAPH)
        return _take_place(folder, target, next_one)


def _take_place(folder: Path, target: Path, next_one: bool) -> Path:
    """Renames a whole version's folder to its place, or the next free one."""
    while True:
        try:
            return folder.rename(target)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
            if not next_one:  # somebody else was faster
                raise InputError(f"version: {target} exists; wanted a new one, or none for the next") from error
            target = target.with_name(str(int(target.name) + 1))


def is_newest(gan: Any, path: str | os.PathLike) -> bool:
    """Whether the newest version in a folder has the weights that `save_generator` would write now, bit by bit."""
    path = Path(path).expanduser()
    if not versions(path):
        return False
    saved = tf.train.load_checkpoint(str(path / str(max(versions(path))) / "variables" / "variables"))
    names = [name for name in saved.get_variable_to_shape_map() if name.endswith("VARIABLE_VALUE")]
    held = {saved.get_tensor(name).tobytes() for name in names}
    known = (variable for variable in as_sampler(gan).variables if not random.is_seed(variable))  # which is not saved
    return all(np.asarray(variable).tobytes() in held for variable in known)


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """Without the half dozen lines that TensorFlow logs where logging is at INFO, as in every absl program."""
    before = logging.root.manager.disable
    logging.disable(logging.INFO)
    try:
        yield
    finally:
        logging.disable(before)


def as_sampler(gan: Any) -> Sampler:
    """How one samples from what `save_generator` takes.

    Raises:
        InputError: if it is or has no built generator.
    """
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
