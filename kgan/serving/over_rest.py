"""REST to TensorFlow Serving, in its column format: named inputs as JSON arrays."""

import contextlib
import gc
import http.client
import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import numpy as np

from kgan.serving.address import Address
from kgan.serving.errors import DEADLINE, UNAVAILABLE, ServerError

CODES = {400: "INVALID_ARGUMENT", 404: "NOT_FOUND", 413: "RESOURCE_EXHAUSTED", 503: UNAVAILABLE, 504: DEADLINE}


class Rest:
    """A server's REST face; a connection for each request, for any number of threads.

    Args:
        address: the model's.
    """

    def __init__(self, address: Address) -> None:
        self.address = address
        which = "" if address.version is None else f"/versions/{address.version}"
        which = which if address.label is None else f"/labels/{quote(address.label)}"
        self.path = f"/v1/models/{quote(address.model)}{which}"

    def predict(self, signature: str, inputs: dict[str, np.ndarray], output: str, timeout: float) -> np.ndarray:
        """One output of a signature."""
        columns = {name: np.asarray(value).tolist() for name, value in inputs.items()}

        def read(answer: dict) -> np.ndarray:
            outputs = answer["outputs"]  # named where there are several
            values = outputs[output] if isinstance(outputs, dict) else outputs
            return np.asarray(values, "object" if output == "about" else "float32")

        return self._call(f"{self.path}:predict", timeout, {"signature_name": signature, "inputs": columns}, read)

    def status(self, timeout: float) -> list[dict[str, Any]]:
        """The versions that the server knows, each with its state."""
        return [
            {"version": int(one["version"]), "state": one["state"], "message": one["status"].get("error_message", "")}
            for one in self._call(self.path, timeout)["model_version_status"]
        ]

    def metadata(self, timeout: float) -> dict[str, Any]:
        """The signatures, as the SavedModel has them, in JSON's form."""
        return self._call(f"{self.path}/metadata", timeout)["metadata"]["signature_def"]["signature_def"]

    def close(self) -> None:
        """Nothing is open."""

    def _call(self, path: str, timeout: float, body: Any = None, read: Callable[[dict], Any] = dict) -> Any:
        kind = http.client.HTTPSConnection if self.address.scheme == "https" else http.client.HTTPConnection
        connection = kind(self.address.host, timeout=timeout)
        try:
            content = None if body is None else json.dumps(body, allow_nan=False)
            connection.request("GET" if body is None else "POST", path, content, {"Content-Type": "application/json"})
            response = connection.getresponse()
            text = response.read()
        except TimeoutError as error:
            raise ServerError(str(self.address), DEADLINE, f"no answer in {timeout:g} s") from error
        except (OSError, http.client.HTTPException) as error:  # refused, cut off, half an answer
            raise ServerError(str(self.address), UNAVAILABLE, str(error) or type(error).__name__) from error
        finally:
            connection.close()
        with _uncollected():
            try:
                answer = json.loads(text)
            except ValueError:
                answer = {"error": text.decode(errors="replace")[:200]}
            if response.status == 200 and "error" not in answer:
                return read(answer)
        code = CODES.get(response.status, f"HTTP {response.status}")
        raise ServerError(str(self.address), code, str(answer.get("error", answer)))


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """Without Python's garbage collector: numbers come as a list each, and for every so many new lists it would walk
    through all that the process has, TensorFlow's objects too, which took six times as long as the reading."""
    on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if on:
            gc.enable()
