"""`kgan doctor`: the stack, what of it is untested, devices and data."""

import os
import platform
import types

import keras
import pytest
import tensorflow as tf

import kgan
from kgan import stack
from kgan.commands import doctor, main

OLDER = keras.__version__.startswith("2.")


def told(capsys, *flags):
    assert main(["doctor", *flags]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return {line.partition(" ")[0]: line[10:].strip() for line in out.splitlines()}


def test_it_tells_the_stack_the_devices_and_the_data(capsys, tmp_path):
    for name in ("cifar10/3.0.2", "celeb/small/1.0.0"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "dataset_info.json").touch()
    lines = told(capsys, f"--data_dir={tmp_path}")
    assert lines["kgan"] == kgan.__version__
    which = "the older, beside which tensorflow-addons runs" if OLDER else "the newer"
    assert lines["stack"] == f"{which}: Keras {keras.__version__}, TensorFlow {tf.__version__}"
    assert lines["CPU"].startswith(f"{os.cpu_count()} cores, ")
    assert lines["GPU"].startswith("none that TensorFlow sees")
    assert lines["data"].endswith(f"; celeb/small, cifar10 in {tmp_path}")
    assert told(capsys, f"--data_dir={tmp_path}/no")["data"].endswith(f"none of tensorflow-datasets in {tmp_path}/no")


def test_what_is_of_another_version_than_was_tested(monkeypatch, capsys):
    pins = stack.pins(keras.__version__)
    assert pins["keras"] == keras.__version__ and pins["tensorflow"] == tf.__version__
    here = pins | {"numpy": "1.2.3", "keras": pins["keras"] + "+cpu"}  # a build of the same version
    del here["tqdm"]  # what is not there is not wrong
    monkeypatch.setattr(stack, "version", here.get)
    assert told(capsys)["versions"] == f"not those that were tested: numpy 1.2.3 ({pins['numpy']})"
    monkeypatch.setattr(platform, "python_version_tuple", lambda: ("3", "14", "1"))
    assert stack.untested("3.15.1")[0] == "Python 3.14 (3.11 and 3.12)"
    assert stack.untested("2.15.0")[0] == "Python 3.14 (3.11)"


@pytest.mark.parametrize("keras_version", ["3.15.1", "2.15.0"])
def test_the_pins_are_those_of_the_repository(keras_version):
    assert len(stack.pins(keras_version)) > 20 and stack.pins(keras_version)["keras"] == keras_version


def test_a_gpu_that_is_there_and_one_that_is_not_seen(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(doctor, "DRIVER", tmp_path)
    assert "though there is a driver" in told(capsys)["GPU"]
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [types.SimpleNamespace(name=f"{kind}:0")])
    monkeypatch.setattr(tf.config.experimental, "get_device_details", lambda gpu: {"device_name": f"a {gpu.name}"})
    assert told(capsys)["GPU"] == "a GPU:0"


@pytest.mark.skipif(OLDER, reason="there it runs")
def test_tensorflow_addons_beside_keras_3_is_told(monkeypatch, capsys):
    monkeypatch.setattr(stack, "version", {"tensorflow-addons": "0.23.0"}.get)
    assert "does not run beside Keras 3" in told(capsys)["addons"]
