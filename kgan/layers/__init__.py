"""Keras layers that GANs are made of."""

from kgan.layers.spectral import SpectralNormalization

__all__ = ["SpectralNormalization"]
