"""A double of TensorFlow Serving: the official messages, gRPC and REST, on models that the C++ loader runs.

    with Double({"digits": {1: Loaded(folder)}}, labels={"digits": {"stable": 1}}) as double:
        Client(double.grpc + "/digits"), Client(double.rest + "/digits")
        double.faults += ["unavailable", "slow"]  # of the next requests, one each

As the server it takes one row a sample or scalars, names of models, versions and labels, and says what is wrong in the
server's codes. With `batching` it refuses scalars and unequal rows, as a server with --enable_batching does.
"""

import base64
import concurrent.futures
import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import grpc
import numpy as np
import tensorflow as tf
from google.protobuf import json_format
from tensorflow_serving.apis import get_model_metadata_pb2, get_model_status_pb2, model_service_pb2_grpc, predict_pb2
from tensorflow_serving.apis import prediction_service_pb2_grpc as prediction

CODES = {"INVALID_ARGUMENT": 400, "NOT_FOUND": 404, "RESOURCE_EXHAUSTED": 413, "INTERNAL": 500, "UNAVAILABLE": 503}
CODES |= {"DEADLINE_EXCEEDED": 504}
SLOW = 3.0  # seconds


class Refused(Exception):
    def __init__(self, code, message):
        super().__init__(message)
        self.code, self.message = code, message


class Double:
    def __init__(self, models, labels=None, batching=False, workers=16):
        self.models, self.labels, self.batching = models, labels or {}, batching
        self.faults, self.answered, self.lock = [], 0, threading.Lock()
        self.rows = []  # of each request that was answered
        unlimited = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)]
        self.server = grpc.server(concurrent.futures.ThreadPoolExecutor(workers), options=unlimited)
        prediction.add_PredictionServiceServicer_to_server(_Predictions(self), self.server)
        model_service_pb2_grpc.add_ModelServiceServicer_to_server(_Models(self), self.server)
        self.grpc = f"127.0.0.1:{self.server.add_insecure_port('127.0.0.1:0')}"
        self.http = _Http(("127.0.0.1", 0), _Handler)
        self.http.double = self
        self.rest = f"http://127.0.0.1:{self.http.server_port}"

    def __enter__(self):
        self.server.start()
        threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.stop(0)
        self.http.shutdown()
        self.http.server_close()

    def fault(self):
        with self.lock:
            return self.faults.pop(0) if self.faults else None

    def version(self, name, version=None, label=None):
        if name not in self.models:
            raise Refused("NOT_FOUND", f"Servable not found for request: Latest({name})")
        if label is not None and label not in self.labels.get(name, {}):
            raise Refused("INVALID_ARGUMENT", f"Unrecognized servable version label: {label}")
        number = self.labels[name][label] if label is not None else version or max(self.models[name])
        if number not in self.models[name]:
            raise Refused("NOT_FOUND", f"Servable not found for request: Specific({name}, {number})")
        return number

    def predict(self, name, number, signature, inputs):
        loaded = self.models[name][number]
        if signature not in loaded.signatures:
            raise Refused("INVALID_ARGUMENT", f'Serving signature key "{signature}" not found.')
        if self.batching and min((np.ndim(value) for value in inputs.values()), default=1) == 0:
            raise Refused("INVALID_ARGUMENT", "Batching session Run() input tensors must have at least one dimension")
        if self.batching and len({len(value) for value in inputs.values()}) > 1:
            raise Refused("INVALID_ARGUMENT", "Batching session Run() input tensors must have equal 0th-dimension size")
        try:
            outputs = loaded.run(signature, inputs)
        except (tf.errors.OpError, ValueError) as error:
            raise Refused("INVALID_ARGUMENT", getattr(error, "message", str(error))) from error
        with self.lock:
            self.answered += 1
            self.rows.append(len(next(iter(outputs.values()))))
        return outputs

    def statuses(self, name, number=None):
        if name not in self.models:
            raise Refused("NOT_FOUND", f"Could not find any versions of model {name}")
        return [one for one in sorted(self.models[name], reverse=True) if number in (None, one)]

    def signatures(self, name, number):
        return {key: s for key, s in self.models[name][number].signatures.items()}


def _spec(spec):
    version = spec.version.value if spec.WhichOneof("version_choice") == "version" else None
    label = spec.version_label if spec.WhichOneof("version_choice") == "version_label" else None
    return spec.name, version, label


class _Service:
    def __init__(self, double):
        self.double = double

    def guarded(self, context, answer):
        try:
            fault = self.double.fault()
            if fault == "slow":  # whoever asked has gone; nothing is worked out for a later test to count
                time.sleep(SLOW)
                raise Refused("DEADLINE_EXCEEDED", "too slow")
            if fault == "unavailable":
                context.abort(grpc.StatusCode.UNAVAILABLE, "the model is being loaded")
            if fault == "internal":
                context.abort(grpc.StatusCode.INTERNAL, "a fault of the server's own")
            if fault == "too large":
                context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "Received message larger than max")
            if fault == "half-closed":  # the connection ends when the work is done
                answer()
                context.abort(grpc.StatusCode.UNAVAILABLE, "Socket closed")
            return answer()
        except Refused as error:
            context.abort(grpc.StatusCode[error.code], error.message)


