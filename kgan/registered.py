"""Keras finds kgan's classes in a file that it loads, whether or not they have been imported.

Importing them takes seconds, for which `kgan --help` is not to wait. So each has a stand-in under its registered name,
put there as soon as Keras is imported, that imports it when it is asked for an instance.
"""

import importlib
from typing import Any

import wrapt

CLASSES = {
    "kgan.augment": ("ADA", "APA", "DiffAugment", "InstanceNoise", "Pipe"),
    "kgan.curriculum": ("Blend", "BlurAnnealing", "Coarsening"),
    "kgan.layers": (
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
    ),
    "kgan.mixture": ("Members",),
    "kgan.models": (
        *("ACGAN", "ChekhovGAN", "ConditionalGAN", "CycleGAN", "D2GAN", "DRAGAN", "FGAN", "GAN", "LSGAN", "MixGAN"),
        *("MultiDiscriminatorGAN", "PackedGAN", "Pix2Pix", "ProgressiveGAN", "R3GAN", "RaGAN", "SAGAN", "SNGAN"),
        *("StyleGAN2ADA", "WGAN", "WGANGP"),
    ),
    "kgan.models.r3gan": ("WarmAdam",),
    "kgan.networks.progressive": ("ProgressiveDiscriminator", "ProgressiveGenerator"),
    "kgan.networks.r3gan_layers": ("Basis", "GroupedConv2D"),
    "kgan.networks.stylegan2_layers": (
        *("FilteredUpsampling2D", "LearntConstant", "ModulatedConv2D", "StyleConv2D", "StyleDense", "ToRGB"),
        "TruncatedStyles",
    ),
    "kgan.networks.table": ("TableHead",),
    "kgan.networks.unet": ("LastingDropout",),
    "kgan.priors": ("Categorical", "Labels", "Member", "Normal", "Pictures", "Truncation", "Uniform"),
    "kgan.schedules": ("Cosine", "Exponential", "HalfLife", "Linear", "WarmUp"),
    "kgan.updates.momentum": ("Momentum",),
}


class Later:
    """Stands for a class of kgan's that has not been imported yet; its import puts the class in this place."""

    def __init__(self, module: str, name: str) -> None:
        self.module, self.name = module, name

    def from_config(self, config: dict) -> Any:
        return getattr(importlib.import_module(self.module), self.name).from_config(config)


def register(keras: Any) -> None:
    """Gives Keras a stand-in for each class that it does not know yet; and Keras 2 the face of Keras 3."""
    if keras.__version__.startswith("2."):
        importlib.import_module("kgan.keras2")
    known = keras.saving.get_custom_objects()
    for module, names in CLASSES.items():
        for name in names:
            known.setdefault(f"kgan>{name}", Later(module, name))


def when_keras_is_imported() -> None:
    """Calls `register` now, or after the first `import keras`."""
    wrapt.register_post_import_hook(register, "keras")
