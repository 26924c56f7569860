"""The client against a double of the server: both protocols, what is split, tried again, refused."""

import asyncio
import base64
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from tests import PATIENCE

pytest.importorskip("tensorflow_serving")

from kgan import pictures
from kgan.checks import InputError
from kgan.commands import main
from kgan.export import load_generator, save_generator, versions
from kgan.serving import AsyncClient, Client, ServerError
from kgan.serving.address import Address, parse
from tests.models.games import images
from tests.serving import exports
from tests.serving.double import SLOW, Double
from tests.serving.loader import Loaded
from tests.serving.real import Real

DIGITS = Path(__file__).parents[2] / "saved_models/digits/1"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def samplers(folder):
    made = exports.export(folder, kept=("dcgan", "conditional", "cyclegan"))
    save_generator(made["dcgan"], folder / "dcgan", weights="float16")  # version 2, which is another
    return made


@pytest.fixture(scope="module")
def double(folder, samplers):
    """The double; or a real server, where KGAN_SERVER names its binary."""
    shutil.copytree(DIGITS, folder / "old" / "1")
    found = {name: versions(folder / name) for name in (*samplers, "old")}
    labels = {"dcgan": {"stable": 1, "canary": 2}}
    if "KGAN_SERVER" in os.environ:
        running = Real(os.environ["KGAN_SERVER"], folder, list(found), labels)
    else:
        running = Double({m: {v: Loaded(folder / m / str(v)) for v in numbers} for m, numbers in found.items()}, labels)
    with running:
        yield running


@pytest.fixture(params=["grpc", "rest"])
def client(request, double):
    made = []

    def make(place, **settings):
        made.append(Client(f"{getattr(double, request.param)}/{place}", **settings))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_samples_are_those_of_the_game(client, samplers):
    close = lambda a, b: np.testing.assert_allclose(a, b, atol=1e-6)  # noqa: E731
    plain = client("dcgan/1")
    close(plain.sample(5, seed=3), samplers["dcgan"].sample(5, seed=3))
    close(plain.sample(5, seed=3, truncation=0.5), samplers["dcgan"].sample(5, seed=3, truncation=0.5))
    way = plain.interpolate([1, 1], [2, 2], [0.0, 1.0])
    close(way, samplers["dcgan"].of_seeds([1, 2]))
    labelled = client("conditional")
    close(labelled.sample(4, labels=[0, 2]), samplers["conditional"].sample(4, labels=[0, 2]))
    close(labelled.sample(4, seed=1), samplers["conditional"].sample(4, seed=1))  # labels too are drawn alike
    close(client("cyclegan").translate(images(2, 3)), samplers["cyclegan"].sample(3, images=images(2, 3)))


def test_what_exceeds_a_message_is_sent_in_parts(client, double, samplers):
    double.rows.clear()
    small = client("dcgan/1", message_limit=8192)  # of 256 bytes a picture
    np.testing.assert_allclose(small.sample(60, seed=1), samplers["dcgan"].sample(60, seed=1), atol=1e-6)
    assert double.rows == [1, 28, 28, 4]  # the card, and parts


def test_the_deadline_is_kept(client, double):
    one = client("dcgan/1", timeout=1.0)  # a third of the time that a slow answer takes
    one.sample(1)
    double.faults.append("slow")
    start = time.monotonic()
    with pytest.raises(ServerError) as error:
        one.sample(1)
    assert error.value.code == "DEADLINE_EXCEEDED" and time.monotonic() - start < SLOW


def test_one_asks_again_while_the_server_is_unavailable_and_for_nothing_else(client, double, samplers):
    one = client("dcgan/1")
    one.sample(1)
    double.faults += ["unavailable", "half-closed", "unavailable"]
    np.testing.assert_allclose(one.sample(2, seed=4), samplers["dcgan"].sample(2, seed=4), atol=1e-6)
    for fault, code in (("internal", "INTERNAL|HTTP 500"), ("too large", "RESOURCE_EXHAUSTED")):
        double.faults += [fault]
        with pytest.raises(ServerError, match=f"server: .*dcgan/1: ({code}): "):
            one.sample(1)
        assert not double.faults
    double.faults += ["unavailable"] * 2
    with pytest.raises(ServerError, match="UNAVAILABLE"):
        client("dcgan/1", retries=1).sample(1)


