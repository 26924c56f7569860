"""Some examples of a source, each as often as it is asked for: what boosting trains its next member on."""

import numpy as np
import tensorflow as tf

from kgan.checks import InputError
from kgan.data.arrays import Indexed
from kgan.data.stream import Source


class Chosen(Indexed):
    """The examples of a source at `rows`, whole numbers (n,), in this order.

    Raises:
      InputError: for a source that is read as a stream, and rows that it does not have.
    """

    def __init__(self, source: Source, rows: np.ndarray) -> None:
        if not isinstance(source, Indexed):
            raise InputError("rows: this data set is too large for memory and read as a stream, wanted none")
        rows = np.asarray(rows)
        if rows.ndim != 1 or not rows.size or rows.dtype.kind not in "iu":
            raise InputError(f"rows: wanted whole numbers (n,), got {rows.dtype} {rows.shape}")
        if rows.min() < 0 or rows.max() >= source.size:
            wrong = rows.min() if rows.min() < 0 else rows.max()
            raise InputError(f"rows: wanted places in [0, {source.size}), got {wrong}")
        self.source, self.size = source, len(rows)
        self.labelled, self.unlabelled = source.labelled, source.unlabelled
        self.num_classes, self.class_names = source.num_classes, source.class_names
        with tf.device("CPU:0"):
            self.rows = tf.constant(rows, "int64")

    def at(self, indices: tf.Tensor, labels: bool) -> tuple[tf.Tensor, ...]:
        return self.source.at(tf.gather(self.rows, indices), labels)
