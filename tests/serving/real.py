"""A real `tensorflow_model_server`, where KGAN_SERVER names its binary, in the double's place."""

import socket
import subprocess
import time

import pytest

from kgan.checks import InputError
from kgan.serving import Client


class Real:
    def __init__(self, binary, folder, models, labels):
        config = "".join(
            f'config {{ name: "{name}" base_path: "{folder / name}" model_platform: "tensorflow" '
            f"model_version_policy {{ all {{}} }} "
            + "".join(f'version_labels {{ key: "{k}" value: {v} }} ' for k, v in labels.get(name, {}).items())
            + "}\n"
            for name in models
        )
        (folder / "models.config").write_text(f"model_config_list {{\n{config}}}\n")
        ports = [_free(), _free()]
        self.grpc, self.rest = f"127.0.0.1:{ports[0]}", f"http://127.0.0.1:{ports[1]}"
        self.models = models
        self.command = [
            *(binary, f"--port={ports[0]}", f"--rest_api_port={ports[1]}"),
            *(f"--model_config_file={folder}/models.config", "--allow_version_labels_for_unavailable_models=true"),
        ]

    def __enter__(self):
        self.running = subprocess.Popen(self.command)
        end = time.monotonic() + 120
        while not all(map(self.ready, self.models)):
            assert self.running.poll() is None and time.monotonic() < end, "the server does not start"
            time.sleep(0.5)
        return self

    def __exit__(self, *_):
        self.running.terminate()
        self.running.wait(30)

    def ready(self, name):
        with Client(f"{self.grpc}/{name}", retries=0) as client:
            try:
                return all(version["state"] == "AVAILABLE" for version in client.status())
            except InputError:
                return False

    @property
    def faults(self):
        pytest.skip("only the double has faults")

    answered = rows = faults


def _free():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]
