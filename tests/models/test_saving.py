"""A saved game goes on: what `compile` was given comes back, in a process that has imported nothing but kgan."""

import importlib
import json
import os
import pkgutil
import subprocess
import sys

import keras
import numpy as np
import pytest

import kgan
from kgan import augment, losses, penalties, updates
from kgan.checks import InputError
from kgan.models import saving
from kgan.spec import resolve
from tests import PATIENCE

POINTS = np.random.default_rng(0).normal(size=(32, 2)).astype("float32")


def make(cls=kgan.GAN, **settings):
    keras.utils.set_random_seed(0)
    gan = cls(
        kgan.networks.mlp_generator((2,), 2, 4, 1, normalization="batch"),
        kgan.networks.mlp_discriminator((2,), 4, 1, normalization="spectral"),
        latent_dim=2,
    )
    gan.compile(**settings)
    return gan


def fit(gan):
    gan.fit(POINTS, batch_size=8, verbose=0)


def state(gan):
    return [v.numpy() for v in gan.state]


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A game of many parts that has trained, its file, and its state after it has trained on."""
    gan = make(
        kgan.WGAN,
        clip_value=0.02,
        n_critic=2,
        penalties=[penalties.R1(5.0, interval=2), "lecam(start=1)"],
        d_optimizer=keras.optimizers.Adam(3e-4, beta_1=0.1),
        update=updates.Lookahead(updates.Alternating(), k=2),
        ema_decay=kgan.schedules.HalfLife(10),
        augment=augment.InstanceNoise(0.1),
        seed=4,
    )
    fit(gan)
    path = tmp_path_factory.mktemp("saved") / "gan.keras"
    gan.save(path)
    before = state(gan)
    fit(gan)
    return path, before, state(gan)


def test_training_goes_on_after_loading(saved):
    path, before, after = saved
    gan = keras.saving.load_model(path)
    assert type(gan) is kgan.WGAN and gan.clip_value == 0.02 and gan.penalties[0].gamma == 5.0
    for here, there in zip(state(gan), before, strict=True):
        np.testing.assert_array_equal(here, there)
    fit(gan)
    for here, there in zip(state(gan), after, strict=True):
        np.testing.assert_array_equal(here, there)


def test_in_a_new_process_that_has_imported_kgan_alone(saved, tmp_path):
    path, _, after = saved
    script = (
        "import sys, kgan; assert 'tensorflow' not in sys.modules; import keras, numpy as np\n"
        f"gan = keras.saving.load_model({str(path)!r})\n"
        f"gan.fit(np.array({POINTS.tolist()}, 'float32'), batch_size=8, verbose=0)\n"
        f"np.savez({str(tmp_path / 'state.npz')!r}, *[np.array(v) for v in gan.state])\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=os.environ, timeout=PATIENCE
    )
    assert run.returncode == 0, run.stderr[-2000:]
    with np.load(tmp_path / "state.npz") as there:
        for number, here in enumerate(after):
            np.testing.assert_array_equal(here, there[f"arr_{number}"])


def test_what_has_no_name_is_told_and_what_has_one_is_read(tmp_path):
    def drift(discriminator, real, fake, seed):
        return 0.0

    gan = make(penalties=[drift])
    with pytest.warns(UserWarning, match="saved without the settings of compile.*'drift' is not known by name"):
        gan.save(tmp_path / "gan.keras")
    assert not keras.saving.load_model(tmp_path / "gan.keras").compiled
    keras.saving.register_keras_serializable("test_saving")(drift)
    gan.save(tmp_path / "gan.keras")
    assert keras.saving.load_model(tmp_path / "gan.keras").penalties == [drift]


@keras.saving.register_keras_serializable("test_saving")
class Drift(penalties.Penalty):
    def __init__(self, weight=1.0):
        super().__init__()
        self.weight = weight


class Unknown(losses.Loss):
    """Of which Keras has not been told."""


def test_parts_of_the_users_classes():
    again = saving.read(json.loads(json.dumps(saving.write("penalties", Drift(0.25)))))
    assert type(again) is Drift and again.weight == 0.25
    with pytest.raises(InputError, match="loss: 'Unknown' is not known by name"):
        saving.write("loss", Unknown())


def test_a_file_can_be_loaded_to_sample_from_alone(saved):
    path, _, _ = saved
    compiled, bare = keras.saving.load_model(path), keras.saving.load_model(path, compile=False)
    assert not bare.compiled and not np.array_equal(bare.sample(3), bare.sample(3, average=False))
    np.testing.assert_array_equal(bare.sample(3), compiled.sample(3))


def test_other_files_name_the_way(tmp_path):
    gan = make()
    with pytest.raises(InputError, match=r"save: wanted a path ending in \.keras"):
        gan.save(tmp_path / "gan.h5")
    with pytest.raises(InputError, match=r"export: kgan\.export\.save_generator\(gan, 'served'\)"):
        gan.export("served")


RULES = ["lookahead(consensus(weight=2), k=3)", *sorted(updates.UPDATES.keys() - {"lookahead"})]


@pytest.mark.parametrize("kind", ["penalties", "losses", "augment", "updates"])
def test_every_part_is_read_as_it_was_written(kind):
    table, get = {
        "penalties": (penalties.PENALTIES, penalties.get),
        "losses": (losses.LOSSES, losses.get),
        "augment": (augment.AUGMENTATIONS, augment.get),
        "updates": (RULES, lambda rule: resolve("update", rule, updates.UPDATES, methods=("build",))),
    }[kind]
    for name in table:
        part = get(name)
        text = json.dumps(saving.write(kind, part))
        again = saving.read(json.loads(text))
        assert type(again) is type(part) and json.dumps(saving.write(kind, again)) == text


def test_keras_has_a_stand_in_for_each_class_of_kgans():
    for module in pkgutil.walk_packages(kgan.__path__, "kgan."):
        if ".keras2" not in module.name and not module.name.endswith("__main__"):  # the first is for another Keras
            importlib.import_module(module.name)
    known = {name: cls for name, cls in keras.saving.get_custom_objects().items() if name.startswith("kgan>")}
    table = {f"kgan>{name}": module for module, names in kgan.registered.CLASSES.items() for name in names}
    assert known.keys() == table.keys()
    for name, module in table.items():
        assert known[name] is getattr(importlib.import_module(module), name.removeprefix("kgan>"))