def test_models_versions_and_labels(client, samplers):
    sample = lambda place: client(place).sample(2)  # noqa: E731
    stable, newest = sample("dcgan/1"), sample("dcgan")
    assert np.abs(stable - newest).max() > 1e-4  # of half weights
    np.testing.assert_array_equal(sample("dcgan/2"), newest)
    np.testing.assert_array_equal(sample("dcgan/canary"), newest)
    np.testing.assert_array_equal(sample("dcgan/stable"), stable)
    for place, words in (("dcgan/7", "NOT_FOUND"), ("dcgan/beta", "INVALID_ARGUMENT.*label: beta"), ("x", "NOT_FOUND")):
        with pytest.raises(ServerError, match=words):
            sample(place)


def test_status_metadata_and_card(client):
    one = client("dcgan")
    assert [(v["version"], v["state"]) for v in one.status()] == [(2, "AVAILABLE"), (1, "AVAILABLE")]
    table = client("conditional").metadata()
    assert table["generate"] == client("conditional").card()["signatures"]["generate"]
    assert table["serving_default"]["inputs"] == {"latents": "float32 (n, 4)", "labels": "int32 (n,)"}
    assert one.card()["weights"] == "float16"


def test_bad_requests(client, double):
    one = client("conditional")
    one.sample(1)
    asked = double.answered
    for ask, words in (
        (lambda: one.sample(1, labels=3), r"labels: wanted labels in \[0, 3\), got 3"),
        (lambda: one.sample(0), "num: wanted a whole number"),
        (lambda: one.sample(1, truncation=1.5), r"truncation: wanted a number in \[0, 1\], got 1.5"),
        (lambda: one.translate(images()), "images"),
        (lambda: one.interpolate([1], [2], [1.5]), "position: wanted"),
    ):
        with pytest.raises(InputError, match=words) as error:
            ask()
        assert not isinstance(error.value, ServerError)
    assert double.answered == asked  # nothing was sent
    with pytest.raises(ServerError, match=r"INVALID_ARGUMENT: .*labels: wanted whole numbers in \[0, 3\), got\] \[9\]"):
        one._predict("serving_default", {"latents": np.zeros((1, 4), "float32"), "labels": np.array([9])}, "images")
    assert one.sample(1).shape == (1, 8, 8, 1)


def test_a_generator_that_cannot_describe_itself(client):
    ours = client("old").sample(3, seed=1, truncation=0.7)
    np.testing.assert_allclose(ours, load_generator(DIGITS).sample(3, seed=1, truncation=0.7), atol=1e-6)


def test_a_thousand_at_once_with_faults(double, samplers):
    double.faults += ["unavailable", None, "half-closed", None, None, None, None, None, None, None] * 100
    expected, before = samplers["dcgan"].of_seeds(range(50)), double.answered

    async def ask():
        client = AsyncClient(f"{double.grpc}/dcgan/1", timeout=PATIENCE, retries=10)
        try:
            return await asyncio.gather(*(client.sample(1, seed=number % 50) for number in range(1000)))
        finally:
            client.close()

    answers = asyncio.run(ask())
    # One answer each, and one for the card; what was cut off was worked on twice, what was refused once.
    assert len(answers) == 1000 and not double.faults and double.answered - before == 1001 + 100
    for number, answer in enumerate(answers):
        np.testing.assert_allclose(answer[0], expected[number % 50], atol=1e-6)


def test_what_a_batching_server_takes(folder, samplers):
    with Double({"conditional": {1: Loaded(folder / "conditional" / "1")}}, batching=True) as batching:
        with Client(f"{batching.grpc}/conditional") as one:
            assert one.sample(3).shape == (3, 8, 8, 1)
            assert one.interpolate([1], [2], [0.5]).shape == (1, 8, 8, 1)
            with pytest.raises(ServerError, match="at least one dimension"):
                one._predict("sample", {"num": np.int32(1), "seed": np.int32(0)}, "images")
        body = {"signature_name": "generate_png", "instances": [{"seeds": 3, "labels": 1, "truncation": 1.0}]}
        url = f"{batching.rest}/v1/models/conditional:predict"  # as by curl
        with urllib.request.urlopen(url, json.dumps(body).encode()) as response:
            png = base64.b64decode(json.load(response)["predictions"][0]["b64"])
    pixels = np.rint((samplers["conditional"].of_seeds([3], labels=1)[0] + 1) * 127.5)
    assert np.abs(tf.io.decode_png(png).numpy() - pixels).max() <= 1


