"""AC-GAN's loss against NumPy; what it wants."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from kgan import penalties
from kgan.checks import InputError
from tests.penalties import cases


def test_value_by_numpy():
    play = cases.play(name="classification")

    def cross_entropy(samples):
        classes = play.discriminator(samples)["classes"].numpy().astype("float64")
        shares = np.exp(classes) / np.exp(classes).sum(1, keepdims=True)
        return -np.log(shares[np.arange(cases.BATCH), cases.LABELS]).mean()

    penalty = penalties.get("classification(d_weight=2, g_weight=0.1)")
    real, fake = cross_entropy(play.real), cross_entropy(play.fake)
    assert float(cases.term(penalty, "d", play)) == pytest.approx(2.0 * (real + fake), rel=1e-5)
    assert float(cases.term(penalty, "g", play)) == pytest.approx(0.1 * fake, rel=1e-5)


def test_labels_of_any_integer_type():
    play, penalty = cases.play(name="classification"), penalties.Classification()
    values = [
        float(penalty.discriminator_term(dataclasses.replace(play, given=tf.constant(cases.LABELS, kind))))
        for kind in ("int32", "int64", "uint8")
    ]
    assert values[0] == values[1] == values[2]


def test_a_subclassed_discriminator_passes_the_check_however_it_was_called():
    class Judge(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = keras.layers.Dense(3)

        def call(self, x):
            return {"logits": x, "classes": self.dense(x)}

    judge = Judge()
    for call in (lambda: None, lambda: judge(np.zeros((2, 1), "float32")), *2 * [lambda: judge(keras.Input((1,)))]):
        call()
        penalties.Classification().check(None, judge)


def test_wants_labels_and_a_judge_that_classifies():
    penalty, judged = penalties.Classification(), cases.play(name="classification")
    penalty.check(judged.generator, judged.discriminator)
    for play, wanted in ((cases.play(), "a discriminator that"), (dataclasses.replace(judged, given=None), "labels")):
        for term in (penalty.discriminator_term, penalty.generator_term):
            with pytest.raises(InputError, match=f"^penalties: classification wants {wanted}"):
                term(play)
    with pytest.raises(InputError, match=r"^penalties: classification wants a discriminator that gives"):
        penalty.check(judged.generator, cases.play().discriminator)
