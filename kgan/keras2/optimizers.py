"""Optimizers: those of Keras 2.15, and those of before Keras 2.11, which tensorflow-addons' are."""

from collections.abc import Iterable, Sequence
from typing import Any

import keras
import tensorflow as tf
from keras.src.mixed_precision.loss_scale_optimizer import LossScaleOptimizerV3
from keras.src.optimizers.optimizer import CallableList, _BaseOptimizer

from kgan.keras2.variables import StatelessScope

Optimizer = keras.optimizers.Optimizer


class LossScaleOptimizer(LossScaleOptimizerV3):
    """`keras.optimizers.LossScaleOptimizer`: is handed gradients of the scaled loss, where Keras 2's wants them whole.

    Its scale and what it counts are among its variables.
    """

    def __init__(self, inner_optimizer: Any, initial_scale: float = 2.0**15, dynamic_growth_steps: int = 2000) -> None:
        super().__init__(inner_optimizer, True, initial_scale, dynamic_growth_steps)

    def scale_loss(self, loss: Any) -> tf.Tensor:
        """The loss times the scale."""
        return self.get_scaled_loss(tf.convert_to_tensor(loss))

    def apply_gradients(self, grads_and_vars: Iterable, **kwargs: Any) -> None:
        """A step, unless a gradient is not finite."""
        gradients, variables = zip(*grads_and_vars, strict=True)
        gradients, counted = self.get_unscaled_gradients(gradients), tf.identity(self.iterations)
        finite = tf.reduce_all(tf.stack([tf.reduce_all(tf.math.is_finite(g)) for g in gradients]))
        super().apply_gradients(zip(gradients, variables, strict=True), **kwargs)
        self.iterations.assign(tf.where(finite, self.iterations, counted))  # Keras 2 counts a step that it skips

    @property
    def dynamic_scale(self) -> tf.Variable:
        """The scale."""
        return self._loss_scale.current_loss_scale

    @property
    def variables(self) -> list:
        return [*self._optimizer.variables, self.dynamic_scale, self._loss_scale.counter]


def give() -> None:
    """Gives optimizers of Keras 2 what those of Keras 3 have."""
    build = _BaseOptimizer.build

    def build_for(self, var_list: Sequence) -> None:  # noqa: ANN001
        if not getattr(self, "_built", False):
            self._trainable_variables = list(var_list)
            if isinstance(self._learning_rate, tf.Variable):  # after the iterations, as in Keras 3: a callback sets it
                self._variables.insert(1, self._learning_rate)
        build(self, var_list)

    _BaseOptimizer.build = build_for
    Optimizer.apply = lambda self, gradients, variables=None: self.apply_gradients(
        zip(gradients, variables or self._trainable_variables, strict=True)
    )
    Optimizer.scale_loss = lambda self, loss: loss
    Optimizer.loss_scale_factor = Optimizer.gradient_accumulation_steps = None
    for name in ("_internal_apply_gradients", "_apply_weight_decay"):  # in a scope nothing is merged over replicas
        _alone_in_scope(name)
    keras.optimizers.SGD.build = _without_momenta(keras.optimizers.SGD.build)
    _whole_gradients(Optimizer, "aggregate_gradients")
    _whole_gradients(keras.optimizers.legacy.Optimizer, "_aggregate_gradients")
    _older_optimizers()


def _without_momenta(keras2s: Any) -> Any:
    """`SGD.build` after which it keeps momenta where it has momentum: else they say nothing of what comes next."""

    def build(self, var_list: Sequence) -> None:  # noqa: ANN001
        keras2s(self, var_list)
        if not self.momentum:
            unused = {id(v) for v in self.momentums}
            self._variables = [v for v in self._variables if id(v) not in unused]

    return build


def _whole_gradients(kind: type, name: str) -> None:
    """Gradients are not summed over replicas where `kgan.distribute.step` says, in Keras 3's way, that they are."""
    summed = getattr(kind, name)
    whole = "_all_reduce_sum_gradients"
    setattr(kind, name, lambda self, of: list(of) if whole in vars(self) else summed(self, of))


def _older_optimizers() -> None:
    """Those of before Keras 2.11, which tensorflow-addons' are, get the face of the later ones."""
    kind = keras.optimizers.legacy.Optimizer

    def build(self, var_list: Sequence) -> None:  # noqa: ANN001
        with tf.init_scope():
            for one in _around(self)[1:]:
                one._iterations = self.iterations  # one that others are around counts with them
            self._create_all_weights(var_list)

    def variables(self) -> list:  # noqa: ANN001
        """Its weights, and the numbers that a callback may set: the learning rate."""
        numbers = [value for one in _around(self) for value in one._hyper.values() if isinstance(value, tf.Variable)]
        return CallableList({id(v): v for v in [*self.weights, *numbers]}.values())

    keep = kind._set_hyper

    def set_hyper(self, name: str, value: Any) -> None:  # noqa: ANN001
        held = self._hyper.get(name)
        if isinstance(held, tf.Variable) and not isinstance(value, keras.optimizers.schedules.LearningRateSchedule):
            held.assign(value)  # which can be called here, and would be taken for a function to replace
        else:
            keep(self, name, value)

    kind.build, kind.variables, kind._set_hyper = build, property(variables), set_hyper
    kind.scale_loss = lambda self, loss: loss
    kind.loss_scale_factor = kind.gradient_accumulation_steps = None
    kind.use_ema = False


def _around(optimizer: Any) -> list:
    """An optimizer, and those that it is around, from the outermost on."""
    inner = getattr(optimizer, "_optimizer", None)
    return [optimizer] if inner is None else [optimizer, *_around(inner)]


def _alone_in_scope(name: str) -> None:
    merged, alone = getattr(Optimizer, name), getattr(_BaseOptimizer, name)
    setattr(Optimizer, name, lambda self, of: merged(self, of) if StatelessScope.now() is None else alone(self, of))
