"""Equal runs end equal to the bit, in processes of their own, whatever else the machine does."""

import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

import kgan
from kgan.bits import exact
from tests import PATIENCE

SCRIPT = pathlib.Path(__file__).with_name("bits_script.py")


def start():
    environment = {**os.environ, "PYTHONPATH": str(SCRIPT.parents[1])}
    return subprocess.Popen(
        [sys.executable, str(SCRIPT)], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def finish(process):
    output, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, errors[-3000:]
    return {name: rest for name, *rest in (line.split("\t") for line in output.splitlines() if "\t" in line)}


@pytest.mark.slow
def test_equal_runs_end_equal():
    """Two processes at once, beside what else runs here; `benchmarks/bits.py` has twelve, and idle."""
    processes = [start(), start()]
    try:
        first, second = map(finish, processes)
    finally:
        for process in processes:
            process.kill()  # that goes on although the other has failed
    assert len(first) >= 12
    widest = {name: int(widest) for name, (_, widest) in first.items()}
    assert max(widest.values()) == widest["the found one"] == 2
    assert second == first


def sums(function, *args):
    graph = tf.function(function, autograph=False).get_concrete_function(*args).graph.as_graph_def()
    nodes = [*graph.node, *(node for part in graph.library.function for node in part.node_def)]
    return sorted(node.attr["N"].i for node in nodes if node.op == "AddN")


def used_often(x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.reduce_sum(tf.cond(x[0] > 0, lambda: x * tf.sin(x) * tf.exp(x) * tf.cos(x), lambda: x))
        y += tf.reduce_sum(x * tf.sin(x) * tf.exp(x) * tf.cos(x))
    return tf.add_n([tape.gradient(y, x), x, x])


def test_sums_are_of_two_while_it_lasts_and_as_before_afterwards():
    """Of a tape, of the gradient of a branch, and `tf.add_n` itself; with the same result."""
    x = tf.constant([0.3, -2.0])
    before, add_n = sums(used_often, x), tf.add_n([x, x, 2 * x])
    assert max(before) > 3
    for _ in range(2):
        with exact():
            within = sums(used_often, x)
            tf.debugging.assert_near(tf.add_n([x, x, 2 * x]), add_n)
            tf.debugging.assert_near(tf.function(used_often, autograph=False)(x), used_often(x))
    assert max(within) == 2
    assert sums(used_often, x) == before


def off():
    """Whether the rewriter is."""
    return tf.config.optimizer.get_experimental_options()["disable_meta_optimizer"]


def test_the_rewriter_is_off_while_it_lasts_and_as_before_afterwards():
    @exact()
    def fails():
        assert off()
        raise ValueError("to be passed on")

    assert not off()
    for _ in range(2):  # a decorator can be used again
        with pytest.raises(ValueError, match="to be passed on"):
            fails()
        assert not off()
    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
    try:
        with exact(), exact():
            assert off()
        assert off()  # where the user has it off, it stays off
    finally:
        tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": False})


def test_rounds_and_evaluations_run_within_it():
    seen = []

    class Looking(kgan.GAN):
        def train_step(self, batches):
            seen.append(off())
            return super().train_step(batches)

        def test_step(self, batch, number=0):
            seen.append(off())
            return super().test_step(batch, number)

    gan = Looking(kgan.networks.mlp_generator((2,), 2, 4, 1), kgan.networks.mlp_discriminator((2,), 4, 1), 2)
    gan.compile(run_eagerly=True)
    points = np.zeros((4, 2), "float32")
    for run in (lambda x: gan.fit(x, batch_size=4, verbose=0), gan.evaluate, gan.train_on_batch, gan.test_on_batch):
        seen.clear()
        run(points)
        assert seen == [True] and not off()
