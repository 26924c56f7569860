"""Every penalty on one replica and on two, with the same weights and the same global batch.

Run by test_replicas.py in a process of its own. Prints, for each term, the largest difference in its value, its
gradients and its state, relative to the largest of them.
"""

import dataclasses
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import numpy as np
import tensorflow as tf

cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)

from tests.penalties import cases  # noqa: E402


def played():
    """A play for each penalty: one for all those that are content with logits."""
    plays = {name: cases.play(training=True, name=name) for name in ("", *cases.OWN_JUDGE)}
    return {name: plays.get(name.partition("(")[0], plays[""]) for name in cases.PENALTIES}


def evaluate(plays, penalties):
    """The value, gradients (summed over replicas, of the loss over their number) and state of each term."""
    replicas, results = tf.distribute.get_strategy().num_replicas_in_sync, {}
    for name, penalty in penalties.items():
        for player in penalty.players:
            value, gradients = cases.value_and_gradients(penalty, player, plays[name])
            gradients = [g / replicas for g in gradients]
            if replicas > 1:
                context = tf.distribute.get_replica_context()
                value = context.all_reduce("MEAN", value)
                gradients = context.all_reduce("SUM", gradients)
            state = [tf.identity(v.value) for v in getattr(penalty, "variables", ())]
            results[f"{name} {player}"] = [value, *gradients, *state]
    return results


def main():
    one, same = played(), {name: cases.made(name) for name in cases.PENALTIES}
    alone = tf.function(lambda: evaluate(one, same), autograph=False)()

    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    half = cases.BATCH // 2

    def share(x):
        rank = tf.distribute.get_replica_context().replica_id_in_sync_group
        return tf.constant(x.numpy())[rank * half : (rank + 1) * half]

    def part(whole, play):
        names = ("latents", "real", "fake", "given")
        return dataclasses.replace(play, **{name: share(getattr(whole, name)) for name in names})

    with strategy.scope():
        two = played()
        penalties = {name: cases.made(name) for name in cases.PENALTIES}
    for name in cases.PENALTIES:
        for network in ("discriminator", "generator"):
            getattr(two[name], network).set_weights(getattr(one[name], network).get_weights())

    @tf.function(autograph=False)
    def shared():
        def replica():
            return evaluate({name: part(one[name], two[name]) for name in cases.PENALTIES}, penalties)

        return strategy.run(replica)

    together = shared()
    for name, values in alone.items():
        pairs = zip(values, together[name], strict=True)
        worst = max(np.abs(a - local).max() for a, b in pairs for local in strategy.experimental_local_results(b))
        largest = max(np.abs(a).max() for a in values)
        assert largest > 0.0, f"{name}: nothing to compare"  # these weights give every term something to say
        print(f"{name}\t{worst / largest:.2e}")


if __name__ == "__main__":
    main()
