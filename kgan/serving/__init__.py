"""The client's side of a served generator, the page to look at one, and the files that a server is configured by."""

from kgan.serving.client import AsyncClient, Client
from kgan.serving.errors import ServerError

__all__ = ["AsyncClient", "Client", "ServerError"]
