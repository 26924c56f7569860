"""A few rounds of every preset: python bits_script.py. Run by test_bits.py in processes of its own.

Prints a line a run: its name; a hash of all its state, history and held-out losses; the largest number of tensors that
any AddN of its traced round adds.
"""

import hashlib
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import keras
import numpy as np

from kgan.commands.run import build
from kgan.models.presets import PRESETS

# The run with which it was found that equal runs do not end equal, and one of each kind of step that sums a lot.
RUNS = {
    "the found one": {
        "preset": "wgan_gp", "dataset": "ring", "width": 16, "batch_size": 32, "n_critic": 5,
        "update": "lookahead(alternating, k=5)", "rounds": 120,
    },
    "consensus": {"dataset": "ring", "width": 16, "batch_size": 32, "update": "consensus(weight=1)", "rounds": 40},
    "lazy terms": {
        "dataset": "digits", "resolution": 8, "network": "dcgan", "width": 4, "steps_per_execution": 2, "rounds": 8,
        "penalties": ["r1(gamma=1, interval=2)", "path_length(interval=3)"], "augment": "color,translation,cutout",
    },
    "train_on_batch": {"dataset": "ring", "width": 16, "batch_size": 32, "rounds": 0},
}  # fmt: skip
# Not those that want folders of pictures, and of those with several encounters the one with the most.
for preset in sorted(set(PRESETS) - {"cyclegan", "pix2pix", "multi_discriminator", "d2gan", "packed", "chekhov"}):
    data = {"dataset": "ring", "width": 16}
    if preset in ("sngan", "sagan", "r3gan"):  # which have networks of their own
        data = {"dataset": "digits", "resolution": 8, "network": preset, "width": 4}
    if preset in ("progressive", "stylegan2_ada"):  # which have no others
        data = {"dataset": "digits", "resolution": 8, "width": 4}
    RUNS[preset] = {"preset": preset, "n_critic": 1, "rounds": 6, **data}


def play(preset="gan", rounds=0, batch_size=8, **settings):
    """(hash, largest AddN) of a run of so many rounds; of three by `train_on_batch` if there are none."""
    keras.utils.clear_session()
    data, gan = build(preset=preset, batch_size=batch_size, seed=0, **settings)
    if rounds:
        numbers = list(gan.fit(data, steps_per_epoch=rounds, verbose=0).history.values())
        held_out = gan.evaluate(data, steps=3)
        numbers += held_out.values()
    else:
        numbers = [value for batch in data.take(3) for value in gan.train_on_batch(batch).values()]
    state = [np.asarray(variable) for variable in gan.state]
    digest = hashlib.sha256(b"".join(np.asarray(value).tobytes() for value in [*numbers, *state])).hexdigest()
    assert all(np.isfinite(value).all() for value in state)
    widest = max(widest_sum(function) for function in gan.graphs.values())
    return digest[:16], widest


def widest_sum(function):
    """The largest number of inputs of an AddN in a traced function, its branches and loops."""
    widest = 0
    for concrete in function._list_all_concrete_functions():
        graph = concrete.graph.as_graph_def()
        nodes = [*graph.node, *(node for part in graph.library.function for node in part.node_def)]
        widest = max([widest, *(node.attr["N"].i for node in nodes if node.op == "AddN")])
    return widest


if __name__ == "__main__":
    for name, settings in RUNS.items():
        print(name, *play(**settings), sep="\t", flush=True)