class _Predictions(_Service, prediction.PredictionServiceServicer):
    def Predict(self, request, context):
        def answer():
            name, version, label = _spec(request.model_spec)
            number = self.double.version(name, version, label)
            inputs = {key: tf.make_ndarray(value) for key, value in request.inputs.items()}
            signature = request.model_spec.signature_name or "serving_default"
            outputs = self.double.predict(name, number, signature, inputs)
            response = predict_pb2.PredictResponse()
            response.model_spec.name, response.model_spec.version.value = name, number
            for key, value in outputs.items():
                if not request.output_filter or key in request.output_filter:
                    response.outputs[key].CopyFrom(tf.make_tensor_proto(value))
            return response

        return self.guarded(context, answer)

    def GetModelMetadata(self, request, context):
        def answer():
            name, version, label = _spec(request.model_spec)
            number = self.double.version(name, version, label)
            response = get_model_metadata_pb2.GetModelMetadataResponse()
            table = get_model_metadata_pb2.SignatureDefMap()
            for key, signature in self.double.signatures(name, number).items():
                table.signature_def[key].CopyFrom(signature)
            response.metadata["signature_def"].Pack(table)
            return response

        return self.guarded(context, answer)


class _Models(_Service, model_service_pb2_grpc.ModelServiceServicer):
    def GetModelStatus(self, request, context):
        def answer():
            name, version, _ = _spec(request.model_spec)
            response = get_model_status_pb2.GetModelStatusResponse()
            for number in self.double.statuses(name, version):
                state = get_model_status_pb2.ModelVersionStatus.AVAILABLE
                response.model_version_status.add(version=number, state=state)
            return response

        return self.guarded(context, answer)


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256


class _Handler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        self.serve(None)

    def do_POST(self):
        self.serve(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def serve(self, body):
        double = self.server.double
        try:
            fault = double.fault()
            if fault == "slow":
                time.sleep(SLOW)
                raise Refused("DEADLINE_EXCEEDED", "too slow")
            if fault in ("unavailable", "internal", "too large"):
                code = {"too large": "RESOURCE_EXHAUSTED"}.get(fault, fault.upper())
                raise Refused(code, f"a fault: {fault}")
            text = json.dumps(self.answer(double, body), allow_nan=False).encode()
            status = 200
        except Refused as error:
            fault, status, text = None, CODES[error.code], json.dumps({"error": error.message}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        if fault == "half-closed":
            self.wfile.write(text[: len(text) // 2])
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)
        else:
            self.wfile.write(text)

    def answer(self, double, body):
        path, _, verb = self.path.partition(":")
        _, _, _, name, *more = path.split("/")
        kind = more[0] if more else None
        version = int(more[1]) if kind == "versions" else None
        label = more[1] if kind == "labels" else None
        if verb == "predict":
            number = double.version(name, version, label)
            columns = body["inputs"] if "inputs" in body else _columns(body["instances"])
            signature = body.get("signature_name", "serving_default")
            only = next(iter(double.models[name][number].signatures.get(signature, _NONE).inputs), None)
            columns = columns if isinstance(columns, dict) else {only: columns}
            outputs = double.predict(
                name, number, signature, {key: np.asarray(value) for key, value in columns.items()}
            )
            values = {key: _plain(key, value) for key, value in outputs.items()}
            if "instances" in body:
                rows = [dict(zip(values, row, strict=True)) for row in zip(*values.values(), strict=True)]
                return {"predictions": [next(iter(row.values())) for row in rows] if len(values) == 1 else rows}
            return {"outputs": next(iter(values.values())) if len(values) == 1 else values}
        if more and more[-1] == "metadata":
            number = double.version(name, version, label)
            table = get_model_metadata_pb2.SignatureDefMap()
            for key, signature in double.signatures(name, number).items():
                table.signature_def[key].CopyFrom(signature)
            shown = json_format.MessageToDict(table, preserving_proto_field_name=True)
            return {"model_spec": {"name": name, "version": str(number)}, "metadata": {"signature_def": shown}}
        fine = {"error_code": "OK", "error_message": ""}
        return {
            "model_version_status": [
                {"version": str(number), "state": "AVAILABLE", "status": fine}
                for number in double.statuses(name, version)
            ]
        }


class _NONE:
    inputs = ()


def _columns(rows):
    if not isinstance(rows[0], dict):
        return rows
    return {key: [row[key] for row in rows] for key in rows[0]}


def _plain(key, value):
    if value.dtype != object:
        return value.tolist()
    if key.endswith("_bytes"):
        return [{"b64": base64.b64encode(one).decode()} for one in value]
    return [one.decode() for one in value]
