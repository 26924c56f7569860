"""One worker, with one core: python -m benchmarks.scaling.worker GAME BATCH ROUNDS, or network; prints JSON.

Under TF_CONFIG it is one of several. Times are the shortest: of what a loaded machine adds, the least.
"""

import json
import sys
import time

import keras
import tensorflow as tf

import kgan
from benchmarks.speed.in_keras import Kgan
from benchmarks.speed.settings import SETTINGS


class Clock(keras.callbacks.Callback):
    """Seconds, and seconds of this process's computing, of each round."""

    def __init__(self):
        super().__init__()
        self.wall, self.computing = [], []

    def on_train_batch_begin(self, batch, logs=None):
        self.begun = time.perf_counter(), time.process_time()

    def on_train_batch_end(self, batch, logs=None):
        self.wall.append(time.perf_counter() - self.begun[0])
        self.computing.append(time.process_time() - self.begun[1])


def play(setting, batch, rounds, strategy):
    """Rounds of a game: the shortest, and the bytes of each all-reduce in one."""
    with strategy.scope():
        side, clock = Kgan(setting), Clock()
    data = setting.data()[: 4 * batch]
    side.gan.fit(data, batch_size=batch, steps_per_epoch=rounds + 1, verbose=0, callbacks=[clock])
    traced = side.gan.make_train_function()._list_all_concrete_functions()[0]  # noqa: SLF001
    sizes = {"wall": min(clock.wall[1:]), "computing": min(clock.computing[1:])}
    return sizes | {"median": sorted(clock.wall[1:])[rounds // 2], "messages": messages(traced.graph)}


def messages(graph):
    """Bytes of the all-reduces in a graph and those that it calls."""
    found, graphs = {}, [graph]
    while graphs:
        one = graphs.pop()
        found[id(one)] = one
        known = one._functions.values()  # noqa: SLF001
        called = [function.graph for function in known if getattr(function, "graph", None)]
        graphs += [inner for inner in called if id(inner) not in found]
    reduces = [op for one in found.values() for op in one.get_operations() if op.type.startswith("CollectiveReduce")]
    return [op.outputs[0].shape.num_elements() * op.outputs[0].dtype.size for op in reduces]


def network(strategy):
    """Seconds of all-reduces of one number, and of sixteen MiB."""
    taken = {}
    for size, times in ((1, 60), (1 << 22, 8)):
        reduce = tf.function(
            lambda size=size: strategy.run(
                lambda: tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, tf.ones([size]))
            )
        )
        lasted = []
        for _ in range(times):
            begun = time.perf_counter()
            strategy.experimental_local_results(reduce())[0].numpy()
            lasted.append(time.perf_counter() - begun)
        taken[4 * size] = min(lasted[2:])
    return taken


if __name__ == "__main__":
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    strategy = kgan.distribute.strategy("auto")
    if sys.argv[1] == "network":
        print(json.dumps(network(strategy)))
    else:
        print(json.dumps(play(SETTINGS[sys.argv[1]], int(sys.argv[2]), int(sys.argv[3]), strategy)))
