"""What of a run is broken: numbers that are NaN or infinite."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np


def broken_logs(model: Any, logs: Mapping[str, float]) -> list[str]:
    """The names of the logs that are not finite.

    Not among them: what is made of the gradients of a player under loss scaling (float16), its norm and the measures
    of a rule's own, because its optimizer skips the moves that overflow and lowers the scale.
    """
    scaled = {
        name
        for player in model.game.players
        if isinstance(player.optimizer, keras.optimizers.LossScaleOptimizer)
        for name in (f"{player.name}_grad_norm", "consensus", "alignment")
    }
    return [name for name, value in logs.items() if name not in scaled and not np.isfinite(value)]


def broken_variables(variables: Sequence, values: Sequence[np.ndarray]) -> list[str]:
    """The paths of the variables whose values are not all finite."""
    return [v.path for v, value in zip(variables, values, strict=True) if not np.isfinite(value).all()]
