"""The deployment files, parsed back by the official messages and by what reads YAML."""

import shutil
from pathlib import Path

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format, wrappers_pb2

from kgan.checks import InputError
from kgan.serving import deploy
from tests import PATIENCE


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    base = tmp_path_factory.mktemp("deployed")
    written = deploy.write(base / "deploy", base / "saved_models" / "my_digits", [2, 5, 4])
    assert {path.name for path in written} == {
        "models.config", "batching.config", "monitoring.config", "compose.yaml", "kubernetes.yaml", "kserve.yaml"
    }  # fmt: skip
    return base / "deploy"


def test_models_and_labels(folder):
    pb2 = pytest.importorskip("tensorflow_serving.config.model_server_config_pb2")
    config = text_format.Parse((folder / "models.config").read_text(), pb2.ModelServerConfig())
    first, second = config.model_config_list.config
    assert (first.name, first.base_path, first.model_platform) == ("my_digits", "/models/my_digits", "tensorflow")
    assert dict(first.version_labels) == {"stable": 4, "canary": 5}
    assert list(first.model_version_policy.specific.versions) == [4, 5]  # a label wants its version loaded
    assert second.name == "my_digits-canary" and second.model_version_policy.latest.num_versions == 1


def test_one_version_bears_both_labels(tmp_path):
    pb2 = pytest.importorskip("tensorflow_serving.config.model_server_config_pb2")
    deploy.write(tmp_path, "m", [3])
    first = text_format.Parse(
        (tmp_path / "models.config").read_text(), pb2.ModelServerConfig()
    ).model_config_list.config[0]
    assert dict(first.version_labels) == {"stable": 3, "canary": 3}
    assert list(first.model_version_policy.specific.versions) == [3]


def test_monitoring(folder):
    pb2 = pytest.importorskip("tensorflow_serving.config.monitoring_config_pb2")
    config = text_format.Parse((folder / "monitoring.config").read_text(), pb2.MonitoringConfig())
    assert config.prometheus_config.enable and config.prometheus_config.path == "/monitoring/prometheus/metrics"


def test_batching(folder):
    """By session_bundle_config.proto's names: neither package has that file."""
    field = descriptor_pb2.FieldDescriptorProto
    kinds = {"max_batch_size": "Int64Value", "batch_timeout_micros": "Int64Value", "max_enqueued_batches": "Int64Value"}
    kinds["num_batch_threads"] = "Int64Value"
    file = descriptor_pb2.FileDescriptorProto(
        name="b.proto", syntax="proto3", dependency=[wrappers_pb2.DESCRIPTOR.name]
    )
    message = file.message_type.add(name="BatchingParameters")
    for number, (name, kind) in enumerate(kinds.items(), 1):
        place = {"label": field.LABEL_OPTIONAL, "type": field.TYPE_MESSAGE, "type_name": f".google.protobuf.{kind}"}
        message.field.add(name=name, number=number, **place)
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(wrappers_pb2.DESCRIPTOR.serialized_pb)
    pool.Add(file)
    parameters = message_factory.GetMessageClass(pool.FindMessageTypeByName("BatchingParameters"))()
    text_format.Parse((folder / "batching.config").read_text(), parameters)
    assert parameters.max_batch_size.value == 256 and parameters.num_batch_threads.value == 2


def test_compose_and_kubernetes_and_kserve(folder):
    yaml = pytest.importorskip("yaml")
    service = yaml.safe_load((folder / "compose.yaml").read_text())["services"]["my-digits"]
    assert "../saved_models/my_digits:/models/my_digits:ro" in service["volumes"]
    deployment, network = yaml.safe_load_all((folder / "kubernetes.yaml").read_text())
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    named = {Path(arg.partition("=")[2]).name for arg in service["command"] + container["args"] if "/config/" in arg}
    assert named == {"models.config", "batching.config", "monitoring.config"}
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert [port["targetPort"] for port in network["spec"]["ports"]] == list(ports)
    assert network["spec"]["selector"] == deployment["spec"]["template"]["metadata"]["labels"]
    volumes = {volume["name"] for volume in deployment["spec"]["template"]["spec"]["volumes"]}
    assert {mount["name"] for mount in container["volumeMounts"]} == volumes
    serve = yaml.safe_load((folder / "kserve.yaml").read_text())
    assert serve["apiVersion"] == "serving.kserve.io/v1beta1" and serve["kind"] == "InferenceService"
    assert serve["spec"]["predictor"]["model"]["modelFormat"] == {"name": "tensorflow"}


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
@pytest.mark.parametrize("state, ready", [("AVAILABLE", True), ("LOADING", False)])
def test_the_probe_reads_the_state(folder, state, ready):
    """The probe's own command, against a server that answers 200 whatever the state (tensorflow/serving #1754)."""
    import http.server
    import subprocess
    import threading

    yaml = pytest.importorskip("yaml")
    deployment, _ = yaml.safe_load_all((folder / "kubernetes.yaml").read_text())
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    command = container["readinessProbe"]["exec"]["command"]
    compose = yaml.safe_load((folder / "compose.yaml").read_text())["services"]["my-digits"]["healthcheck"]["test"]
    assert compose == ["CMD", *command] and container["startupProbe"]["exec"]["command"] == command

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"model_version_status": [{"version": "5", "state": "%s"}]}' % state.encode())

        def log_message(self, *_):
            pass

    asked = []
    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        there = [part.replace("127.0.0.1/8501", f"127.0.0.1/{server.server_port}") for part in command]
        assert (subprocess.run(there, timeout=PATIENCE).returncode == 0) is ready
        assert asked == ["/v1/models/my_digits"]
    finally:
        server.shutdown()
        server.server_close()


def test_what_cannot_be_deployed(tmp_path):
    for model, versions, words in (
        ("m", [], "holds no version"),
        ("a b", [1], "wanted a name"),
        ("x" * 50, [1], "name"),
    ):
        with pytest.raises(InputError, match=words):
            deploy.write(tmp_path / "d", tmp_path / model, versions)
    assert not (tmp_path / "d").exists()
