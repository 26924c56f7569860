"""Optimizers as a GAN takes them: one line before training for what no training survives."""

import keras
import pytest
import tensorflow as tf

import kgan
from kgan.checks import InputError
from kgan.commands.run import _optimizer
from kgan.models import settings


@pytest.mark.parametrize(
    "text, message",
    [
        ("adam(beta_1=2)", "Adam(beta_1=2): wanted a number in [0, 1)"),
        ("adam(beta_2=1.0)", "Adam(beta_2=1.0): wanted a number in [0, 1)"),
        ("adam(beta_1='0.5')", "Adam(beta_1='0.5'): wanted a number in [0, 1)"),
        (keras.optimizers.Adam(float("inf")), "Adam(learning_rate=inf): wanted a finite number from 0 on"),
        ("adam(learning_rate=1e999)", "wanted finite numbers"),
        ("sgd(learning_rate=-0.1)", "SGD(learning_rate=-0.1): wanted a finite number from 0 on"),
        ("adam(learning_rate='fast')", "learning_rate"),
        ("adam(learning_rate=None)", "learning_rate"),
        ("adam(epsilon=0)", "Adam(epsilon=0): wanted a finite number above 0"),
        ("rmsprop(rho=-1)", "RMSprop(rho=-1): wanted a number in [0, 1)"),
        ("sgd(clipvalue=-1.0)", "SGD(clipvalue=-1.0): wanted a finite number above 0"),
        ("adamw(weight_decay='a')", "AdamW(weight_decay='a'): wanted a finite number from 0 on"),
        ("adam(amsgrad='no')", "Adam(amsgrad='no'): wanted True or False"),
        ("adam(use_ema=True)", "use_ema is not applied; compile(ema_decay=...) averages the generator"),
        ("sgd(gradient_accumulation_steps=2.5)", "gradient_accumulation_steps: wanted a whole number"),
        ("sgd(gradient_accumulation_steps=2, clipnorm=1.0)", "cannot be combined with clipping"),
    ],
)
def test_a_bad_argument_of_an_optimizer_is_one_line(text, message):
    with pytest.raises(InputError) as error:
        settings.optimizer("d_optimizer", _optimizer("d_optimizer", text))
    assert str(error.value).startswith("d_optimizer: ") and message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "make",
    [
        lambda: "adam",
        lambda: keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(1e-3, 10), beta_1=0.0, clipnorm=1.0),
        lambda: keras.optimizers.serialize(keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True)),
        lambda: kgan.updates.Momentum(0.1, -0.5),
        lambda: keras.optimizers.Ftrl(0.1),
        lambda: keras.optimizers.SGD(lambda: tf.constant(0.1, "float64"), gradient_accumulation_steps=2),
    ],
)
def test_good_ones_pass(make):
    assert isinstance(settings.optimizer("d_optimizer", make()), keras.optimizers.Optimizer)


def test_a_loss_scale_of_the_users_own_is_not_scaled_again():
    keras.config.set_dtype_policy("mixed_float16")
    own = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1))
    assert settings.optimizer("d_optimizer", own) is own
    fixed = keras.optimizers.SGD(0.1, loss_scale_factor=256.0)
    assert settings.optimizer("d_optimizer", fixed) is fixed and fixed.loss_scale_factor == 256.0
    assert isinstance(settings.optimizer("d_optimizer", "sgd"), keras.optimizers.LossScaleOptimizer)
    with pytest.raises(InputError, match="d_optimizer: wanted one LossScaleOptimizer, got one around another"):
        settings.optimizer("d_optimizer", keras.optimizers.LossScaleOptimizer(own))
    with pytest.raises(InputError, match="beta_1=2"):
        settings.optimizer("d_optimizer", keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(beta_1=2)))
