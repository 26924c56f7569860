"""Where a served model is: [grpc:// | grpcs:// | http:// | https://]HOST:PORT[/MODEL[/VERSION or LABEL]]."""

import dataclasses
import re

from kgan.checks import InputError

WANTED = "HOST:PORT[/MODEL[/VERSION or LABEL]], with grpc://, grpcs://, http:// or https:// before it or nothing"


@dataclasses.dataclass(frozen=True)
class Address:
    """A model's place.

    Attributes:
        scheme: "grpc", "grpcs" (gRPC over TLS), "http" or "https".
        host: with its port.
        model: its name on the server; "default" is what a server calls a model that nobody has named.
        version: a number; None for the newest.
        label: "stable", "canary", ...; None where the version decides.
    """

    scheme: str
    host: str
    model: str = "default"
    version: int | None = None
    label: str | None = None

    @property
    def over_rest(self) -> bool:
        """Whether the server is asked over REST."""
        return self.scheme.startswith("http")

    def __str__(self) -> str:
        which = self.version if self.label is None else self.label
        return f"{self.scheme}://{self.host}/{self.model}" + ("" if which is None else f"/{which}")


def parse(text: str) -> Address:
    """Reads an address.

    Raises:
        InputError: for what is none.
    """
    found = re.fullmatch(
        r"(?:(grpcs?|https?)://)?((?:[\w.-]+|\[[0-9a-fA-F:.]+\]):\d{1,5})(?:/([^/\s]+)(?:/([\w.-]+))?)?/?", str(text)
    )
    if found is None or int(found[2].rpartition(":")[2]) > 65535:
        raise InputError(f"server: wanted {WANTED}, got {text!r}")
    scheme, host, model, which = found.groups()
    number = int(which) if which and which.isdecimal() else None
    return Address(scheme or "grpc", host, model or "default", number, None if number is not None else which)
