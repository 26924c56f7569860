"""What a server answers when it does not answer, and when to ask again."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from kgan.checks import InputError

UNAVAILABLE, DEADLINE = "UNAVAILABLE", "DEADLINE_EXCEEDED"
FIRST, LONGEST = 0.1, 2.0  # seconds to wait before the second try, and before any

T = TypeVar("T")


class ServerError(InputError):
    """A request that was not answered.

    Attributes:
        code: gRPC's name of the reason, over REST too: "UNAVAILABLE" (nobody there, or the model is not loaded),
            "DEADLINE_EXCEEDED", "INVALID_ARGUMENT" (what was asked), "NOT_FOUND" (model, version or label), ...
    """

    def __init__(self, where: str, code: str, message: str) -> None:
        super().__init__(f"server: {where}: {code}: {message}")
        self.code = code


def patiently(ask: Callable[[float], T], where: str, timeout: float, retries: int) -> T:
    """What `ask(seconds left)` answers; asked again while the server is unavailable, and for no other reason.

    One waits twice as long before each try, by half as much at random, so that many clients do not come back at once.

    Raises:
        ServerError: the last one's; or that the deadline is over.
    """
    end = time.monotonic() + timeout
    for tried in range(retries + 1):
        left = end - time.monotonic()
        if left <= 0:
            break
        try:
            return ask(left)
        except ServerError as error:
            wait = min(LONGEST, FIRST * 2**tried) * random.uniform(0.5, 1.0)
            if error.code != UNAVAILABLE or tried == retries or time.monotonic() + wait >= end:
                raise
            time.sleep(wait)
    raise ServerError(where, DEADLINE, f"no answer in {timeout:g} s")