def test_sample_at_the_command_line(double, folder, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["sample", f"--server={double.grpc}/conditional", "--num=9", "--labels=all", "--out=a.png"]) == 0
    assert capsys.readouterr().out == f"9 samples of grpc://{double.grpc}/conditional: a.png\n"
    assert main(["sample", f"--saved_model={folder}/conditional", "--num=9", "--labels=all", "--out=b.png"]) == 0
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    capsys.readouterr()
    assert main(["sample", "--server=localhost:1/x", "--num=1", "--out=c.png"]) == 2
    assert "kgan sample: server: grpc://localhost:1/x: UNAVAILABLE" in capsys.readouterr().err


def test_an_independent_client(double, samplers, tmp_path):
    """ovmsclient, in a process of its own: it brings messages of the same names."""
    pytest.importorskip("ovmsclient")
    latents = np.random.default_rng(0).normal(size=(3, 5)).astype("float32")
    np.save(tmp_path / "latents.npy", latents)
    script = """
import sys, numpy as np, ovmsclient
latents = np.load("latents.npy")
for make, place in ((ovmsclient.make_grpc_client, sys.argv[1]), (ovmsclient.make_http_client, sys.argv[2])):
    client = make(place)
    states = client.get_model_status("dcgan", 1)  # no version is 0, which is the newest to OpenVINO's server alone
    assert {int(version): one["state"] for version, one in states.items()} == {1: "AVAILABLE"}
    if make is ovmsclient.make_grpc_client:  # over REST it wants the names of OpenVINO's server
        assert client.get_model_metadata("dcgan", 1)["inputs"]["latents"]["shape"] == [-1, 5]
    np.save(make.__name__, client.predict({"latents": latents}, "dcgan", 1))
"""
    places = double.grpc, double.rest.removeprefix("http://")
    subprocess.run([sys.executable, "-c", script, *places], check=True, cwd=tmp_path)
    for name in ("make_grpc_client", "make_http_client"):
        theirs = np.load(tmp_path / f"{name}.npy")
        np.testing.assert_allclose(theirs, samplers["dcgan"](latents=latents), atol=1e-6)


class Polled(dict):
    """The versions of a model, found when they are asked for."""

    def __init__(self, folder):
        super().__init__()
        self.folder = folder

    def __iter__(self):
        for path in self.folder.glob("[0-9]*"):
            if int(path.name) not in self.keys():
                self[int(path.name)] = Loaded(path)
        return iter(self.keys())


@pytest.mark.slow
def test_the_example_from_training_to_a_picture(tmp_path):
    example = Path(__file__).parents[2] / "examples/serve_generator.py"
    assert len(example.read_text().splitlines()) <= 25
    with Double({"digits": Polled(tmp_path / "digits")}) as double:
        arguments = [tmp_path / "digits", f"{double.grpc}/digits", tmp_path / "grid.png"]
        environment = os.environ | {"PYTHONPATH": str(example.parents[1])}
        done = subprocess.run([sys.executable, example, *arguments], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == f"drawn by the server: {tmp_path}/grid.png"
    expected = pictures.grid(load_generator(tmp_path / "digits").sample(64, seed=1, truncation=0.8))
    assert np.abs(tf.io.decode_png((tmp_path / "grid.png").read_bytes()).numpy() - expected.astype(int)).max() <= 1


def test_addresses():
    assert parse("localhost:8500") == Address("grpc", "localhost:8500")
    assert parse("grpcs://10.0.0.1:443/digits/3") == Address("grpcs", "10.0.0.1:443", "digits", 3)
    assert parse("https://[::1]:8501/digits/canary/") == Address("https", "[::1]:8501", "digits", None, "canary")
    assert str(parse("http://a:1/m/stable")) == "http://a:1/m/stable"
    for wrong in ("", "localhost", "ftp://a:1", "a:99999", "a:1/m/1/2", "a b:1", None):
        with pytest.raises(InputError, match="server: wanted HOST:PORT"):
            parse(wrong)
