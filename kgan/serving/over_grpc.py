"""gRPC to TensorFlow Serving, by the official messages of `tensorflow-serving-api`."""

from typing import Any

import numpy as np
import tensorflow as tf
from google.protobuf import json_format

from kgan.checks import InputError
from kgan.serving.address import Address
from kgan.serving.errors import ServerError

try:
    import grpc
    from tensorflow_serving.apis import get_model_metadata_pb2, get_model_status_pb2, model_pb2, predict_pb2
    from tensorflow_serving.apis.model_service_pb2_grpc import ModelServiceStub
    from tensorflow_serving.apis.prediction_service_pb2_grpc import PredictionServiceStub
except ImportError as error:
    raise InputError(
        f"server: gRPC wants tensorflow-serving-api (pip install 'kgan[serving]'), or ask over http://: {error}"
    ) from error


class Grpc:
    """One channel to a server, for any number of threads.

    Args:
        address: the model's.
        message_limit: bytes of a message. The 4 MB that many meet is the client's own limit on what it receives.
    """

    def __init__(self, address: Address, message_limit: int) -> None:
        self.address = address
        options = [("grpc.max_receive_message_length", message_limit), ("grpc.max_send_message_length", message_limit)]
        if address.scheme == "grpcs":
            self.channel = grpc.secure_channel(address.host, grpc.ssl_channel_credentials(), options)
        else:
            self.channel = grpc.insecure_channel(address.host, options)
        self.predictions, self.models = PredictionServiceStub(self.channel), ModelServiceStub(self.channel)

    def predict(self, signature: str, inputs: dict[str, np.ndarray], output: str, timeout: float) -> np.ndarray:
        """One output of a signature."""
        request = predict_pb2.PredictRequest(model_spec=self._model(signature), output_filter=[output])
        for name, value in inputs.items():
            request.inputs[name].CopyFrom(tf.make_tensor_proto(value))
        return tf.make_ndarray(self._call(self.predictions.Predict, request, timeout).outputs[output])

    def status(self, timeout: float) -> list[dict[str, Any]]:
        """The versions that the server knows, each with its state."""
        request = get_model_status_pb2.GetModelStatusRequest(model_spec=self._model())
        state = get_model_status_pb2.ModelVersionStatus.State
        return [
            {"version": one.version, "state": state.Name(one.state), "message": one.status.error_message}
            for one in self._call(self.models.GetModelStatus, request, timeout).model_version_status
        ]

    def metadata(self, timeout: float) -> dict[str, Any]:
        """The signatures, as the SavedModel has them, in JSON's form."""
        request = get_model_metadata_pb2.GetModelMetadataRequest(
            model_spec=self._model(), metadata_field=["signature_def"]
        )
        table = get_model_metadata_pb2.SignatureDefMap()
        self._call(self.predictions.GetModelMetadata, request, timeout).metadata["signature_def"].Unpack(table)
        return json_format.MessageToDict(table, preserving_proto_field_name=True)["signature_def"]

    def close(self) -> None:
        """Ends the connection."""
        self.channel.close()

    def _model(self, signature: str = "") -> "model_pb2.ModelSpec":
        spec = model_pb2.ModelSpec(name=self.address.model, signature_name=signature)
        if self.address.label is not None:
            spec.version_label = self.address.label
        elif self.address.version is not None:
            spec.version.value = self.address.version
        return spec

    def _call(self, method: Any, request: Any, timeout: float) -> Any:
        try:
            return method(request, timeout=timeout)
        except grpc.RpcError as error:
            raise ServerError(str(self.address), error.code().name, error.details() or "") from error
