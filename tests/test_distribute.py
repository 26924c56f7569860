"""The same script on one device, on two and in two processes gives the same weights."""

import json
import os
import pathlib
import socket
import subprocess
import sys

import keras
import numpy as np
import pytest

import kgan
from kgan.checks import InputError

SCRIPT = pathlib.Path(__file__).with_name("distribution_script.py")


def start(out, devices, strategy, steps_per_execution, tf_config=None):
    env = {**os.environ, "PYTHONPATH": str(SCRIPT.parents[1])}
    env.pop("TF_CONFIG", None)
    if tf_config:
        env["TF_CONFIG"] = json.dumps(tf_config)
    command = [sys.executable, str(SCRIPT), str(out), str(devices), strategy, str(steps_per_execution)]
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def finish(process, out):
    output, _ = process.communicate(timeout=900)
    assert process.returncode == 0, output[-3000:]
    return dict(np.load(out))


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for s in sockets:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def two_workers(folder, steps_per_execution):
    cluster = {"worker": [f"127.0.0.1:{port}" for port in free_ports(2)]}
    outs = [folder / f"worker{i}.npz" for i in range(2)]
    processes = [
        start(out, 1, "auto", steps_per_execution, {"cluster": cluster, "task": {"type": "worker", "index": i}})
        for i, out in enumerate(outs)
    ]
    return [finish(process, out) for process, out in zip(processes, outs, strict=True)]


@pytest.fixture(scope="module")
def one_device(tmp_path_factory):
    out = tmp_path_factory.mktemp("one") / "run.npz"
    return finish(start(out, 1, "auto", 1), out)


def assert_same_run(run, reference):
    assert run.keys() == reference.keys()
    for name in reference.keys() - {"replicas"}:
        if name.startswith("log_"):
            np.testing.assert_allclose(run[name], reference[name], rtol=1e-4, atol=1e-5, err_msg=name)
        else:
            np.testing.assert_allclose(run[name], reference[name], rtol=0, atol=1e-5, err_msg=name)


@pytest.mark.slow
def test_two_logical_devices(one_device, tmp_path):
    run = finish(start(tmp_path / "run.npz", 2, "mirrored", steps_per_execution=3), tmp_path / "run.npz")
    assert run["replicas"] == 2
    assert_same_run(run, one_device)


@pytest.mark.slow
@pytest.mark.parametrize("steps_per_execution", [1, 3])
def test_two_processes(one_device, tmp_path, steps_per_execution):
    runs = two_workers(tmp_path, steps_per_execution)
    assert runs[0]["replicas"] == 2
    assert_same_run(runs[0], one_device)
    for name in runs[0]:
        np.testing.assert_array_equal(runs[0][name], runs[1][name])


