"""The Inception network of 2015, as TensorFlow loads it: what FID and the inception score are defined by."""

import hashlib
import os
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tensorflow as tf

from kgan.cache import fetch
from kgan.checks import InputError
from kgan.metrics.networks.base import Network

FILE = "classify_image_graph_def.pb"
# The copy that OpenAI's guided-diffusion keeps for its evaluations of the file in inception-2015-12-05.tgz, whose own
# address has no TLS. Size 95,673,916; its hash as several projects that evaluate with it list it.
URL = f"https://openaipublic.blob.core.windows.net/diffusion/jul-2021/ref_batches/{FILE}"
SHA256 = "009d6814d1bc560d4e7b236e170e9b2d5ca6f4b57bd8037f6db05776204415c6"
IMAGES, FEATURES, LOGITS = "ExpandDims:0", "pool_3:0", "softmax/logits/MatMul:0"
BATCH = 64


class Inception(Network):
    """Features (n, 2048) of the last pooling layer, and the probabilities of the network's 1,008 outputs.

    The frozen graph itself resizes to 299 x 299, by TensorFlow 1's bilinear resizing, which aligns pixels at their
    corners and does not smooth: other resizers move the FID by whole points (Parmar et al. 2022). Images are rounded
    to the 256 levels that a file would hold, and grey ones repeated to three channels. The logits are those of
    Salimans et al.'s code, without the bias.

    Args:
        path: the graph, classify_image_graph_def.pb, or the inception-2015-12-05.tgz that holds it. None: from the
            cache (KGAN_CACHE, else ~/.cache/kgan), fetched once, 96 MB, with a checked hash.

    Raises:
        InputError: if there is no such file, it is no such graph, it cannot be fetched, or has another hash.
    """

    name, resizer = "inception", "tf1-bilinear-299"

    def __init__(self, path: str | os.PathLike | None = None) -> None:
        path = fetch(URL, FILE, SHA256) if path is None else Path(path).expanduser()
        content = _read(path)
        self.hash = hashlib.sha256(content).hexdigest()[:8]
        graph = tf.Graph()  # a session of its own: some operations of 2015 are gone for functions of today's version
        try:
            definition = tf.compat.v1.GraphDef.FromString(content)
            with graph.as_default():
                self._images = tf.compat.v1.placeholder("float32", [None, None, None, 3])
                imported = tf.import_graph_def(
                    definition, {IMAGES: self._images}, return_elements=[FEATURES, LOGITS.removesuffix(":0")], name=""
                )
                features = tf.reshape(imported[0], [-1, imported[0].shape[-1]])
                # The graph's own path from here is for one image at a time.
                self._outputs = features, tf.nn.softmax(features @ imported[1].inputs[1])
        except Exception as error:  # protobuf's and TensorFlow's, for bytes that are no graph or another one
            reason = " ".join(str(error).split()) or type(error).__name__
            raise InputError(f"path: {path} is not the Inception graph of 2015: {reason}") from error
        self._session = tf.compat.v1.Session(graph=graph)
        self.class_names = [str(i) for i in range(self._outputs[1].shape[-1])]

    def __call__(self, samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return self._look(samples, np.rint)

    def unrounded(self, samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return self._look(samples, lambda pixels: pixels)

    def _look(self, samples: np.ndarray, level: Callable) -> tuple[np.ndarray, np.ndarray]:
        if samples.ndim != 4 or samples.shape[-1] not in (1, 3):
            raise InputError(f"samples: Inception wants images (n, height, width, 1 or 3), got {samples.shape}")
        parts = []
        for start in range(0, len(samples), BATCH):
            images = level((np.clip(samples[start : start + BATCH], -1.0, 1.0) + 1.0) * 127.5)
            images = np.broadcast_to(images, (*images.shape[:-1], 3))
            parts.append(self._session.run(self._outputs, {self._images: images}))
        return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])


def _read(path: Path) -> bytes:
    try:
        if path.suffix not in (".tgz", ".gz"):
            return path.read_bytes()
        with tarfile.open(path) as archive:
            member = archive.extractfile(FILE)
            if member is None:
                raise KeyError(f"{FILE} is no file there")
            return member.read()
    except (OSError, EOFError, zlib.error, tarfile.TarError, KeyError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"path: cannot read the Inception graph {path}: {reason}") from error
