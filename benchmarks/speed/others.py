"""What is timed of kgan alone: its update rules, its games of several players, a command from disk to weights."""

import dataclasses
import itertools
import subprocess
import sys
import tempfile
import time
from typing import Any

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
