"""Gradient descent with momentum of either sign (Gidel et al. 2019b)."""

from typing import Any

import keras


@keras.saving.register_keras_serializable("kgan")
class Momentum(keras.optimizers.SGD):
    """Heavy-ball descent: m <- momentum * m - learning_rate * g; w <- w + m. An optimizer, for any update rule.

    In a game that rotates, alternating play wants a negative momentum (Gidel et al. 2019, "Negative momentum for
    improved game dynamics", eq. 3), which Keras's SGD refuses.

    Args:
        learning_rate: the step size.
        momentum: in (-1, 1); -0.5 in the paper's saddle experiments.

    Raises:
        ValueError: if momentum is out of its range.
    """

    def __init__(self, learning_rate: float = 0.01, momentum: float = -0.5, **kwargs: Any) -> None:
        if not -1.0 < momentum < 1.0:
            raise ValueError(f"momentum: wanted a number in (-1, 1), got {momentum!r}")
        super().__init__(learning_rate, momentum=0.0, **kwargs)
        self.momentum = float(momentum)
