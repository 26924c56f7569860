"""Asking a served generator for samples: as easily as one that lives in this process, and with the same numbers."""

import asyncio
import functools
import json
import math
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from kgan import checks, priors
from kgan.checks import InputError
from kgan.sampling import Sampler, described
from kgan.serving.address import parse
from kgan.serving.errors import ServerError, patiently

MESSAGE_LIMIT = 64 * 2**20
SERVE, DESCRIBE = "serving_default", "describe"


class Client:
    """A generator behind TensorFlow Serving, as `kgan.export.save_generator` wrote it.

    What the prior draws is drawn here, so that `sample(n, seed)` is the `sample(n, seed)` of the game that was
    exported, and what cannot be asked for is refused before it is sent. What exceeds a message is sent in parts.

        with kgan.serving.Client("localhost:8500/digits") as client:
            images = client.sample(1000, seed=1)

    Args:
        address: "HOST:PORT/MODEL", or "HOST:PORT/MODEL/VERSION", or a label in the version's place; "http://" before
            it for REST, "grpcs://" or "https://" for TLS. Without a model it is "default", the server's own name for
            one that nobody named.
        timeout: seconds that a request may take, with all tries; of what is sent in parts each part.
        retries: how often one asks again while the server is unavailable, and for no other reason.
        message_limit: bytes of a message, sent or received.

    Raises:
        InputError: for another address or number; by each method, for what cannot be asked for.
        ServerError: (an `InputError`) by each method, if the server does not answer it. Its `code` says why.
    """

    def __init__(
        self, address: str, timeout: float = 60.0, retries: int = 4, message_limit: int = MESSAGE_LIMIT
    ) -> None:
        self.address = parse(address)
        self.timeout = checks.number("timeout", timeout, above=0.0)
        self.retries = checks.whole("retries", retries, 0)
        self.message_limit = checks.whole("message_limit", message_limit, 1024)
        self._lock = threading.Lock()
        self._sampler: Sampler | None = None
        if self.address.over_rest:
            from kgan.serving.over_rest import Rest

            self._transport: Any = Rest(self.address)
        else:
            from kgan.serving.over_grpc import Grpc

            self._transport = Grpc(self.address, self.message_limit)

    def sample(self, num: int, seed: int = 0, labels: Any = None, truncation: float = 1.0) -> np.ndarray:
        """`num` samples, float32 (num, ...): those of `Sampler.sample` with the same arguments.

        Args:
            num: how many.
            seed: of the draws.
            labels: of a conditional generator, one or several, which are repeated; default: drawn.
            truncation: in [0, 1], by which normal latents are multiplied.
        """
        return np.concatenate(list(self.iter_samples(num, seed, labels=labels, truncation=truncation)))

    def iter_samples(self, num: int, seed: int = 0, **more: Any) -> Iterator[np.ndarray]:
        """The samples of `sample` as they come, in parts."""
        return self.sampler.iter_samples(num, seed, **{k: v for k, v in more.items() if v is not None})

    def translate(self, images: np.ndarray) -> np.ndarray:
        """Pictures, translated: float32 (n, height, width, channels) in [-1, 1], both."""
        images = np.asarray(images, "float32")
        return self.sampler.sample(len(images), images=images)

    def interpolate(
        self, seeds_from: Sequence[int], seeds_to: Sequence[int], position: Any, labels: Any = None
    ) -> np.ndarray:
        """The samples on the way from those of some seeds to those of others (`Sampler.between`)."""
        given = {} if labels is None else {"labels": labels}
        return self.sampler(**self.sampler.between(seeds_from, seeds_to, position, **given))

    def status(self) -> list[dict[str, Any]]:
        """The versions that the server knows: "version", "state" ("AVAILABLE" when it can be asked) and "message"."""
        return self._patiently(self._transport.status)

    def metadata(self) -> dict[str, dict[str, dict[str, str]]]:
        """The signatures: name -> "inputs" and "outputs" -> name -> dtype and shape, "float32 (n, 100)"."""
        table = self._patiently(self._transport.metadata)
        return {
            name: {
                part: {key: _words(info) for key, info in one.get(part, {}).items()} for part in ("inputs", "outputs")
            }
            for name, one in table.items()
            if not name.startswith("__")
        }

    def card(self) -> dict[str, Any]:
        """The model card that the export wrote: what the generator is, and its signatures."""
        return json.loads(self._predict(DESCRIBE, {"rows": np.zeros(1, "int64")}, "about")[0])

    @property
    def sampler(self) -> Sampler:
        """The served generator as the `Sampler` that it was: asked for what it is once, when it is first needed."""
        with self._lock:
            if self._sampler is None:
                self._sampler = self._connected()
            return self._sampler

    def close(self) -> None:
        """Ends the connection."""
        self._transport.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def _connected(self) -> Sampler:
        run = functools.partial(self._predict, SERVE, output="images")
        try:
            card = self.card()
            sampler = Sampler(run, **described(json.dumps(card["sampler"])))
            most = card["max_rows"]
        except ServerError as error:
            if error.code not in ("INVALID_ARGUMENT", "NOT_FOUND"):
                raise
            sampler, most = Sampler(run, **self._guess(error)), 256
        numbers = [sampler.sample_shape, *(law.shape for law in sampler.laws.values())]
        bytes_a_row = 4 * max(math.prod(size or 256 for size in shape) for shape in numbers)
        sampler.most_rows = max(1, min(most, (self.message_limit - 1024) // max(bytes_a_row, 1)))
        return sampler

    def _guess(self, error: ServerError) -> dict[str, Any]:
        """What a generator is that cannot describe itself, as of kgan 0.1: one of normal latents."""
        signature = self._patiently(self._transport.metadata).get(SERVE, {})
        latents, images = signature.get("inputs", {}), signature.get("outputs", {}).get("images")
        if set(latents) != {priors.LATENTS} or images is None or len(_shape(latents[priors.LATENTS])) != 2:
            raise InputError(f"server: {self.address} serves no generator of kgan: {error}") from error
        prior = {priors.LATENTS: priors.Normal(_shape(latents[priors.LATENTS])[1])}
        return {"prior": prior, "sample_shape": _shape(images)[1:]}

    def _predict(self, signature: str, inputs: dict[str, Any], output: str) -> Any:
        values = {name: np.asarray(value) for name, value in inputs.items()}
        return self._patiently(lambda left: self._transport.predict(signature, values, output, left))

    def _patiently(self, ask: Any) -> Any:
        return patiently(ask, str(self.address), self.timeout, self.retries)


class AsyncClient:
    """`Client` for coroutines: the same arguments and methods, each to be awaited. Requests run in threads.

    client = kgan.serving.AsyncClient("localhost:8500/digits")
    images = await asyncio.gather(*(client.sample(1, seed=seed) for seed in range(100)))
    """

    def __init__(self, address: str, **settings: Any) -> None:
        self.client = Client(address, **settings)

    async def sample(self, *args: Any, **kwargs: Any) -> np.ndarray:
        """`Client.sample`."""
        return await asyncio.to_thread(self.client.sample, *args, **kwargs)

    async def translate(self, images: np.ndarray) -> np.ndarray:
        """`Client.translate`."""
        return await asyncio.to_thread(self.client.translate, images)

    async def interpolate(self, *args: Any, **kwargs: Any) -> np.ndarray:
        """`Client.interpolate`."""
        return await asyncio.to_thread(self.client.interpolate, *args, **kwargs)

    async def status(self) -> list[dict[str, Any]]:
        """`Client.status`."""
        return await asyncio.to_thread(self.client.status)

    async def metadata(self) -> dict[str, Any]:
        """`Client.metadata`."""
        return await asyncio.to_thread(self.client.metadata)

    async def card(self) -> dict[str, Any]:
        """`Client.card`."""
        return await asyncio.to_thread(self.client.card)

    def close(self) -> None:
        """Ends the connection."""
        self.client.close()


def _shape(info: Mapping[str, Any]) -> tuple[int | None, ...]:
    """The shape in a `TensorInfo`, in JSON's form."""
    sizes = (int(dim["size"]) for dim in info.get("tensor_shape", {}).get("dim", []))
    return tuple(None if size < 0 else size for size in sizes)


def _words(info: Mapping[str, Any]) -> str:
    sizes = ["n" if size is None else str(size) for size in _shape(info)]
    kind = {"DT_FLOAT": "float32"}.get(info["dtype"], info["dtype"].removeprefix("DT_").lower())
    return f"{kind} ({', '.join(sizes)}{',' if len(sizes) == 1 else ''})"
