"""A soak: `kgan train` killed at random moments and started again must end in the bits of a run that never stopped.

Draws command lines (preset, rule, penalty, augmentation and so on, of tiny runs) from a seed. Each is run once in
peace, and once more in another folder with SIGKILL at up to four random moments. Then everything that a run keeps is
compared: the arrays of each checkpoint, and every other file byte by byte (tables, pictures, the exported variables),
but for those that hold the time or the folder's name.

Prints a line a command, and for a difference which files differ and the commands that show it again; at the end how
many commands, kills and differences there were. The exit status is 1 if there were any.

    python benchmarks/soak.py MINUTES [--seed=0] [--jobs=2] [--out=FOLDER]

The same seed draws the same commands and the same moments, as shares of how long the run in peace took.
"""

import argparse
import concurrent.futures
import dataclasses
import os
import random
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "", "PYTHONUNBUFFERED": "1"}

import numpy as np

from kgan.losses import LOSSES
from kgan.models.presets import PRESETS

KILLS = 4  # of one run, at most
LIMIT = 600  # seconds for one process, after which it counts as hanging
TRAIN = [sys.executable, "-m", "kgan", "train"]

ANY_STEPS = [
    "alternating",
    "lookahead(alternating, k=3)",
    "lookahead(lookahead(alternating, k=2), k=3)",
    "unrolled(k=2)",
]
ONE_STEP = [
    "simultaneous",
    "extragradient",
    "extragradient(past=True)",
    "optimistic",
    "consensus(weight=0.1)",
    "symplectic",
    "competitive(iterations=2)",
    "lookahead(optimistic, k=2)",
]
PENALTIES = [
    "gradient_penalty",
    "lipschitz(interval=2)",
    "dragan",
    "r1(gamma=1)",
    "r1(gamma=1, interval=3)",
    "r1_r2(gamma=1)",
    "lecam",
    "orthogonal",
    "path_length(interval=2)",
    "feature_matching",
    "latent_consistency",
]
ON_IMAGES = ["color,translation,cutout", "translation", "ada", "ada(pipe='bg')", "apa", "instance_noise(std=0.1)"]
OPTIMIZERS = ["adam(learning_rate=1e-3, beta_1=0)", "rmsprop(learning_rate=1e-4)", "sgd(learning_rate=0.01)"]
# What holds the time, the folder's name or the process's number.
PASSED_OVER = {".lock", "flags.txt", "report.html", "generator.keras", "fingerprint.pb", "saved_model.pb"}


def command(draw: random.Random) -> list[str]:
    """The flags of a tiny run, all but its folder."""
    preset = draw.choice(sorted(set(PRESETS) - {"cyclegan", "pix2pix"}))  # which want folders of pictures
    images = preset in ("sagan", "sngan", "r3gan", "progressive", "stylegan2_ada") or draw.random() < 0.4
    per_execution = draw.choice([1, 1, 2, 3])
    update = draw.choice(ANY_STEPS + ONE_STEP)
    flags = {
        "preset": preset,
        "dataset": "digits" if images else draw.choice(["ring", "grid"]),
        "width": 4 if images else 16,
        "batch_size": draw.choice([8, 16]),
        "epochs": draw.randint(2, 6),
        "steps_per_epoch": draw.choice([6, 12, 18]),
        "steps_per_execution": per_execution,
        "seed": draw.randrange(1000),
        "update": update,
        "n_critic": 1 if update in ONE_STEP else draw.choice([1, 2, 3, 5]),
        "alarm": draw.choice(["off", "off", "warn", "rollback"]),
        "non_finite": draw.choice(["stop", "rollback"]),
        "checkpoint_every": draw.choice([1, 2]),
        "keep": draw.choice([1, 3]),
    }

    def some(share: float, **more: object) -> None:
        if draw.random() < share:
            flags.update(more)

    some(0.5, penalty=draw.choice(PENALTIES))
    some(0.5 if images else 0.0, augment=draw.choice(ON_IMAGES))
    some(0.5 if images and preset in ("gan", "wgan_gp", "lsgan") else 0.0, network=draw.choice(["mlp", "dcgan"]))
    some(
        0.2, loss=draw.choice([name for name in sorted(LOSSES) if preset not in ("fgan", "r3gan")] or ["relativistic"])
    )
    some(0.5, ema_decay=draw.choice([0, 0.9]))
    some(0.6, checkpoint_steps=per_execution * draw.choice([1, 2, 3]))
    some(0.3, d_optimizer=draw.choice(OPTIMIZERS))
    some(0.3, g_optimizer=draw.choice(OPTIMIZERS))
    some(0.15, equilibrium_every=per_execution * draw.choice([2, 3]))
    some(0.15, policy=draw.choice(["mixed_bfloat16", "mixed_float16"]))
    some(0.0 if images else 0.2, metrics="modes", evaluate_every=draw.choice([1, 2]), evaluate_num=200)
    return [f"--{name}={value}" for name, value in flags.items()]


