"""Keras layers that GANs are made of."""

from kgan.layers.attention import SelfAttention
from kgan.layers.batch_normalization import BatchNormalization, ConditionalBatchNormalization
from kgan.layers.blur import BlurDownsampling2D, BlurUpsampling2D
from kgan.layers.equalized import EqualizedConv2D, EqualizedConv2DTranspose, EqualizedDense
from kgan.layers.minibatch import MinibatchDiscrimination, MinibatchStdDev
from kgan.layers.normalization import GroupNormalization, InstanceNormalization, LayerNormalization
from kgan.layers.padding import ReflectionPadding2D
from kgan.layers.pixel import PixelNormalization
from kgan.layers.projection import RandomProjection
from kgan.layers.spectral import SpectralNormalization

__all__ = [
    "BatchNormalization",
    "BlurDownsampling2D",
    "BlurUpsampling2D",
    "ConditionalBatchNormalization",
    "EqualizedConv2D",
    "EqualizedConv2DTranspose",
    "EqualizedDense",
    "GroupNormalization",
    "InstanceNormalization",
    "LayerNormalization",
    "MinibatchDiscrimination",
    "MinibatchStdDev",
    "PixelNormalization",
    "RandomProjection",
    "ReflectionPadding2D",
    "SelfAttention",
    "SpectralNormalization",
]
