"""model_card.json: what an exported generator is, for people and for programs."""

import importlib.metadata
import json
from collections.abc import Mapping
from typing import Any

import kgan
from kgan.export.signatures import Served, table
from kgan.sampling import describe

DESCRIBE = {"inputs": {"rows": "int64 (n,)"}, "outputs": {"about": "string (n,)"}}  # which answers with this card
FILE = "assets.extra/model_card.json"


def card(served: Served, weights: str, facts: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The card of what is being exported.

    Args:
        served: with its signatures.
        weights: in which they are kept.
        facts: what only the caller knows: "data", "data_licence", "preset", "metrics" with their protocol, "averaged",
            "epoch", "step".

    Returns:
        Plain values: "sampler" (how inputs are drawn, as sampler.json has it), "max_rows" of a request, "signatures",
        "weights", "versions" of what wrote it, and the facts.
    """
    packages = ("tensorflow", "keras", "numpy")
    versions = {"kgan": kgan.__version__} | {name: importlib.metadata.version(name) for name in packages}
    return {
        **(facts or {}),
        "sampler": json.loads(describe(served.sampler)),
        "max_rows": served.most_rows,
        "signatures": table(served.endpoints) | {"describe": DESCRIBE},
        "weights": weights,
        "versions": versions,
    }
