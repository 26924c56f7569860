"""What a run's folder holds: one file a format, each read and written here only.

| in the folder | module |
| --- | --- |
| flags.txt | flags |
| checkpoints/, and the same in best/ and good/ | checkpoints, of which `progress` reads and writes what is no network |
| logs.csv, equilibrium.csv, collapse.csv | logs, equilibrium, collapse, on `tables` |
| evaluations.jsonl, alarms.jsonl | evaluations, alarms, on `lines` |
| samples/ | samples |
| ensemble.json | ensemble |
| .lock | lock |

Callbacks decide when something is written, this package knows how. `Run(folder)` is the view for those who only read.
Every file is whole or absent; one that something else has damaged ends in one line that names it (`damage`).
"""

from typing import Any

__all__ = ["Run"]


def __getattr__(name: str) -> Any:
    # On first use, so that a command can compare flags before it waits for TensorFlow.
    if name == "Run":
        from kgan.runs.run import Run

        return Run
    raise AttributeError(f"module 'kgan.runs' has no attribute {name!r}")
