"""A reader that polls the model's folder, as a server does, while it is written; and writers that are killed."""

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import tensorflow as tf

import kgan
from kgan.export import card, saved_model, versions
from kgan.sampling import Sampler
from tests import PATIENCE

# As the server: every number is a version, and is loaded when it is seen first, by the same C++.
READER = """
import json, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
import native
from loader import Loaded
folder, loaded = Path(sys.argv[1]), []
(folder / "reading").touch()
while len(loaded) < int(sys.argv[3]):
    for entry in folder.iterdir():
        if entry.name.isdecimal() and entry.name not in loaded:
            native.load(entry)
            assert (entry / "assets.extra/model_card.json").is_file(), entry
            if int(entry.name) % 25 == 1:  # and a few are asked
                assert Loaded(entry).run("generate", {"seeds": [1], "truncation": [1.0]})["images"].shape == (1, 2)
            loaded.append(entry.name)
(folder / "loaded.json").write_text(json.dumps(loaded))
"""

WRITER = """
import os, sys, keras, kgan
from kgan.export import save_generator
from kgan.sampling import Sampler
sampler = Sampler.of(kgan.networks.mlp_generator((2,), latent_dim=3, width=4, depth=1), 3, sample_shape=(2,))
print("ready", flush=True)
for number in range(int(sys.argv[2])):
    save_generator(sampler, sys.argv[1])
    print(number, flush=True)
"""


@pytest.mark.slow
def test_a_polling_reader_never_meets_a_broken_version(tmp_path, monkeypatch):
    place = Path(__file__).parent
    reader = subprocess.Popen([sys.executable, "-c", READER, tmp_path, place, "100"], stderr=subprocess.PIPE)
    sampler = Sampler.of(kgan.networks.mlp_generator((2,), latent_dim=3, width=4, depth=1), 3, sample_shape=(2,))
    while not (tmp_path / "reading").exists():
        assert reader.poll() is None, reader.stderr.read()
        time.sleep(0.05)
    # Traced and saved once; each is written aside, completed and renamed.
    served = saved_model.Served(sampler, lambda served: json.dumps(card.card(served, "float32")))
    tf.saved_model.save(served, str(tmp_path / "first"), served.endpoints)
    monkeypatch.setattr(saved_model, "Served", lambda *_: served)
    monkeypatch.setattr(tf.saved_model, "save", lambda _, folder, __: shutil.copytree(tmp_path / "first", folder))
    for _ in range(100):
        kgan.export.save_generator(sampler, tmp_path)
    _, err = reader.communicate(timeout=PATIENCE)
    assert reader.returncode == 0, err.decode()
    assert (
        sorted(map(int, json.loads((tmp_path / "loaded.json").read_text())))
        == versions(tmp_path)
        == list(range(1, 101))
    )


@pytest.mark.slow
def test_a_kill_in_the_middle_leaves_nothing_to_load_and_the_next_export_tidies(tmp_path):
    writer = subprocess.Popen([sys.executable, "-c", WRITER, tmp_path, "1000"], stdout=subprocess.PIPE)
    assert writer.stdout.readline() == b"ready\n"
    writer.stdout.readline()
    while not list(tmp_path.glob(".writing-*/version/saved_model.pb")):  # the next one is half there
        assert writer.poll() is None
    writer.send_signal(signal.SIGSTOP)
    (half,) = tmp_path.glob(".writing-*")
    whole = versions(tmp_path)
    network = kgan.networks.mlp_generator((2,), latent_dim=3, width=4, depth=1)
    again = kgan.export.save_generator(network, tmp_path)
    assert int(again.name) == whole[-1] + 1 and half.exists()  # slow, not dead
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    assert half.exists()  # no server looks at it
    for version in versions(tmp_path):
        assert kgan.export.load_generator(tmp_path / str(version)).sample(1).shape == (1, 2)
    assert kgan.export.save_generator(network, tmp_path).name == str(whole[-1] + 2)
    assert not list(tmp_path.glob(".*"))
