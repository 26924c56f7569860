"""kgan: generative adversarial networks as games, in Keras."""

import importlib
from typing import Any

from kgan import registered

__version__ = "0.1.0"

_MODELS = {
    "ACGAN",
    "ChekhovGAN",
    "ConditionalGAN",
    "CycleGAN",
    "D2GAN",
    "DRAGAN",
    "FGAN",
    "GAN",
    "LSGAN",
    "MixGAN",
    "MultiDiscriminatorGAN",
    "PackedGAN",
    "Pix2Pix",
    "ProgressiveGAN",
    "R3GAN",
    "RaGAN",
    "SAGAN",
}
_MODELS |= {"SNGAN", "StyleGAN2ADA", "WGAN", "WGANGP"}
_ELSEWHERE = {"GeneratorEnsemble": "kgan.ensemble"}
_MODULES = {
    "analysis",
    "augment",
    "callbacks",
    "curriculum",
    "data",
    "distribute",
    "export",
    "fit",
    "game",
    "hearing",
    "layers",
    "losses",
    "metrics",
    "mixture",
    "models",
    "networks",
    "penalties",
    "pictures",
    "priors",
    "random",
    "runs",
    "sampling",
    "schedules",
    "serving",
    "updates",
}

__all__ = sorted(_MODELS | _MODULES | set(_ELSEWHERE))


def __getattr__(name: str) -> Any:
    # On first use, so that `kgan --help` does not wait for TensorFlow.
    if name in _MODELS:
        return getattr(importlib.import_module("kgan.models"), name)
    if name in _ELSEWHERE:
        return getattr(importlib.import_module(_ELSEWHERE[name]), name)
    if name in _MODULES:
        return importlib.import_module(f"kgan.{name}")
    raise AttributeError(f"module 'kgan' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__


registered.when_keras_is_imported()
