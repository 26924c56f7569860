"""Notices a generator that collapses, says what is seen and what to try, and acts as the user chooses."""

import json
import math
import os
import warnings
from pathlib import Path

import numpy as np
import tensorflow as tf

from kgan import files
from kgan.callbacks import table
from kgan.callbacks.base import RunCallback
from kgan.callbacks.rollback import go_back, learning_rates
from kgan.callbacks.snapshot import checkpoints
from kgan.checks import InputError, unknown, whole
from kgan.distribute import is_chief
from kgan.metrics.density_coverage import density_coverage
from kgan.metrics.features import Raw
from kgan.metrics.network import Network

FIGURES, ALARMS = "collapse.csv", "alarms.jsonl"
POLICIES = ("warn", "stop", "rollback")

# Thresholds. benchmarks/collapse_alarm.py measures how often they are crossed by runs that collapse and by healthy
# ones; docs/collapse.md has its figures.
LEAST_DIVERSITY = 0.3  # of samples, as a part of the reals'
LEAST_CLASSES = 0.5  # of the reals' classes
LEAST_SHARE = 0.1  # of a class's share in the reals: with less it is lost
FALL = 0.4  # of the run's own best,
LEAST_BEST = 0.2  # if that was worth speaking of
SEPARATED = 0.999  # of the pairs of a real and a sample, those the discriminator has in the right order

TRY = {
    "diversity": "a penalty on the discriminator (r1(gamma=1)), lower learning rates, or the update rule lookahead or "
    "consensus",
    "classes": "a penalty on the discriminator (r1(gamma=1)), a larger batch, or the update rule consensus",
    "coverage": "a lower learning rate, an average of the generator (ema_decay=0.999), or policy='rollback'",
    "separation": "a penalty or spectral normalisation for the discriminator, a lower learning rate of it, or, if data "
    "are few, augment='ada'",
}


