"""Games whose dynamics are known in closed form. Each stands at its equilibrium when made, in float64."""

from collections.abc import Callable, Sequence
from statistics import NormalDist
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kgan.checks import InputError
from kgan.distribute import functional
from kgan.game import Game, Logs, Player, Round
from kgan.losses import Loss
from kgan.losses import get as get_loss
from kgan.penalties import get as get_penalty

GradientDescent = functional(keras.optimizers.SGD)


class ToyGame(Game):
    """A `Game` of two players on given variables, moved by plain gradient descent unless told otherwise.

    Args:
        players: name -> (variables, objective, settle), in playing order.
        learning_rate: of both players; not with `optimizers`.
        optimizers: one for each player. To be differentiated by `round_matrix`, of a class that
            `kgan.distribute.functional` made.
    """

    def __init__(
        self, players: dict[str, tuple], learning_rate: float, optimizers: Sequence[Any] | None = None
    ) -> None:
        if not learning_rate > 0:
            raise InputError(f"learning_rate: wanted a positive number, got {learning_rate!r}")
        self.learning_rate = learning_rate
        if optimizers is None:
            # A function, because Keras keeps a number in float32, which shows in the seventh digit.
            optimizers = [GradientDescent(lambda: tf.constant(learning_rate, "float64")) for _ in players]
        made = []
        for (name, (variables, objective, settle)), optimizer in zip(players.items(), optimizers, strict=True):
            optimizer.build(variables)
            made.append(Player(name, variables, optimizer, objective, settle=settle))
        super().__init__(made)

    def set(self, *values: Any) -> "ToyGame":
        """Moves the game to a point, an array for each player; returns the game."""
        for player, value in zip(self.players, values, strict=True):
            (variable,) = player.variables
            variable.assign(np.reshape(value, variable.shape))
        return self


def _variable(shape: tuple, name: str) -> keras.Variable:
    return keras.Variable(np.zeros(shape), dtype="float64", name=name)


def _loss(value: Callable[[], tf.Tensor], name: str) -> Callable[[Round], tuple[tf.Tensor, Logs]]:
    def objective(round: Round) -> tuple[tf.Tensor, Logs]:
        loss = value()
        return loss, {name: loss}

    return objective


class QuadraticGame(ToyGame):
    """min_x max_y mu/2 |x|^2 + x'A y - mu/2 |y|^2, from the equilibrium x = y = 0.

    Args:
        mu: strong convexity and concavity, at least 0.
        a: the coupling: a number, or a matrix of shape (len(x), len(y)).
        learning_rate, optimizers: as in `ToyGame`.
    """

    def __init__(
        self, mu: float = 1.0, a: Any = 1.0, learning_rate: float = 0.1, optimizers: Sequence[Any] | None = None
    ) -> None:
        matrix = np.atleast_2d(np.asarray(a, "float64"))
        if matrix.ndim != 2 or mu < 0:
            raise InputError(f"a, mu: wanted a number or a matrix, and mu >= 0; got shape {matrix.shape} and {mu!r}")
        self.mu, self.matrix = float(mu), matrix
        x, y = _variable((matrix.shape[0],), "x"), _variable((matrix.shape[1],), "y")

        def value() -> tf.Tensor:
            coupling = tf.tensordot(x.value, tf.linalg.matvec(matrix, y.value), 1)
            return 0.5 * self.mu * (tf.reduce_sum(tf.square(x.value)) - tf.reduce_sum(tf.square(y.value))) + coupling

        players = {"x": ([x], _loss(value, "x_loss"), None), "y": ([y], _loss(lambda: -value(), "y_loss"), None)}
        super().__init__(players, learning_rate, optimizers)


class BilinearGame(QuadraticGame):
    """min_x max_y x'A y, from the equilibrium x = y = 0; x plays first. Arguments as in `QuadraticGame`."""

    def __init__(self, a: Any = 1.0, learning_rate: float = 0.1, optimizers: Sequence[Any] | None = None) -> None:
        super().__init__(0.0, a, learning_rate, optimizers)


class DiracGAN(ToyGame):
    """The Dirac-GAN (Mescheder et al. 2018, section 2): real data 0, a generator that makes theta, D(x) = psi x.

    It runs kgan's own losses and penalties on that discriminator. The equilibrium is theta = psi = 0; theta ("g")
    plays first, psi ("d") second.

    Args:
        loss: a name or object of `kgan.losses`.
        penalties: names or objects of `kgan.penalties`.
        clip: WGAN's weight clipping: |psi| <= clip after each of its moves.
        noise: the standard deviation of instance noise, Gaussian, on reals and fakes (Sonderby et al. 2017); its
            expectation is taken over `POINTS` equally likely values with exactly this deviation.
        learning_rate, optimizers: as in `ToyGame`.
    """

    POINTS = 64

    def __init__(
        self,
        loss: str | Loss = "minimax",
        penalties: Sequence = (),
        clip: float | None = None,
        noise: float = 0.0,
        learning_rate: float = 0.1,
        optimizers: Sequence[Any] | None = None,
    ) -> None:
        loss = get_loss(loss)
        terms = [get_penalty(p) for p in ([penalties] if isinstance(penalties, str) else penalties)]
        theta, psi = _variable((), "theta"), _variable((), "psi")
        spread = np.array([NormalDist().inv_cdf((i + 0.5) / self.POINTS) for i in range(self.POINTS)])
        jitter = tf.constant(noise * spread[:, None] / spread.std() if noise else np.zeros((1, 1)))

        def judge(x: tf.Tensor) -> tf.Tensor:
            return psi.value * x

        def g_objective(round: Round) -> tuple[tf.Tensor, Logs]:
            value = loss.generator(judge(jitter), judge(theta.value + jitter))
            return value, {"g_loss": value}

        def d_objective(round: Round) -> tuple[tf.Tensor, Logs]:
            real, fake = jitter, theta.value + jitter
            value = loss.discriminator(judge(real), judge(fake))
            penalty = [term(judge, real, fake, round.seed) for term in terms]
            return tf.add_n([value, *penalty]), {"d_loss": value}

        def settle() -> None:
            psi.assign(tf.clip_by_value(psi.value, -clip, clip))  # type: ignore[operator]  # where there is one

        players = {"g": ([theta], g_objective, None), "d": ([psi], d_objective, settle if clip else None)}
        super().__init__(players, learning_rate, optimizers)
