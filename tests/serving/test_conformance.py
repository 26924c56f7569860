"""Exported models through the C++ loader, as a server has them, without kgan and Keras; and by OpenVINO."""

import json
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from kgan import priors
from kgan.export import load_generator, save_generator, warmup
from kgan.metrics.path_length import slerp
from tests.serving import exports

SCRIPT = Path(__file__).with_name("alone.py")
LATENTS = np.zeros((2, 5), "float32")
SEEDS = np.array([1, 2])
ONES = np.ones(2, "float32")

# (model, signature, inputs, words of the answer)
ENDS = {"seeds_from": SEEDS, "seeds_to": SEEDS}
PAIR = {"seeds": SEEDS, "truncation": ONES}
BAD = [
    ("dcgan", "serving_default", {"latents": np.zeros((2, 4))}, "latents: wanted rows of the shape (5,), got] [4]"),
    ("dcgan", "serving_default", {"latents": LATENTS + np.nan}, "latents: wanted finite numbers, got] [nan"),
    (
        "dcgan",
        "serving_default",
        {"latents": np.zeros((4097, 5))},
        "wanted at most 4096 rows in a request, got] [4097]",
    ),
    ("dcgan", "generate", {**PAIR, "truncation": ONES[:1]}, "truncation: wanted as many rows as seeds, got] [1]"),
    ("dcgan", "generate", {**PAIR, "truncation": ONES * 2}, "truncation: wanted [0, 1], got] [2 2]"),
    ("dcgan", "interpolate", {**ENDS, "position": ONES * np.nan}, "position: wanted [0, 1], got] [nan"),
    ("dcgan", "sample", {"num": -1, "seed": 0}, "num: wanted a number from 0 to 4096, got] [-1]"),
    ("dcgan", "sample", {"num": 2**31 - 1, "seed": 0}, "num: wanted a number from 0 to 4096, got] [2147483647]"),
    ("conditional", "generate", {**PAIR, "labels": [0, 3]}, "labels: wanted whole numbers in [0, 3), got] [3]"),
    ("conditional", "generate_png", {**PAIR, "labels": [-1, 0]}, "labels: wanted whole numbers in [0, 3), got] [-1]"),
    (
        "ensemble",
        "serving_default",
        {"latents": LATENTS[:, :4], "member": [0, 2]},
        "member: wanted whole numbers in [0, 2), got] [2]",
    ),
    ("cyclegan", "translate", {"images": np.full((1, 8, 8, 1), 255.0)}, "images: wanted [-1, 1], got] [255 255"),
    ("cyclegan", "translate", {"images": np.zeros((1, 8, 8, 3))}, "wanted rows of the shape (8, 8, 1), got] [8 8 3]"),
]


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """(folder, samplers, [(model, signature, live images, answer)], [answers to BAD]), by one other process."""
    folder = tmp_path_factory.mktemp("served")
    samplers = exports.export(folder / "models")
    asked = [(name, *request) for name, sampler in samplers.items() for request in exports.requests(name, sampler)]
    requests = [(name, signature, parts) for name, signature, parts, _ in asked]
    requests += [(name, signature, [inputs]) for name, signature, inputs, _ in BAD]
    requests += requests[:1]  # the model lives on
    (folder / "requests.pkl").write_bytes(pickle.dumps(requests))
    subprocess.run([sys.executable, SCRIPT, folder], check=True, cwd=folder)
    answers = pickle.loads((folder / "answers.pkl").read_bytes())
    live = [(name, signature, images) for name, signature, _, images in asked]
    good = [(*ask, answer) for ask, answer in zip(live, answers, strict=False)]
    return folder, samplers, good, answers[len(live) :]


def decoded(pngs):
    return np.stack([tf.io.decode_png(png).numpy() for png in pngs])


@pytest.mark.slow
def test_signatures_equal_the_live_model_whole_and_batched(served):
    _, samplers, good, _ = served
    for name, signature, live, answer in good:
        assert not isinstance(answer, str), (name, signature, answer)
        if signature == "sample":
            np.testing.assert_allclose(answer["images"], live, atol=1e-6, err_msg=f"{name} {signature}")
            continue
        batched, alone = ([next(iter(part.values())) for part in parts] for parts in answer)
        if signature == "generate_png":
            pixels = np.rint((live + 1) * 127.5)
            batched, alone = ([decoded(part) for part in parts] for parts in (batched, alone))
            assert np.abs(np.concatenate(alone) - pixels).max() <= 1  # a rounding apart
        else:
            np.testing.assert_allclose(np.concatenate(alone), live, atol=1e-6, err_msg=f"{name} {signature}")
        for ours, theirs in zip(batched, alone, strict=True):
            np.testing.assert_allclose(ours, theirs, atol=1e-6, err_msg=f"{name} {signature}")
        assert len({row.tobytes() for row in live}) == len(live), "rows that are alike prove nothing"
    drawn = exports.requests("ensemble", samplers["ensemble"])
    assert {0, 1} == {number for _, parts, _ in drawn for part in parts for number in part.get("member", [])}
    asked = {(name, signature) for name, signature, *_ in good}
    for name in samplers:
        card = json.loads((served[0] / "models" / name / "1/assets.extra/model_card.json").read_text())
        assert {signature for model, signature in asked if model == name} == set(card["signatures"]) - {"describe"}


