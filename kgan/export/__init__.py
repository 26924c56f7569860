"""Trained generators as SavedModels that TensorFlow and TensorFlow Serving run without kgan."""

from kgan.export.formats import save_as
from kgan.export.generator import load_generator
from kgan.export.saved_model import is_newest, save_generator
from kgan.versions import versions

__all__ = ["is_newest", "load_generator", "save_as", "save_generator", "versions"]