def train(flags: list[str], folder: Path, moment: tuple[bool, float] | None = None) -> tuple[int, str, float, float]:
    """Runs it; (exit status, output, seconds until its first line, seconds).

    Args:
        moment: (whether its seconds count from the first line, by when all is built, or from the start; the seconds
            after which it is killed); None to leave it alone.
    """
    start = time.monotonic()
    line = [*TRAIN, *flags, f"--run_dir={folder}"]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        first, begun = "", start
        try:
            if moment is None or moment[0]:
                first, begun = process.stdout.readline(), time.monotonic()
            output, _ = process.communicate(timeout=LIMIT if moment is None else moment[1])
        except subprocess.TimeoutExpired:
            process.kill()
            output, _ = process.communicate()
    return process.returncode, first + output, begun - start, time.monotonic() - start


@dataclasses.dataclass
class Outcome:
    """What became of one command: how often it was killed, which files differ, how it ended."""

    flags: list[str]
    kills: int = 0
    moments: list = dataclasses.field(default_factory=list)
    different: list[str] = dataclasses.field(default_factory=list)
    ended: str = "equal"


def soak(seed: int, number: int, out: Path) -> Outcome:
    """One command, in peace and killed."""
    draw = random.Random(f"{seed} {number}")
    outcome = Outcome(command(draw))
    peace, killed = (out / name / f"{number:04d}" for name in ("peace", "killed"))  # the same name: a card has it
    status, output, before, seconds = train(outcome.flags, peace)
    if status:
        reason = (output.strip().splitlines() or ["no output"])[-1]
        # A run that diverges ends with status 2 as well, and has to do so again.
        outcome.ended = f"ended with {status}: {reason[:160]}"
        if status != 2 or not peace.exists():
            outcome.ended = ("refused, " if status == 2 else "FAILED, ") + outcome.ended
            return outcome
    for _ in range(KILLS):
        built = draw.random() < 0.75
        moment = built, draw.random() * (seconds - before if built else seconds)
        killed_status = train(outcome.flags, killed, moment)[0]
        if killed_status != -9:
            break
        outcome.kills += 1
        outcome.moments.append(f"{moment[1]:.2f} s after its {'first line' if built else 'start'}")
    else:
        killed_status, output, *_ = train(outcome.flags, killed)
    outcome.different = differences(peace, killed)
    if killed_status != status:
        outcome.different.append(f"exit status {killed_status}, not {status}: {output.strip()[-300:]}")
    if not outcome.different:
        for folder in (peace, killed):
            shutil.rmtree(folder, ignore_errors=True)
    return outcome


def differences(a: Path, b: Path) -> list[str]:
    """The files of two run folders that are not the same, or are in one only."""
    names = sorted({path.relative_to(folder) for folder in (a, b) for path in folder.rglob("*") if path.is_file()})
    names = [name for name in names if name.name not in PASSED_OVER and name.parts[0] != "logs"]
    return [str(name) for name in names if not same(a / name, b / name)]


def same(a: Path, b: Path) -> bool:
    """Whether both files are there and hold the same, of an archive of arrays each array's bits."""
    if not (a.exists() and b.exists()):
        return False
    if a.suffix != ".npz":
        return a.read_bytes() == b.read_bytes()
    with np.load(a) as left, np.load(b) as right:
        bits = [{name: (x[name].dtype, x[name].shape, x[name].tobytes()) for name in x.files} for x in (left, right)]
    return bits[0] == bits[1]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("minutes", type=float)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2, help="commands at a time")
    parser.add_argument("--out", type=Path, help="where the runs go; those that differ stay there")
    options = parser.parse_args()
    out = options.out or Path(tempfile.mkdtemp(prefix="soak-"))
    end, number, outcomes = time.monotonic() + 60 * options.minutes, 0, []
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        running: dict[concurrent.futures.Future, int] = {}
        while running or time.monotonic() < end:
            while len(running) < options.jobs and time.monotonic() < end:
                running[pool.submit(soak, options.seed, number, out)] = number
                number += 1
            done, _ = concurrent.futures.wait(running, return_when=concurrent.futures.FIRST_COMPLETED)
            for future in done:
                outcomes.append(future.result())
                tell(running.pop(future), outcomes[-1], out)
    differing = [outcome for outcome in outcomes if outcome.different]
    odd = {word: sum(word in outcome.ended for outcome in outcomes) for word in ("refused", "FAILED")}
    print(
        f"{len(outcomes)} commands, {sum(outcome.kills for outcome in outcomes)} kills, {len(differing)} differ; "
        f"{odd['refused']} were refused, {odd['FAILED']} failed in peace"
    )
    return int(bool(differing or odd["FAILED"]))


def tell(number: int, outcome: Outcome, out: Path) -> None:
    """One line about a command; more if its runs differ."""
    verdict = "DIFFERS" if outcome.different else outcome.ended
    print(f"{number:4d}  {outcome.kills} kills  {verdict}  {shlex.join(outcome.flags)}", flush=True)
    if outcome.different:
        print(f"      killed {', '.join(outcome.moments)}")
        print("      " + "\n      ".join(outcome.different))
        for name in ("peace", "killed"):
            line = shlex.join(["kgan", "train", *outcome.flags, f"--run_dir={out / name / f'{number:04d}'}"])
            print(f"      {name}: {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