def test_bad_requests_are_answered_in_words(served):
    *_, good, answers = served
    for (name, signature, _, words), answer in zip(BAD, answers, strict=False):
        assert isinstance(answer, str) and words in answer, (name, signature, answer)
    np.testing.assert_allclose(answers[-1][1][0]["images"], good[0][2][:1], atol=1e-6)


def test_describe_answers_with_the_card_a_row(served):
    folder, *_ = served
    version = folder / "models" / "conditional" / "1"
    loaded = tf.saved_model.load(str(version)).signatures["describe"](rows=tf.constant([0, 0], "int64"))["about"]
    card = json.loads((version / "assets.extra/model_card.json").read_text())
    assert [json.loads(text) for text in loaded.numpy()] == [card, card]
    assert card["signatures"]["generate"] == {
        "inputs": {"labels": "int32 (n,)", "seeds": "int64 (n,)", "truncation": "float32 (n,)"},
        "outputs": {"images": "float32 (n, 8, 8, 1)"},
    }
    assert card["signatures"]["sample"]["inputs"] == {"num": "int32 ()", "seed": "int32 ()"}
    assert card["max_rows"] == 4096 and card["weights"] == "float32"


def test_the_official_messages_read_the_warm_up(served):
    log = pytest.importorskip("tensorflow_serving.apis.prediction_log_pb2")
    for name in served[1]:
        folder = served[0] / "models" / name / "1"
        records = list(tf.data.TFRecordDataset(str(folder / warmup.FILE)).as_numpy_iterator())
        requests = [log.PredictionLog.FromString(record).predict_log.request for record in records]
        ours = warmup.read(folder)
        assert [request.model_spec.signature_name for request in requests] == [name for name, _ in ours]
        for request, (_, inputs) in zip(requests, ours, strict=True):
            theirs = {key: tf.make_ndarray(tensor) for key, tensor in request.inputs.items()}
            assert set(theirs) == set(inputs) and all((theirs[key] == inputs[key]).all() for key in inputs)
        card = json.loads((folder / "assets.extra/model_card.json").read_text())
        assert {name for name, _ in ours} == set(card["signatures"]) - {"sample"}  # whose scalars batching refuses


def test_the_way_between_is_the_great_arc():
    rng = np.random.default_rng(0)
    start, end = rng.normal(size=(2, 4, 6)).astype("float32")
    end[3] = start[3]
    place = np.array([0.0, 0.3, 1.0, 0.5], "float32")
    way = priors.between(
        {"z": priors.Normal(6)}, {"z": tf.constant(start)}, {"z": tf.constant(end)}, tf.constant(place)
    )
    np.testing.assert_allclose(way["z"], slerp(start, end, place[:, None]), atol=1e-5)
    code = {"c": tf.eye(2)}, {"c": tf.eye(2)[::-1]}
    np.testing.assert_allclose(
        priors.between({"c": priors.Categorical(2)}, *code, tf.constant([0.25, 1.0]))["c"], [[0.75, 0.25], [1, 0]]
    )


@pytest.mark.parametrize("weights, error", [("float16", 2e-2), ("bfloat16", 2e-1)])
def test_half_weights(served, tmp_path, weights, error):
    sampler = served[1]["dcgan"]
    folder = save_generator(sampler, tmp_path, weights=weights)
    kinds = tf.train.load_checkpoint(str(folder / "variables/variables")).get_variable_to_dtype_map()
    assert {kind.name for name, kind in kinds.items() if name.startswith("weights")} == {weights}
    ours, theirs = load_generator(folder).sample(5, seed=1), sampler.sample(5, seed=1)
    assert 0 < np.abs(ours - theirs).max() < error


def test_openvino_gives_tensorflows_numbers(served):
    """An independent runtime, on the signature that it takes."""
    core = pytest.importorskip("openvino").Core()
    for name, signature, live, _ in served[2]:
        if signature == "serving_default" and name != "pix2pix":
            parts = next(r for s, r, _ in exports.requests(name, served[1][name]) if s == signature)
            inputs = {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
            # Not `convert_model`, which tries to tell its makers of it over the network, for a minute.
            model = core.read_model(served[0] / "models" / name / "1")
            ours = core.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})(inputs)[0]
            np.testing.assert_allclose(ours, live, atol=1e-4, err_msg=name)
