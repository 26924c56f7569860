"""Data: named sources of images and points, served as `tf.data` streams whose position is a function of the step."""

from kgan.data.idx import import_idx
from kgan.data.mixtures import modes
from kgan.data.packing import pack
from kgan.data.records import prepared
from kgan.data.registry import load, sample_shape, sides
from kgan.data.stream import Stream
from kgan.data.table import Table

__all__ = ["Stream", "Table", "import_idx", "load", "modes", "pack", "prepared", "sample_shape", "sides"]
