"""Ray Train's example with a worker that kills itself, once: python -m tests.ray_script FOLDER FLAGS."""

import os
import sys
from pathlib import Path

import ray

from examples.distributed import ray_train


def dying(config):
    """As the example's `work`; but the first time, the worker 1 dies after a round."""
    from kgan.commands import run
    from tests.callbacks.resume_script import Death

    rank, marker = ray.train.get_context().get_world_rank(), Path(config["flags"][0].partition("=")[2]) / "died"
    if rank == 1 and not marker.exists():
        marker.parent.mkdir(parents=True, exist_ok=True)
        marker.touch()
        watch = run.watch
        run.watch = lambda *where, **what: [*watch(*where, **what), Death(7)]
    ray_train.work(config)


if __name__ == "__main__":
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=True)
    ray_train.train(sys.argv[1:], workers=2, restarts=2, work=dying)
