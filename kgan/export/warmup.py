"""Requests that TensorFlow Serving runs when it loads a model, so that its first caller does not wait for them.

assets.extra/tf_serving_warmup_requests is a TFRecord file of `PredictionLog` messages. A server refuses to load a model
with one bad record (tensorflow/serving #1562), so they are read back and run at export. The few fields that are needed
of the official messages are restated here, with tensors as the bytes that they are on the wire, so that an export wants
no other package; the tests read the file with `tensorflow-serving-api`.
"""

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from tensorflow.core.framework import tensor_pb2

from kgan.checks import InputError
from kgan.export.signatures import arguments

FILE = "assets.extra/tf_serving_warmup_requests"
ROWS = 2  # in each request

# Names and numbers of tensorflow_serving/apis: prediction_log.proto, predict.proto, model.proto.
_MESSAGES = """
    ModelSpec signature_name:string=3
    PredictRequest model_spec:ModelSpec=1 inputs:InputsEntry*=2
    InputsEntry key:string=1 value:bytes=2
    PredictLog request:PredictRequest=1
    PredictionLog predict_log:PredictLog=6
"""


@functools.cache
def _messages() -> dict[str, Any]:
    field = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="kgan/warmup.proto", package="kgan", syntax="proto3")
    for line in _MESSAGES.split("\n")[1:-1]:
        message, *fields = line.split()
        described = file.message_type.add(name=message)
        for name, kind, number in (text.replace("=", ":").split(":") for text in fields):
            label = field.LABEL_REPEATED if kind.endswith("*") else field.LABEL_OPTIONAL
            kind = kind.rstrip("*")
            plain = {"string": field.TYPE_STRING, "bytes": field.TYPE_BYTES}.get(kind)
            more = {"type": plain} if plain else {"type": field.TYPE_MESSAGE, "type_name": f".kgan.{kind}"}
            described.field.add(name=name, number=int(number), label=label, **more)
    pool = descriptor_pool.DescriptorPool()  # of our own: the official messages may be loaded too
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"kgan.{name}"))
        for name in ("PredictionLog", "InputsEntry")
    }


def write(folder: Path, endpoints: Mapping[str, Any], sampler: Any) -> None:
    """Writes the file in a version's folder: one request a signature but `sample`, whose scalars batching refuses."""
    messages, path = _messages(), folder / FILE
    path.parent.mkdir(exist_ok=True)
    with tf.io.TFRecordWriter(str(path)) as file:
        for name, function in endpoints.items():
            if name == "sample":
                continue
            log = messages["PredictionLog"]()
            log.predict_log.request.model_spec.signature_name = name
            for key, value in _request(function, sampler).items():
                tensor = tf.make_tensor_proto(value).SerializeToString()
                log.predict_log.request.inputs.append(messages["InputsEntry"](key=key, value=tensor))
            file.write(log.SerializeToString())


def read(folder: Path) -> list[tuple[str, dict[str, np.ndarray]]]:
    """The requests of a version's folder: (signature, inputs by name)."""
    requests = []
    for record in tf.data.TFRecordDataset(str(folder / FILE)).as_numpy_iterator():
        request = _messages()["PredictionLog"].FromString(record).predict_log.request
        tensors = {one.key: tf.make_ndarray(tensor_pb2.TensorProto.FromString(one.value)) for one in request.inputs}
        requests.append((request.model_spec.signature_name, tensors))
    return requests


def check(folder: Path, endpoints: Mapping[str, Any]) -> None:
    """Runs what `read` gives.

    Raises:
        InputError: if a request is refused, as by a generator that makes numbers that are not finite.
    """
    for name, inputs in read(folder):
        try:
            endpoints[name](**{key: tf.constant(value) for key, value in inputs.items()})
        except tf.errors.InvalidArgumentError as error:
            reason = " ".join(error.message.split())
            raise InputError(f"gan: the signature {name!r} fails on a request of its own: {reason}") from error


def _request(function: Any, sampler: Any) -> dict[str, Any]:
    drawn: dict[str, Any] = {}
    if sampler.free:
        drawn = {name: value.numpy() for name, value in sampler.inputs(ROWS, 0).items()}
    request = {}
    for name, spec in arguments(function).items():
        shape = [ROWS if place == 0 else size or 64 for place, size in enumerate(spec.shape)]
        request[name] = drawn.get(name, np.zeros(shape, spec.dtype.as_numpy_dtype))
        if name == "truncation":
            request[name] = np.ones(shape, "float32")
    return request
