"""Examples that are read by their indices, and those in memory: one tensor, and one gather a batch."""

import operator
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from kgan.data.stream import Stream, index_batches


class Indexed:
    """A source that has `size` and gives any examples by their indices: `at(indices, labels)`.

    Attributes: those of `kgan.data.stream.Source`.
    """

    labelled = False
    unlabelled = ""
    num_classes: int | None = None
    class_names: tuple[str, ...] | None = None

    def at(self, indices: tf.Tensor, labels: bool) -> tuple[tf.Tensor, ...]:
        """The elements (x,) or (x, label) at `indices`, int64 of any shape, which comes before the examples' own."""
        raise NotImplementedError

    def examples(self, labels: bool) -> tf.data.Dataset:
        at = tf.autograph.experimental.do_not_convert(lambda index: self.at(index, labels))
        return tf.data.Dataset.range(self.size).map(at)

    def batches(self, stream: Stream, start: int, stop: int | None) -> tf.data.Dataset:
        at = tf.autograph.experimental.do_not_convert(lambda indices: self.at(indices, stream.labels))
        return index_batches(stream, start, stop).map(at)


class Arrays(Indexed):
    """A source of `x` (uint8 images or float32, first axis the examples) and, if given, integer `labels`.

    `num_classes` is by default the largest label and one, `class_names` the numbers.
    """

    def __init__(
        self,
        x: np.ndarray | tf.Tensor,
        labels: np.ndarray | tf.Tensor | None = None,
        num_classes: int | None = None,
        class_names: Sequence[str] | None = None,
    ) -> None:
        # The dataset captures eager tensors, which are passed by reference: no constant in its graph, hence no
        # 2 GB limit. They have to be on the CPU, where tf.data runs.
        with tf.device("CPU:0"):
            self.x = tf.identity(x)
            self.y = None if labels is None else tf.cast(labels, tf.int32)
        self.size = int(self.x.shape[0])
        self.labelled = labels is not None
        if self.labelled:
            self.num_classes = operator.index(num_classes or int(tf.reduce_max(self.y)) + 1)
            self.class_names = tuple(class_names or map(str, range(self.num_classes)))

    def at(self, indices: tf.Tensor, labels: bool) -> tuple[tf.Tensor, ...]:
        return tuple(tf.gather(column, indices) for column in ((self.x, self.y) if labels else (self.x,)))
