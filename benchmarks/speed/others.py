"""What is timed of kgan alone: its rules, games of several players, decoding, a command from disk to weights."""

import dataclasses
import io
import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.speed.settings import SETTINGS, Setting
from benchmarks.speed.turns import ROOT, ratio

# A rule around another; and rules of many evaluations, with few, which cost as much each and are traced sooner.
CALLS = {
    "lookahead": "lookahead(alternating)",
    "unrolled": "unrolled(k=1)",
    "competitive": "competitive(iterations=1)",
}


def rules(turns: int, tiny: bool) -> dict[str, Any]:
    """Each update rule: its gradient evaluations a round, and the time of one over that of `alternating`."""
    import keras

    import kgan
    from benchmarks.speed.in_keras import networks

    setting = dataclasses.replace(SETTINGS["a1"].tiny() if tiny else SETTINGS["a1"], width=4 if tiny else 16)
    games = {}
    for name in kgan.updates.UPDATES:
        name = CALLS.get(name, name)
        gan = kgan.GAN(*networks(setting), setting.latents)
        gan.compile(update=name, d_optimizer=keras.optimizers.SGD(1e-4), g_optimizer=keras.optimizers.SGD(1e-4))
        games[name] = _player(gan, setting), []
        _, cost = games[name][0](0)
        print(f"rules: {name}: {cost:g} evaluations a round", flush=True)
    for turn, (play, times) in itertools.product(range(1, turns + 1), games.values()):
        times.append(play(turn))
    cost = {name: times[0][1] for name, (_, times) in games.items()}
    each = {name: [seconds / cost[name] for seconds, _ in times] for name, (_, times) in games.items()}
    return {name: {"evaluations": cost[name], "one": ratio(each[name], each["alternating"])} for name in games}


def _player(gan: Any, setting: Setting) -> Any:
    """(seconds a round, gradient evaluations a round) of an epoch, when it is called with its number."""
    data = setting.data()

    def play(epoch: int, rounds: int = 4) -> tuple[float, float]:
        start = time.perf_counter()
        epochs = {"epochs": epoch + 1, "initial_epoch": epoch, "steps_per_epoch": rounds}
        logs = gan.fit(data, batch_size=setting.batch, verbose=0, **epochs).history
        return (time.perf_counter() - start) / rounds, logs["gradient_evaluations"][0]

    return play


def players(turns: int) -> dict[str, Any]:
    """The cost of N discriminators, K generators, K members of an ensemble, as multiples of that of one."""
    import keras

    from benchmarks import players_cost

    keras.config.set_dtype_policy("float32")
    found = {}
    for kind, make in players_cost.KINDS.items():
        found[kind] = dict(zip(map(str, (1, 2, 4)), players_cost.measure(make, (1, 2, 4), turns), strict=True))
        print(f"players: {kind}: {found[kind]}", flush=True)
    return found


def disk(tiny: bool) -> dict[str, Any]:
    """Seconds of `kgan train` for an epoch of Fashion-MNIST, from the call to the checkpoint and the export."""
    command = [sys.executable, "-m", "kgan", "train", "--epochs=1", "--alarm=off", "--batch_size=64"]
    command += ["--dataset=digits", "--width=4"] if tiny else ["--dataset=fashion_mnist", "--width=16"]
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        done = subprocess.run([*command, f"--run_dir={folder}/run"], capture_output=True, text=True, cwd=ROOT)
        if done.returncode:
            raise RuntimeError(f"kgan train: {' '.join(done.stderr.splitlines()[-1:])}")
        return {"seconds": time.perf_counter() - start}


def decoding(turns: int, tiny: bool) -> dict[str, Any]:
    """Pictures a second, in batches of 64, of JPEG files of 96x128 cut and resized to 64x64: by where they lie."""
    from PIL import Image

    import kgan
    from kgan.data import lazily
    from kgan.data.folder import pictures

    before, count = os.environ.get("KGAN_CACHE"), 128 if tiny else 1024
    with tempfile.TemporaryDirectory() as root:
        os.environ["KGAN_CACHE"], folder = f"{root}/cache", Path(root, "pictures")
        folder.mkdir()
        smooth = np.random.default_rng(0).integers(0, 256, (count, 6, 8, 3), np.uint8)
        for number, pixels in enumerate(smooth):
            file = io.BytesIO()
            Image.fromarray(pixels).resize((128, 96), Image.Resampling.BICUBIC).save(file, "jpeg")
            (folder / f"{number:05d}.jpg").write_bytes(file.getvalue())
        kgan.data.pack(folder, f"{root}/shards")
        start = time.perf_counter()
        kept = kgan.data.load(f"images:{folder}", batch_size=64, resolution=64).stream
        found = {"a folder, looked through and decoded into the cache, once": count / (time.perf_counter() - start)}
        streams = {
            "the cache, in training": kept,
            "a folder of more than 50,000, in training": kgan.data.Stream(
                lazily.Many(pictures(folder), (64, 64)), batch_size=64
            ),
            "TFRecord shards, in training": kgan.data.load(
                f"tfrecord:{root}/shards", batch_size=64, resolution=64
            ).stream,
        }
        taken = {name: [] for name in streams}
        for turn, (name, stream) in itertools.product(range(turns), streams.items()):
            batches = count // 64
            start = time.perf_counter()
            for _ in stream.batches(turn * batches, (turn + 1) * batches):
                pass
            taken[name].append((time.perf_counter() - start) / (64 * batches))
    os.environ.pop("KGAN_CACHE") if before is None else os.environ.update(KGAN_CACHE=before)
    return found | {name: 1.0 / statistics.median(times) for name, times in taken.items()}