def test_strategy_names(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    assert kgan.distribute.strategy("auto").num_replicas_in_sync == 1
    with pytest.raises(InputError, match="strategy: unknown name 'miror'; did you mean 'mirrored'"):
        kgan.distribute.strategy("miror")
    with pytest.raises(InputError, match="strategy: 'multi_worker' wants the environment variable TF_CONFIG"):
        kgan.distribute.strategy("multi_worker")
    assert kgan.distribute.is_chief()
    monkeypatch.setenv("TF_CONFIG", json.dumps({"task": {"type": "worker", "index": 1}}))
    assert not kgan.distribute.is_chief()
    cluster = {"chief": ["a:1"], "worker": ["b:1"]}
    for task, writes in ({"type": "chief", "index": 0}, True), ({"type": "worker", "index": 0}, False):
        monkeypatch.setenv("TF_CONFIG", json.dumps({"cluster": cluster, "task": task}))
        assert kgan.distribute.is_chief() == writes
    with pytest.raises(InputError, match="strategy: 'one' trains alone, and by TF_CONFIG another writes the files"):
        kgan.distribute.strategy("one")
    for text in ("{worker: 1}", "[1]", '{"cluster": {"worker": 2}}', '{"cluster": {"worker": [1]}}', '{"task": [0]}'):
        monkeypatch.setenv("TF_CONFIG", text)
        with pytest.raises(InputError, match="TF_CONFIG: wanted JSON"):
            kgan.distribute.strategy("auto")


@pytest.mark.parametrize(
    "task", [{"type": "worker", "index": 2}, {"type": "worker", "index": -1}, {"type": "ps", "index": 0}]
)
def test_a_task_outside_its_cluster_is_refused(monkeypatch, task):
    monkeypatch.setenv("TF_CONFIG", json.dumps({"cluster": {"worker": ["a:1", "b:1"]}, "task": task}))
    wanted = f"TF_CONFIG: the task {task['type']} {task['index']} is not in its cluster, which has worker 0 to 1"
    for name in ("auto", "one", "multi_worker"):
        with pytest.raises(InputError, match=wanted):
            kgan.distribute.strategy(name)


def test_sublayers_finds_what_is_nested_and_says_when_keras_moves():
    inner = keras.Sequential([keras.layers.Dense(2), keras.layers.ReLU()])
    wrapped = kgan.layers.SpectralNormalization(keras.layers.Dense(3))
    model = keras.Sequential([keras.Input((4,)), inner, wrapped])
    found = kgan.distribute.sublayers(model)
    assert {id(layer) for layer in (model, inner, *inner.layers, wrapped, wrapped.layer)} <= {id(x) for x in found}


def run(model, epochs, **settings):
    data = np.random.default_rng(0).uniform(-1, 1, (32, 2)).astype("float32")
    return model.fit(data, batch_size=8, epochs=epochs, verbose=0, **settings)


def small():
    keras.utils.set_random_seed(0)
    gan = kgan.GAN(kgan.networks.mlp_generator(width=4), kgan.networks.mlp_discriminator(width=4), 2)
    gan.compile()
    return gan


def test_two_fits_are_one_long_fit():
    once, twice = small(), small()
    run(once, 4)
    run(twice, 2)
    run(twice, 4, initial_epoch=2)
    for a, b in zip(once.state, twice.state, strict=True):
        np.testing.assert_array_equal(np.array(a), np.array(b))


class Recorder(keras.callbacks.Callback):
    def __init__(self, at=None):
        super().__init__()
        self.calls, self.at = [], at

    def on_epoch_begin(self, epoch, logs=None):
        self.calls.append(("epoch", epoch))

    def on_train_batch_end(self, batch, logs=None):
        self.calls.append(("batch", batch, logs["d_loss"]))
        if self.at == len(self.calls):
            self.model.stop_training = True

    def on_epoch_end(self, epoch, logs=None):
        self.calls.append(("end", epoch, logs["d_loss"]))


def test_callbacks_are_called_as_keras_calls_them_with_means_over_the_epoch():
    recorder = Recorder()
    history = run(small(), 2, callbacks=[recorder])
    names = [call[:2] for call in recorder.calls]
    epoch = lambda e: [("epoch", e), *[("batch", b) for b in range(4)], ("end", e)]  # noqa: E731
    assert names == epoch(0) + epoch(1)
    assert recorder.calls[4][2] == recorder.calls[5][2] == history.history["d_loss"][0]
    assert history.epoch == [0, 1]


def test_stop_training_ends_the_epoch_at_once():
    recorder = Recorder(at=3)
    model = small()
    run(model, 2, callbacks=[recorder])
    assert [call[0] for call in recorder.calls] == ["epoch", "batch", "batch", "end"] and int(model.step.numpy()) == 2


def test_a_callback_that_sets_progress_sends_training_there():
    model, log = small(), []

    class Back(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            log.append((epoch, int(self.model.step.numpy())))
            if len(log) == 2:  # once, back to the beginning of the second epoch
                self.model.step.assign(4)
                self.model.progress = kgan.fit.Progress(epoch=1)

    run(model, 3, callbacks=[Back()])
    assert log == [(0, 4), (1, 8), (1, 8), (2, 12)]
