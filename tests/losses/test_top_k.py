"""Top-k: which fakes the generator learns from."""

import numpy as np
import tensorflow as tf

from kgan import losses, random
from kgan.schedules import Exponential


def kept(loss, fake):
    """Which samples the generator's gradient reaches, and the gradients' sum."""
    fake = tf.constant(fake)
    with tf.GradientTape() as tape:
        tape.watch(fake)
        value = loss.generator(None, fake)
    gradient = tape.gradient(value, fake).numpy().reshape(fake.shape[0], -1).sum(1)
    return np.flatnonzero(gradient).tolist(), gradient.sum()


def test_only_the_k_highest_teach_the_generator():
    fake = np.array([[0.3], [-2.0], [5.0], [1.0], [0.0], [-0.1]], "float32")
    for share, wanted in {1.0: [0, 1, 2, 3, 4, 5], 0.5: [0, 2, 3], 0.34: [2, 3], 0.01: [2]}.items():
        samples, total = kept(losses.TopK("hinge", share), fake)
        assert samples == wanted
        np.testing.assert_allclose(total, -1.0, rtol=1e-6)  # a mean of -D over the k
    tied = np.array([[1.0], [1.0], [0.0], [1.0]], "float32")
    assert kept(losses.TopK("hinge", 0.5), tied)[0] == [0, 1, 3]


def test_patches_of_a_sample_stay_together():
    fake = np.zeros((3, 2, 2, 1), "float32")
    fake[1, 0, 0], fake[2] = 3.0, 0.9  # sample 2 has the higher mean, though not the highest patch
    assert kept(losses.TopK("hinge", 0.34), fake)[0] == [2]


def test_the_papers_schedule_in_a_compiled_round():
    loss = losses.TopK("wasserstein", Exponential(1.0, 0.99, 1, least=0.5))
    fake = tf.reshape(tf.range(100.0), (100, 1))

    @tf.function(jit_compile=True)
    def generator(step):
        return loss.at(step, random.key(0)).generator(fake, fake)

    k = 100.0
    for epoch in range(100):
        if epoch in (0, 1, 10, 99):
            top = np.arange(100)[100 - int(np.round(k)) :]
            np.testing.assert_allclose(generator(tf.constant(epoch, "int64")), -top.mean(), rtol=1e-6)
        k = max(0.99 * k, 50.0)
