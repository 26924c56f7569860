"""What a network should not be made of, given the penalties that it plays under."""

import warnings
from collections.abc import Sequence

import keras

from kgan.checks import InputError
from kgan.distribute import sublayers
from kgan.layers import BatchNormalization
from kgan.models.ranges import INFINITE, output_range

STOCK = ("keras", "tf_keras", "tensorflow_addons")  # whose layers are known by name; none but keras need be there
# The attribute of a penalty that says that it differentiates this network by its input.
DIFFERENTIATES = {"discriminator": "differentiates", "generator": "differentiates_generator"}
AFFINE = ("Perspective", "Rotation", "Shear", "Translation", "Zoom")
RESIZING = {
    "UpSampling2D": "kgan.layers.BlurUpsampling2D",
    "Resizing": "kgan.layers.BlurUpsampling2D or BlurDownsampling2D",
    "CenterCrop": "keras.layers.Cropping2D",  # both crops resize what is smaller than they want
    "RandomCrop": "kgan.augment or keras.layers.Cropping2D",
    **{f"Random{name}": "kgan.augment" for name in AFFINE},
}
NORMALIZATIONS = {name: f"kgan.layers.{name}" for name in ("LayerNormalization", "GroupNormalization")} | {
    "InstanceNormalization": "kgan.layers.InstanceNormalization",  # tensorflow-addons'
}
BATCH_NORMALIZATIONS = ("BatchNormalization", "SyncBatchNormalization")


def check_layers(role: str, network: keras.Model, penalties: Sequence = ()) -> None:
    """Looks at every layer of a network, at any depth, for what would make training silently wrong.

    Layers are known by their class and `activation`: what a layer of the user's own computes, a class with its own
    `call` or a `Lambda`, cannot be told. Warnings are given once for each class.

    If a penalty has `differentiates` (of the generator `differentiates_generator`), the gradient with respect to the
    input is differentiated once more, and then
    - resizing is an error (but for UpSampling2D's "nearest", which repeats pixels), be it by name, in a crop of what
      is smaller, or in Keras's random affine transforms: its second-order gradient is dropped without a word
      (bilinear), or missing;
    - so is the activation softsign, which has none;
    - Keras's layer and group normalisation, and tensorflow-addons' group and instance normalisation, are warned of:
      their second-order gradient is wrong;
    - so is batch normalisation, kgan's too: it couples the samples of a batch, whose gradients are penalised one by
      one (Gulrajani et al. 2017, section 4), and Keras's second-order gradient is wrong besides.

    Under any penalties, and under none, a discriminator whose last activation is bounded on one side or both (a
    sigmoid, a ReLU) is warned of: what it says are no logits, and r_t, by which ADA, APA and the balances go, may
    never move. So is spectral normalisation that overwrites its kernel in each forward pass in training (Keras's and
    tensorflow-addons'): the passes of one step see different networks.

    Args:
        role: "discriminator" or "generator".
        network: any Keras model or layer.
        penalties: those of the game; any callables.

    Raises:
        InputError: for a layer without second-order gradient; it names the layer and what to put in its place.
    """
    penalty = next((p for p in penalties if getattr(p, DIFFERENTIATES[role], False)), None)
    needs = f"which the penalty {getattr(penalty, 'name', penalty)!r} takes"
    said = {}

    def sentence(layer: keras.layers.Layer, fault: str, instead: str) -> str:
        return f"{role}: layer {layer.name!r} ({type(layer).__name__}) {fault}; use {instead}"

    for layer in sublayers(network):
        names = _stock_names(layer)
        if "SpectralNormalization" in names:
            fault = "overwrites its kernel in each pass in training, so that one step's passes see different networks"
            said.setdefault(type(layer), sentence(layer, fault, "kgan.layers.SpectralNormalization"))
        if penalty is None:
            continue
        for name in filter(RESIZING.__contains__, names):
            if name != "UpSampling2D" or layer.interpolation != "nearest":
                crop = "resizes what is smaller, which"
                what = f"with {layer.interpolation!r}" if hasattr(layer, "interpolation") else crop
                raise InputError(sentence(layer, f"{what} has no second-order gradient, {needs}", RESIZING[name]))
        if getattr(layer, "activation", None) is keras.activations.softsign:
            raise InputError(sentence(layer, f"with 'softsign' has no second-order gradient, {needs}", "tanh"))
        for name in filter(NORMALIZATIONS.__contains__, names):  # its own before that of a base
            fault = f"has a wrong second-order gradient, {needs}"
            said.setdefault(type(layer), sentence(layer, fault, NORMALIZATIONS[name]))
        stock = any(name in BATCH_NORMALIZATIONS for name in names)
        if stock or isinstance(layer, BatchNormalization):
            fault = "couples the samples of a batch, whose gradients are penalised one by one"
            fault += f", and has a wrong second-order gradient, {needs}" if stock else ""
            instead = "kgan.layers.LayerNormalization, GroupNormalization or InstanceNormalization"
            said.setdefault(type(layer), sentence(layer, fault, instead))
    (low, high), activation = output_range(network)
    if role == "discriminator" and (low, high) != INFINITE:
        fault = f"ends in {activation}, which reaches [{low:g}, {high:g}]; losses and augmentation want logits"
        said[activation] = f"{role}: {fault}; use a linear output"
    for message in said.values():
        warnings.warn(message, stacklevel=3)


def _stock_names(layer: keras.layers.Layer) -> list[str]:
    """The names of a layer's class and then its bases, if the `call` that it runs is a known library's; else none."""
    classes = type(layer).__mro__
    caller = next(cls for cls in classes if "call" in vars(cls))
    return [cls.__name__ for cls in classes] if caller.__module__.partition(".")[0] in STOCK else []
