"""Workers by Ray Train, which starts all of them again when one dies: pip install kgan[ray]

    python ray_train.py --workers=4 [--gpus] --run_dir=/shared/runs/a [flags of kgan train]

The run's folder has to lie where all machines see it: a group that is started again goes on from its checkpoint.
"""

import argparse

import ray
from ray.train import FailureConfig, RunConfig, ScalingConfig
from ray.train.tensorflow import TensorflowTrainer


def work(config):
    """What each worker does; Ray has set its TF_CONFIG."""
    from kgan.commands import main

    status = main(["train", "--strategy=multi_worker", *config["flags"]])
    if status:
        raise RuntimeError(f"kgan train ended with status {status}")


def train(flags, workers=2, use_gpu=False, restarts=3, work=work):
    """Trains on so many workers, and starts them again at most `restarts` times."""
    trainer = TensorflowTrainer(
        work,
        train_loop_config={"flags": flags},
        scaling_config=ScalingConfig(num_workers=workers, use_gpu=use_gpu),
        run_config=RunConfig(failure_config=FailureConfig(max_failures=restarts)),
    )
    return trainer.fit()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--gpus", action="store_true", help="a GPU for each worker")
    options, flags = parser.parse_known_args()
    ray.init()
    train(flags, options.workers, options.gpus)
