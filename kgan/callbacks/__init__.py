"""Callbacks for `fit`: what a run leaves on disk, and how it goes on after it was stopped.

They say when; `kgan.runs` knows how, and reads it: `kgan.runs.Run(folder).logs()`.

Keras's own work too (`keras.callbacks.TensorBoard(RUN/logs)` for scalars, EarlyStopping, CSVLogger, ModelCheckpoint),
but those that change `model.optimizer`: a GAN has an optimizer for each player. Give those schedules.
"""

from kgan.callbacks.checkpoint import Checkpoint
from kgan.callbacks.collapse import CollapseAlarm
from kgan.callbacks.csv_logger import CSVLogger
from kgan.callbacks.equilibrium import EquilibriumMonitor
from kgan.callbacks.evaluate import Evaluate
from kgan.callbacks.live_view import LiveView
from kgan.callbacks.loss_curves import LossCurves
from kgan.callbacks.non_finite import NonFiniteGuard
from kgan.callbacks.progress import ProgressLines
from kgan.callbacks.sample_grid import SampleGrid

__all__ = [
    "CSVLogger",
    "Checkpoint",
    "CollapseAlarm",
    "EquilibriumMonitor",
    "Evaluate",
    "LiveView",
    "LossCurves",
    "NonFiniteGuard",
    "ProgressLines",
    "SampleGrid",
]
