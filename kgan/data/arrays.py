"""Examples in memory: one tensor, served as batches of indices and one gather each."""

import numpy as np
import tensorflow as tf

from kgan.data.stream import Stream, index_batches


class Arrays:
    """A source of `x` (uint8 images or float32, first axis the examples) and, if given, integer `labels`."""

    def __init__(self, x: np.ndarray | tf.Tensor, labels: np.ndarray | tf.Tensor | None = None) -> None:
        # The dataset captures eager tensors, which are passed by reference: no constant in its graph, hence no
        # 2 GB limit. They have to be on the CPU, where tf.data runs.
        with tf.device("CPU:0"):
            self.x = tf.identity(x)
            self.y = None if labels is None else tf.cast(labels, tf.int32)
        self.size = int(self.x.shape[0])
        self.labelled = labels is not None

    def examples(self, labels: bool) -> tf.data.Dataset:
        return tf.data.Dataset.from_tensor_slices(self._columns(labels))

    def batches(self, stream: Stream, start: int, stop: int | None) -> tf.data.Dataset:
        columns = self._columns(stream.labels)
        return index_batches(stream, start, stop).map(lambda i: tuple(tf.gather(column, i) for column in columns))

    def _columns(self, labels: bool) -> tuple[tf.Tensor, ...]:
        return (self.x, self.y) if labels else (self.x,)
