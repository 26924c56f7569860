"""Notices a generator that collapses, says what is seen and what to try, and acts as the user chooses."""

import contextlib
import math
import os
import warnings
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kgan.callbacks.base import RunCallback
from kgan.callbacks.rollback import check_rates, go_back
from kgan.checks import InputError, unknown, whole
from kgan.distribute import is_chief
from kgan.metrics.density_coverage import density_coverage
from kgan.metrics.networks import Network, RandomProjection, Raw
from kgan.runs import alarms, checkpoints
from kgan.runs import collapse as table
from kgan.runs.checkpoints import GOOD

NAMES = ("diversity_pixels", "diversity_features", "classes", "coverage")
BACK, PAGE = "Back to", "docs/curves.md"
POLICIES = ("warn", "stop", "rollback")

# Thresholds. benchmarks/collapse_alarm.py measures how often they are crossed by runs that collapse and by healthy
# ones; docs/collapse.md has its figures.
LEAST_DIVERSITY = 0.3  # of samples, as a part of the reals'
LEAST_CLASSES = 0.5  # of the reals' classes
LEAST_SHARE = 0.25  # of a class's share in the reals: with less it is lost
FALL = 0.4  # of the run's own best,
LEAST_BEST = 0.2  # if that was worth speaking of
MANY = 4096  # numbers in a sample
SEPARATED = 0.999  # of the pairs of a real and a sample, those the discriminator has in the right order

PENALTY, SLOWER = "a penalty on the discriminator (r1(gamma=1))", "lower learning rates"
TRY = {
    "finite": (SLOWER, "the policy 'rollback' of NonFiniteGuard"),
    "diversity": (PENALTY, SLOWER, "the update rule lookahead or consensus"),
    "classes": (PENALTY, "a larger batch", "the update rule lookahead or consensus"),
    "coverage": (SLOWER, "an average of the generator (ema_decay=0.999)", "the policy 'rollback'"),
    "separation": (PENALTY, "spectral normalisation in the discriminator", "augment='ada' if data are few"),
}


