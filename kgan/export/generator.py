"""Loading an exported generator, to sample from."""

import os
from pathlib import Path
from typing import Any

import tensorflow as tf

from kgan import priors
from kgan.checks import InputError
from kgan.export import card, requests
from kgan.export.saved_model import ABOUT
from kgan.sampling import Sampler, described
from kgan.versions import newest


def load_generator(path: str | os.PathLike) -> Sampler:
    """Loads a generator that `save_generator` wrote.

    Args:
        path: the model's folder, of which the newest version is taken, or a version's folder.

    Returns:
        The sampler; `version` is its version's number, None if its folder is not a number.

    Raises:
        InputError: if there is nothing, no SavedModel, or one without the signature `serving_default`.
    """
    folder = _newest(Path(path).expanduser())
    try:
        # Held by the sampler: the variables live as long as the object that was loaded.
        loaded = tf.saved_model.load(str(folder))
    except Exception as error:  # TensorFlow answers a damaged model with a dozen unrelated classes
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise InputError(f"path: {folder} cannot be loaded as a SavedModel: {reason}") from error
    signatures = getattr(loaded, "signatures", {})
    try:
        serve = signatures["serving_default"]
        inputs = serve.structured_input_signature[1]
        images = serve.structured_outputs["images"]
    except KeyError:
        raise InputError(
            f"path: {folder} is no generator of kgan: wanted the signature 'serving_default' with images, "
            f"got {sorted(signatures)}"
        ) from None

    def run(inputs: dict) -> Any:
        return loaded.signatures["serving_default"](**inputs)["images"]

    sampler = Sampler(run, **_about(folder, inputs, images))
    if (folder / card.FILE).exists():
        sampler.most_rows = requests.most_rows(sampler.sample_shape)
    sampler.version = int(folder.name) if folder.name.isdecimal() else None
    return sampler


def _about(folder: Path, inputs: dict, images: tf.TensorSpec) -> dict[str, Any]:
    file = folder / ABOUT
    if not file.exists():  # as written by kgan 0.1, and by others
        if set(inputs) != {priors.LATENTS} or inputs[priors.LATENTS].shape.rank != 2:
            raise InputError(f"path: {folder} is no generator of kgan: it takes {sorted(inputs)}, and has no {ABOUT}")
        prior = {priors.LATENTS: priors.Normal(inputs[priors.LATENTS].shape[1])}
        return {"prior": prior, "sample_shape": tuple(images.shape[1:])}
    try:
        return described(file.read_text(encoding="utf-8"))
    except (ValueError, TypeError, KeyError, AttributeError, OSError) as error:
        raise InputError(f"path: {file} cannot be read: {next(iter(str(error).splitlines()), '')}") from error


def _newest(path: Path) -> Path:
    if not path.exists():
        raise InputError(f"path: there is no {path}")
    folder = newest(path)
    if folder is None:
        raise InputError(f"path: {path} holds no SavedModel; wanted saved_model.pb in it, or versions 1, 2, ...")
    return folder
