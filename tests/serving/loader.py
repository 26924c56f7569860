"""A SavedModel as TensorFlow Serving runs it: through the C++ loader, by a session on the signatures' tensor names."""

import threading

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import config_pb2


class Loaded:
    def __init__(self, folder):
        graph = tf.Graph()
        self.session = tf.compat.v1.Session(graph=graph)
        with graph.as_default():
            meta = tf.compat.v1.saved_model.loader.load(self.session, ["serve"], str(folder))
        self.callables, self.lock = {}, threading.Lock()
        self.signatures = {name: s for name, s in meta.signature_def.items() if not name.startswith("__")}

    def run(self, name, inputs):
        """What a signature answers, by name. As in the server, nobody but the graph looks at the shapes."""
        signature = self.signatures[name]
        if set(inputs) != set(signature.inputs):
            raise ValueError(f"request: wanted the inputs {sorted(signature.inputs)}, got {sorted(inputs)}")
        wanted = {key: tf.as_dtype(info.dtype).as_numpy_dtype for key, info in signature.inputs.items()}
        names, outputs = sorted(inputs), sorted(signature.outputs)
        values = [np.asarray(inputs[key], wanted[key]) for key in names]
        return dict(zip(outputs, self._callable(name, names, outputs)(*values), strict=True))

    def _callable(self, name, names, outputs):
        with self.lock:
            if name not in self.callables:
                signature = self.signatures[name]
                options = config_pb2.CallableOptions(
                    feed=[signature.inputs[key].name for key in names],
                    fetch=[signature.outputs[key].name for key in outputs],
                )
                # `Session.run` would look at the shapes first.
                self.callables[name] = self.session._make_callable_from_options(options)
            return self.callables[name]

    def batched(self, name, requests):
        """Several requests as one, by the rule of batching: joined along the first axis, the answer split."""
        rows = [len(next(iter(request.values()))) for request in requests]
        whole = self.run(name, {key: np.concatenate([request[key] for request in requests]) for key in requests[0]})
        assert all(len(value) == sum(rows) for value in whole.values()), "an answer with other rows than the request"
        ends = np.cumsum(rows)
        return [{k: v[end - n : end] for k, v in whole.items()} for end, n in zip(ends, rows, strict=True)]