class CollapseAlarm(RunCallback):
    """Each `every` rounds, compares samples of the generator that trains with reals, and with the run's own past.

    The figures, in RUN/collapse.csv:

    - diversity_pixels, diversity_features: the root mean square distance of two samples, over that of two reals.
    - classes: the share of the reals' classes (by the network's) that the samples have, each at least a quarter as
      often as the reals; NaN for a network without classes.
    - coverage: the share of reals with a sample in their neighbourhood (`density_coverage`), in features.
    - separation: the share of pairs of a real and a sample that the discriminator has in the right order; at 1 it is
      saturated, and tells the generator little.

    All but the last are NaN for samples that are not finite, which is wrong as well.

    Something is wrong when a diversity is below 0.3, classes below 0.5, separation above 0.999, or coverage or a
    diversity below 0.4 of its own best before; but nothing is in the first `warmup` rounds, whose bests do not count
    either. An alarm is raised when something is wrong `patience` times in a row: at the earliest `warmup + (patience -
    1) * every` rounds after the start, and within `patience * every` rounds of a collapse. It is a warning, and a line
    in RUN/alarms.jsonl, with what is seen and what to try; there is none again before all has been well once. As
    `policy` says, training then

    - "warn": goes on, to the bit as it would without this callback;
    - "stop": ends, and ends again when it is resumed, unless all is well then;
    - "rollback": goes back to the last look at which all was well, with the learning rates times `factor`; after
      `retries` rollbacks, or if all never was well, it ends. RUN/good keeps that look's checkpoint.

    Each of several machines looks for itself; "stop" and "rollback" want them to compute the same to the bit.

    Args:
        run_dir: the run's folder.
        reals: an array (n, ...) of a thousand reals, say, as the discriminator takes them.
        network: a `kgan.metrics` network; default: pixels, or a projection of them if there are many, without classes.
        every: rounds between two looks.
        warmup: rounds at whose looks nothing is wrong yet: a generator that has hardly begun is not diverse.
        patience: looks in a row.
        policy: "warn", "stop" or "rollback".
        factor: by which a rollback multiplies the learning rates, in (0, 1].
        retries: rollbacks in one call of `fit`.
        batch: of a game that is played on more than samples (labels too, two domains): a batch of these reals as the
            game takes it, an array or a structure of arrays; samples are asked for with its conditions.

    Raises:
        InputError: for an argument out of its range, or reals that are all the same or not finite; in `fit`, for reals
            that do not fit the discriminator, files of an earlier run that cannot be read, learning rates that a
            rollback cannot set, or a call inside a strategy's scope.
    """

    def __init__(
        self,
        run_dir: str | os.PathLike,
        reals: np.ndarray,
        network: Network | None = None,
        every: int = 250,
        warmup: int = 1500,
        patience: int = 4,
        policy: str = "warn",
        factor: float = 0.5,
        retries: int = 3,
        batch: Any = None,
    ) -> None:
        super().__init__(run_dir)
        self.batch = reals if batch is None else batch
        self.reals = np.asarray(reals, "float32")
        if self.reals.ndim < 2 or len(self.reals) < 100:
            raise InputError(f"reals: wanted 100 samples or more, got an array of shape {self.reals.shape}")
        if not np.isfinite(self.reals).all() or not _spread(self.reals):
            raise InputError("reals: wanted finite samples that differ")
        self.network = network or (Raw() if self.reals[0].size <= MANY else RandomProjection())
        self.every, self.warmup = whole("every", every), whole("warmup", warmup, least=0)
        self.patience, self.retries = whole("patience", patience), whole("retries", retries, least=0)
        if policy not in POLICIES:
            raise unknown("policy", policy, POLICIES)
        if not 0.0 < factor <= 1.0:
            raise InputError(f"factor: wanted a number in (0, 1], got {factor!r}")
        self.policy, self.factor = policy, factor
        self._seen = self.network(self.reals)

    def on_train_begin(self, logs: dict | None = None) -> None:
        if tf.distribute.in_cross_replica_context():
            raise InputError("fit: CollapseAlarm wants it called outside of strategy.scope()")
        self.model.check_batch(_first(self.batch, 8))
        self._given = next(iter(self.model.asked(self.batch).values()))[0]
        if self.policy == "rollback":
            check_rates(self.model, type(self).__name__)
        self.failed = False
        self._begun, self._rollbacks = False, 0
        self._graphs: dict = {}
        self.history = table.read(self.run_dir)
        self._alarms = alarms.read(self.run_dir)
        if is_chief():
            checkpoints.tidy(self.run_dir / GOOD, keep=1)

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Also called where training goes on from a checkpoint: what came after it is forgotten."""
        step = int(self.model.step.numpy())
        self._before, self._next = step - self.model.progress.step, (step // self.every + 1) * self.every
        self.history = [row for row in self.history if row["step"] <= step]
        if not self._begun:  # not when training begins: a checkpoint may then still have to be restored
            self._begun, told = True, self._wrong_looks() >= self.patience
            self._told = told and self.policy == "warn"
            self._alarms = [row for row in self._alarms if row["step"] <= step or row["action"].startswith(BACK)]

    def next_round(self, step: int) -> float:
        """That of the next look (`kgan.pace`)."""
        return self._next

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        step = self._before + batch + 1
        # Another callback may just have gone back to a checkpoint; an epoch then begins.
        if step >= self._next and step == int(self.model.step.numpy()):
            self._next = (step // self.every + 1) * self.every
            self._look(step)

    def _look(self, step: int) -> None:
        figures = self.figures(self.model.sample(len(self.reals), seed=step, average=False, **self._given))
        figures["separation"] = float(self.compiled(self._separated, self._graphs)())
        seen = _wrong(figures, [old for old in self.history if old["step"] >= self.warmup])
        wrong = seen if step >= self.warmup else {}
        self.history.append({"step": step, **figures, "wrong": self._wrong_looks() + 1 if wrong else 0})
        if is_chief():
            table.write(self.run_dir, self.history)
        if not seen:
            self._told = False
            self._keep()
        elif self._wrong_looks() >= self.patience and not self._told:
            self._told = True
            self._raise(step, wrong, figures)

    def _wrong_looks(self) -> int:
        """How many of the last looks, in a row, saw something wrong."""
        return int(self.history[-1]["wrong"]) if self.history else 0

    def _keep(self) -> None:
        if self.policy == "rollback" and is_chief():
            with contextlib.suppress(checkpoints.BrokenState):  # which is the guard's business
                checkpoints.save(self.model, self.run_dir / GOOD, keep=1)

    def figures(self, fakes: np.ndarray) -> dict[str, float]:
        """The figures of samples (n, ...), all but the separation."""
        if not np.isfinite(fakes).all():
            return dict.fromkeys(NAMES, math.nan)
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
        seen = "; ".join(wrong.values())
        hints = "; or ".join(dict.fromkeys(hint for kind in wrong for hint in TRY[kind]))
        action = self._act(step)
        words = f"collapse after {step} rounds: {seen}. {action}. Try {hints}; what was measured is in {PAGE}"
        warnings.warn(words, stacklevel=2)
        if is_chief():
            known = {name: value for name, value in figures.items() if math.isfinite(value)}
            row = {"step": step, "action": action, "seen": list(wrong.values()), "try": hints, "figures": known}
            self._alarms.append(row)
            alarms.write(self.run_dir, self._alarms)

    def _act(self, step: int) -> str:
        if self.policy == "warn":
            return "Training goes on"
        good = checkpoints.latest(self.run_dir / GOOD) if self.policy == "rollback" else None
        if good is not None and checkpoints.step(good) > step:  # of a run that is gone
            good = None
        if good is None or self._rollbacks == self.retries:
            self.model.stop_training = self.failed = True
            if self.policy == "stop":
                return "Training stops"
            return "Training stops: never was all well" if good is None else "Training stops: no rollback helped"
        go_back(self.model, self.run_dir, good, self.factor)
        self._rollbacks += 1
        self._told = False
        return f"{BACK} {good.name}, learning rates times {self.factor:g}"

    def _separated(self) -> tf.Tensor:
        model = self.model
        round = model.round(_first(self.batch, 256), lazy=False)
        with model.game.at({}):
            plays = [model.play(round, name) for name in model.encounters()]
            logits = [[tf.reshape(x, [-1]) for x in (play.real_logits, play.fake_logits)] for play in plays]
        right = [tf.cast(real[:, None] > fake[None, :], "float32") for real, fake in logits]
        return tf.reduce_mean(tf.stack([tf.reduce_mean(pairs) for pairs in right]))


def _wrong(figures: dict[str, float], history: list[dict]) -> dict[str, str]:
    """What is wrong, by kind, in words."""
    if math.isnan(figures["coverage"]):
        return {"finite": "samples hold NaN or infinity"}
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
        best = max((row[name] for row in history if not math.isnan(row[name])), default=0.0)
        if best > LEAST_BEST and figures[name] < FALL * best:
            kind = name.partition("_")[0]
            wrong.setdefault(kind, f"{name.replace('_', ' in ')} fell from {best:.2f} to {figures[name]:.2f}")
    return wrong


def _first(batch: Any, num: int) -> Any:
    """The first rows of a structure of arrays, as tensors."""
    return keras.tree.map_structure(lambda x: tf.constant(x[:num]), batch)


def _spread(x: np.ndarray) -> float:
    """The root mean square distance of two samples, but for a factor."""
    return float(np.sqrt(np.var(np.reshape(x, (len(x), -1)), axis=0, dtype="float64").sum()))


def _shares(probabilities: np.ndarray) -> np.ndarray:
    return np.bincount(probabilities.argmax(1), minlength=probabilities.shape[1]) / len(probabilities)