class CollapseAlarm(RunCallback):
    """Each `every` rounds, compares samples of the generator that trains with reals, and with the run's own past.

    The figures, in RUN/collapse.csv:

    - diversity_pixels, diversity_features: the root mean square distance of two samples, over that of two reals.
    - classes: the share of the reals' classes (by the network's) that the samples have, each at least a tenth as
      often as the reals; NaN for a network without classes.
    - coverage: the share of reals with a sample in their neighbourhood (`density_coverage`), in features.
    - separation: the share of pairs of a real and a sample that the discriminator has in the right order; at 1 it is
      saturated, and tells the generator little.

    Something is wrong when a diversity is below 0.3, classes below 0.5, separation above 0.999, or coverage or a
    diversity below 0.4 of its own best before. An alarm is raised when this is seen `patience` times in a row, not
    counting the first `warmup` rounds: at the earliest `warmup + (patience - 1) * every` rounds after the start, and
    within `patience * every` rounds of a collapse. It is a warning, and a line in RUN/alarms.jsonl, with what is seen
    and what to try; there is none again before all has been well once. As `policy` says, training then

    - "warn": goes on, to the bit as it would without this callback;
    - "stop": ends;
    - "rollback": goes back to the newest checkpoint of `run_dir` at which all was well, with the learning rates times
      `factor`; after `retries` rollbacks, or without such a checkpoint, it ends.

    Args:
        run_dir: the run's folder.
        reals: an array (n, ...) of a thousand reals, say, as the discriminator takes them.
        network: a `kgan.metrics` network; default: pixels, without classes.
        every: rounds between two looks.
        warmup: rounds before the first look: a generator that has hardly begun is not diverse.
        patience: looks in a row.
        policy: "warn", "stop" or "rollback".
        factor: by which a rollback multiplies the learning rates, in (0, 1].
        retries: rollbacks in one call of `fit`.

    Raises:
        InputError: for an argument out of its range; in `fit`, for reals that do not fit the discriminator.
    """

    def __init__(
        self,
        run_dir: str | os.PathLike,
        reals: np.ndarray,
        network: Network | None = None,
        every: int = 250,
        warmup: int = 1000,
        patience: int = 3,
        policy: str = "warn",
        factor: float = 0.5,
        retries: int = 3,
    ) -> None:
        super().__init__(run_dir)
        self.reals, self.network = np.asarray(reals, "float32"), network or Raw()
        if self.reals.ndim < 2 or len(self.reals) < 100:
            raise InputError(f"reals: wanted 100 samples or more, got an array of shape {self.reals.shape}")
        self.every, self.warmup = whole("every", every), whole("warmup", warmup, least=0)
        self.patience, self.retries = whole("patience", patience), whole("retries", retries, least=0)
        if policy not in POLICIES:
            raise unknown("policy", policy, POLICIES)
        if not 0.0 < factor <= 1.0:
            raise InputError(f"factor: wanted a number in (0, 1], got {factor!r}")
        self.policy, self.factor = policy, factor
        self._seen = self.network(self.reals)

    def on_train_begin(self, logs: dict | None = None) -> None:
        self.model.check_batch(tf.constant(self.reals[:8]))
        if self.policy == "rollback":
            learning_rates(self.model)  # says now if they cannot be changed
        self._next, self._rollbacks = None, 0
        self._separation = tf.function(self._separated)

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        self._step = int(self.model.step.numpy())
        if self._next is None:  # not when training begins: a checkpoint may then still have to be restored
            self.history = [row for row in table.read(self.run_dir / FIGURES) if row["step"] <= self._step]
            self._next = self._following(self._step)

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        self._step += self.model.steps_per_execution
        if self._step >= self._next:
            self._look(self._step)
            self._next = self._following(self._step)

    def _following(self, step: int) -> int:
        return max((step // self.every + 1) * self.every, self.warmup)

    def _look(self, step: int) -> None:
        figures = self.figures(self.model.sample(len(self.reals), seed=step, average=False))
        figures["separation"] = float(self._separation())
        self.history = [old for old in self.history if old["step"] < step]  # what a rollback left goes
        wrong = _wrong(figures, self.history)
        before = 0 if not self.history else int(self.history[-1]["wrong"])
        self.history.append({"step": step, **figures, "wrong": before + 1 if wrong else 0})
        if is_chief():
            table.write(self.run_dir / FIGURES, self.history)
        if before + 1 == self.patience and wrong:
            self._raise(step, wrong, figures)

    def figures(self, fakes: np.ndarray) -> dict[str, float]:
        """The figures of samples (n, ...), all but the separation."""
        (real, real_classes), (fake, fake_classes) = self._seen, self.network(fakes)
        classes = math.nan
        if real_classes is not None:
            shares, ours = (_shares(x) for x in (real_classes, fake_classes))
            classes = float((ours >= LEAST_SHARE * shares)[shares > 0].mean())
        return {
            "diversity_pixels": _spread(fakes) / _spread(self.reals),
            "diversity_features": _spread(fake) / _spread(real),
            "classes": classes,
            "coverage": float(density_coverage(real, fake)["coverage"]),
        }

    def _raise(self, step: int, wrong: dict[str, str], figures: dict[str, float]) -> None:
        seen, hints = "; ".join(wrong.values()), "; or ".join(TRY[kind] for kind in wrong)
        action = self._act(step)
        warnings.warn(f"collapse after {step} rounds: {seen}. {action}. Try {hints}", stacklevel=2)
        if is_chief():
            row = {"step": step, "action": action, "seen": list(wrong.values()), "try": hints, "figures": figures}
            rows = [*alarms(self.run_dir), row]
            files.write(self.run_dir / ALARMS, "".join(json.dumps(row) + "\n" for row in rows))

    def _act(self, step: int) -> str:
        if self.policy == "warn":
            return "Training goes on"
        good = max((row["step"] for row in self.history if not row["wrong"]), default=self.warmup)
        back = [path for path in checkpoints(self.run_dir) if int(path.name[5:]) <= good]
        if self.policy == "stop" or not back or self._rollbacks == self.retries:
            self.model.stop_training = True
            if self.policy == "stop":
                return "Training stops"
            return (
                f"Training stops, after {self._rollbacks} rollbacks" if back else "Training stops, without a checkpoint"
            )
        go_back(self.model, back[-1], self.factor)
        self._rollbacks += 1
        self._step = int(back[-1].name[5:])
        self.history = [row for row in self.history if row["step"] <= self._step]
        return f"Back to {back[-1].name}, learning rates times {self.factor:g}"

    def _separated(self) -> tf.Tensor:
        model = self.model
        round = model.round(tf.constant(self.reals[:256]), lazy=False)
        with model.game.at({}):
            real = model.judge(round.real, round)
            fake = model.judge(model.generate(model.latents(round), round), round)
        return tf.reduce_mean(tf.cast(tf.reshape(real, [-1, 1]) > tf.reshape(fake, [1, -1]), "float32"))


def alarms(run_dir: str | os.PathLike) -> list[dict]:
    """The alarms of a run, RUN/alarms.jsonl, in the order in which they were raised: "step", "action", "seen", ..."""
    path = Path(run_dir) / ALARMS
    if not path.exists():
        return []
    try:
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    except ValueError as error:
        raise InputError(f"run_dir: {str(path)!r} is no file of alarms: {error}") from error


def _wrong(figures: dict[str, float], history: list[dict]) -> dict[str, str]:
    """What is wrong, by kind, in words."""
    wrong: dict[str, str] = {}
    for name in ("diversity_pixels", "diversity_features"):
        if figures[name] < LEAST_DIVERSITY:
            where = name.removeprefix("diversity_")
            wrong["diversity"] = f"samples are {figures[name]:.0%} as diverse as reals in {where}"
    if figures["classes"] < LEAST_CLASSES:
        wrong["classes"] = f"samples show {figures['classes']:.0%} of the reals' classes"
    if figures["separation"] > SEPARATED:
        wrong["separation"] = f"the discriminator tells samples from reals in {figures['separation']:.1%} of all pairs"
    for name in ("coverage", "diversity_pixels", "diversity_features"):
        best = max((row[name] for row in history), default=0.0)
        if best > LEAST_BEST and figures[name] < FALL * best:
            kind = name.partition("_")[0]
            wrong.setdefault(kind, f"{name.replace('_', ' in ')} fell from {best:.2f} to {figures[name]:.2f}")
    return wrong


def _spread(x: np.ndarray) -> float:
    """The root mean square distance of two samples, but for a factor."""
    return float(np.sqrt(np.var(np.reshape(x, (len(x), -1)), axis=0, dtype="float64").sum()))


def _shares(probabilities: np.ndarray) -> np.ndarray:
    return np.bincount(probabilities.argmax(1), minlength=probabilities.shape[1]) / len(probabilities)
