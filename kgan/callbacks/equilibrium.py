"""Shows where the game stands while it is trained."""

import math
import os
from typing import Any

import numpy as np
import tensorflow as tf

from kgan.analysis.diagnosis import diagnose, measure
from kgan.analysis.field import flatten, jacobian_operator, leading_eigenvalues
from kgan.callbacks.base import RunCallback
from kgan.checks import InputError, whole
from kgan.distribute import is_chief
from kgan.penalties import squared_gradient_norms
from kgan.runs import equilibrium as table

POINT = "equilibrium/"  # begins the names of the points that it remembers


class EquilibriumMonitor(RunCallback):
    """Each `every` rounds, measures the game on a held-out batch and says in plain words where it stands.

    Measured (all at the current weights, with the networks in training mode; nothing is changed):

    - field_norm, d_norm, g_norm: lengths of the vector field and of each player's gradient; d_norm is of all
      discriminators together, beside NAME_norm of each of several.
    - rotation: the antisymmetric share of the field's change along itself, in [0, 1]; see `analysis.diagnosis`.
    - update_cosine: the cosine of the angle between the last two updates of all weights: of two rounds, or of two
      executions where compile's `steps_per_execution` is a number.
    - d_accuracy_real, d_accuracy_fake: shares of reals and fakes on the right side of the loss's `boundary`.
    - r_t: the share of positive logits on reals, less that of negative ones, in [-1, 1] (Karras et al. 2020, eq. 1):
      twice `d_accuracy_real`, minus one.
    - lipschitz: the largest gradient norm of the discriminator at the reals, the fakes and points between them, a
      lower bound of its Lipschitz constant.
    - eigenvalue_real, eigenvalue_imag: the eigenvalue of the field's Jacobian of largest modulus, by Arnoldi's method,
      at every `eigen_every`-th measurement only, because it costs as much as some dozens of rounds.
    - the diagnosis: see `analysis.diagnosis.diagnose`.

    They go to RUN/equilibrium.csv, to TensorBoard under RUN/logs, and, the newest ones, to the logs of the epoch (where
    r_t stays that of the training batches), for the callbacks after this one in the list. A change of the diagnosis is
    printed.

    Args:
        run_dir: the run's folder.
        held_out: a batch of real samples that training does not see, as the discriminator takes them; or of samples
            and labels.
        every: rounds between two measurements.
        eigen_every: measurements between two computations of the eigenvalue; 0 for none.

    Raises:
        InputError: for an argument out of its range; in `fit`, if `held_out` does not fit the discriminator, or `fit`
            is called inside a strategy's scope.
    """

    def __init__(self, run_dir: str | os.PathLike, held_out: Any, every: int = 500, eigen_every: int = 10) -> None:
        super().__init__(run_dir)
        self.held_out = tf.nest.map_structure(tf.convert_to_tensor, held_out)
        self.every, self.eigen_every = whole("every", every), whole("eigen_every", eigen_every, least=0)
        self.history: list[dict[str, Any]] = []
        self.diagnosis: str | None = None

    def on_train_begin(self, logs: dict | None = None) -> None:
        if not hasattr(self.model, "game"):
            raise InputError(f"model: EquilibriumMonitor wants a kgan model, got {type(self.model).__name__}")
        if tf.distribute.in_cross_replica_context():
            raise InputError("fit: EquilibriumMonitor wants it called outside of strategy.scope()")
        self.model.check_batch(self.held_out)
        self._operators: dict = {}  # by the game's stage
        self.history = table.read(self.run_dir)
        self._graphs: dict = {}
        self._writer: Any = None  # until there is something to write

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Also called where training goes on from a checkpoint: what came after it is forgotten."""
        step = int(self.model.step.numpy())
        self._before, self._next = step - self.model.progress.step, (step // self.every + 1) * self.every
        self._remember(step)
        self.history = [row for row in self.history if row["step"] <= step]
        self.diagnosis = diagnose(self.history) if self.history else None

    def next_round(self, step: int) -> float:
        """That of the next measurement, or a point before it which that looks back to (`kgan.pace`)."""
        return max(step + 1, self._next - 2 * self.model.steps_per_execution)

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        step = self._before + batch + 1
        self._remember(step)
        # Another callback may just have gone back to a checkpoint; an epoch then begins.
        if step >= self._next and step == int(self.model.step.numpy()):
            self._take(step)
            self._next = (step // self.every + 1) * self.every

    def on_train_end(self, logs: dict | None = None) -> None:
        if self._writer is not None:
            self._writer.close()
        super().on_train_end(logs)

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        if self.history and logs is not None:
            newest = {k: v for k, v in self.history[-1].items() if k not in ("step", "diagnosis") and not math.isnan(v)}
            logs.update(newest | logs)  # r_t of the training batches stays

    def _take(self, step: int) -> None:
        measured = self.compiled(self._graph, self._graphs)()
        row: dict[str, Any] = {"step": step, **{name: float(value) for name, value in measured.items()}}
        row["update_cosine"] = self._update_cosine(step)
        row["eigenvalue_real"], row["eigenvalue_imag"] = self._eigenvalue(step)
        self.history.append(row)
        row["diagnosis"] = diagnose(self.history)
        if row["diagnosis"] != self.diagnosis and is_chief():
            self.diagnosis = row["diagnosis"]
            print(f"\nstep {step}: {self.diagnosis} (rotation {row['rotation']:.2f}, r_t {row['r_t']:.2f})")
        if is_chief():
            table.write(self.run_dir, self.history)
            if self._writer is None:
                self._writer = tf.summary.create_file_writer(str(self.run_dir / "logs"))
            with self._writer.as_default(step=step):
                for name, value in row.items():
                    if name not in ("step", "diagnosis") and not math.isnan(value):
                        tf.summary.scalar(f"equilibrium/{name}", value)
            self._writer.flush()

    def _remember(self, step: int) -> None:
        """Keeps the point of round `step`, if the measurement that comes next looks back as far: two executions.

        In the model's memory, which checkpoints hold: a run that was stopped just there measures the same angle.
        """
        back = 2 * self.model.steps_per_execution
        if step + back >= self._next:
            near = {f"{POINT}{at}" for at in range(step - back, step)}
            for name in [name for name in self.model.memory if name.startswith(POINT) and name not in near]:
                del self.model.memory[name]
            self.model.memory[f"{POINT}{step}"] = flatten(self.model.game.point())

    def _update_cosine(self, step: int) -> float:
        stride = self.model.steps_per_execution
        points = [self.model.memory.get(f"{POINT}{step - k * stride}") for k in (2, 1, 0)]
        return math.nan if any(point is None for point in points) else _cosine(*points)

    def _eigenvalue(self, step: int) -> tuple[float, float]:
        if not self.eigen_every or (step // self.every) % self.eigen_every:
            return math.nan, math.nan
        stage = self.model.graph_key()
        if stage not in self._operators:
            # Made where it is used: its draws are keyed by the step.
            operator = jacobian_operator(self.model.game, lambda: self.model.round(self.held_out, lazy=False))
            self._operators[stage] = operator
        values = leading_eigenvalues(self._operators[stage], 1, tolerance=0.05)
        return (float(values[0].real), float(abs(values[0].imag))) if len(values) else (math.nan, math.nan)

    def _graph(self) -> dict[str, tf.Tensor]:
        model = self.model
        round = model.round(self.held_out, lazy=False)
        measured = measure(model.game, round)
        with model.game.at({}):
            encounters = model.encounters()
            plays = [model.play(round, name) for name in encounters]
            losses = [model.losses_of[encounter.judge] for encounter in encounters.values()]
            met = [(play, getattr(loss, "boundary", 0.0)) for play, loss in zip(plays, losses, strict=True)]
            real_logits = tf.concat([tf.reshape(play.real_logits - boundary, [-1]) for play, boundary in met], 0)
            fake_logits = tf.concat([tf.reshape(play.fake_logits - boundary, [-1]) for play, boundary in met], 0)
            slopes = [
                squared_gradient_norms(play.logits_of, x)
                for play in plays
                if tf.is_tensor(play.real)  # not where samples are structures
                for x in (play.real, play.fake, 0.5 * (play.real + play.fake))
            ]
        share = lambda condition: tf.reduce_mean(tf.cast(condition, "float32"))  # noqa: E731
        return measured | {
            "d_accuracy_real": share(real_logits > 0),
            "d_accuracy_fake": share(fake_logits < 0),
            "r_t": tf.reduce_mean(tf.sign(real_logits)),
            "lipschitz": tf.sqrt(tf.reduce_max(tf.concat(slopes, 0))) if slopes else tf.constant(math.nan),
        }


def _cosine(start: np.ndarray, middle: np.ndarray, end: np.ndarray) -> float:
    first, second = middle - start, end - middle
    return float(first @ second / max(np.linalg.norm(first) * np.linalg.norm(second), 1e-30))
