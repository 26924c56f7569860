"""Small exported generators, and requests for each of their signatures with what the live model makes of them."""

import keras
import numpy as np

import kgan
from kgan.export import save_generator
from kgan.sampling import Sampler
from tests.models.games import GAMES, NOISY, SHAPE, images, made

WIDE = (16, 16, 3)


def lively(network, gain=0.6, seed=0):
    """Other weights than the first ones, and moving statistics, so that samples are not all grey."""
    rng = np.random.default_rng(seed)
    for variable in network.variables:
        if variable.dtype == "float32":
            value = gain * rng.normal(size=variable.shape) / max(1, np.prod(variable.shape[:-1])) ** 0.5
            variable.assign(np.abs(value) + 0.5 if "moving_var" in variable.name else value)
    return network


def samplers():
    networks = kgan.networks
    dcgan = lively(networks.dcgan_generator(SHAPE, latent_dim=5, width=4))
    sngan = lively(networks.sngan_generator(WIDE, latent_dim=6, width=4))
    translator = lively(networks.cyclegan_generator(SHAPE, width=2, blocks=1), gain=0.3)
    projection, noisy = made(GAMES["projection"]), made(NOISY["noisy_pix2pix"])
    members = [lively(networks.mlp_generator(SHAPE, 4, width=6, depth=1), seed=seed) for seed in range(2)]
    for model in (projection, noisy):
        for average in model.averages.values():
            lively(average.network, gain=0.3)
    return {
        "dcgan": Sampler.of(dcgan, 5, sample_shape=SHAPE),
        "sngan": Sampler.of(sngan, 6, sample_shape=WIDE),
        "conditional": projection.sampler(),
        "ensemble": kgan.GeneratorEnsemble([Sampler.of(m, 4, sample_shape=SHAPE) for m in members]).sampler(),
        "cyclegan": Sampler.of(translator, {}, {"images": kgan.priors.Pictures(SHAPE)}, sample_shape=SHAPE),
        "pix2pix": noisy.sampler(),
    }


def export(folder, kept=None, **settings):
    """{name: sampler}, exported to FOLDER/NAME/1."""
    keras.utils.set_random_seed(0)
    made_ones = {name: sampler for name, sampler in samplers().items() if kept is None or name in kept}
    for name, sampler in made_ones.items():
        assert save_generator(sampler, folder / name, **settings) == folder / name / "1"
    return made_ones


def requests(name, sampler):
    """(signature, the requests of several callers, all their images as the live model makes them)."""
    if not sampler.free:
        pictures = images(2, 3)
        live = np.concatenate([sampler.sample(1, images=picture) for picture in pictures])
        for signature in ("serving_default", "translate"):
            yield signature, [{"images": pictures[:1]}, {"images": pictures[1:]}], live
        return
    seeds = np.array([3, 2**33 + 1, 0, 5])
    psi = np.array([1.0, 0.5, 0.0, 1.0], "float32")
    labels = {"labels": np.array([2, 0, 1, 1], "int32")} if sampler.given else {}
    told = [{"labels": label} for label in labels["labels"]] if labels else [{}] * 4
    split = lambda inputs: [{k: v[:1] for k, v in inputs.items()}, {k: v[1:] for k, v in inputs.items()}]  # noqa: E731
    drawn = {key: value.numpy() for key, value in sampler.inputs(4, 7).items()}
    yield "serving_default", split(drawn), sampler.sample(4, 7)
    live = [sampler.sample(1, int(s), truncation=p, **t) for s, p, t in zip(seeds, psi, told, strict=True)]
    yield "generate", split({"seeds": seeds, "truncation": psi, **labels}), np.concatenate(live)
    yield "generate_png", split({"seeds": seeds, "truncation": psi, **labels}), np.concatenate(live)
    place = np.array([0.0, 1.0, 0.0, 1.0], "float32")
    ends = [sampler.sample(1, int(s), **t) for s, t in zip([3, 9, 0, 8], told, strict=True)]
    yield (
        "interpolate",
        split({"seeds_from": seeds, "seeds_to": np.array([7, 9, 6, 8]), "position": place, **labels}),
        np.concatenate(ends),
    )
    yield "sample", [{"num": 300, "seed": 11}], sampler.sample(300, seed=11)
