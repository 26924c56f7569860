"""Does an SNGAN on Fashion-MNIST end as well in half precision? Runs of each policy and seed, compared by their FID.

    python benchmarks/precision.py FOLDER [--seeds=3] [--rounds=2000] [--resolution=16] [--width=16]

Each run is a `kgan train` in a folder of its own, so that what was stopped goes on; the distance is that of 5,000
samples of the averaged generator, in the features of kgan's classifier. Prints a line a run as it ends, and a table at
the end: mean and standard deviation over seeds, and how many standard errors a policy lies from float32.
"""

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

from kgan.runs import Run

POLICIES = "float32", "mixed_bfloat16", "mixed_float16"


def distance(folder: Path, policy: str, seed: int, args: argparse.Namespace) -> float:
    """The FID of a run, trained if it is not there."""
    size = [f"--resolution={args.resolution}", f"--width={args.width}", f"--steps_per_epoch={args.rounds}"]
    game = ["--preset=sngan", "--network=sngan", "--n_critic=1", "--batch_size=64", "--dataset=fashion_mnist"]
    judge = ["--metrics=fid", "--features=classifier", "--evaluate_every=1", "--evaluate_num=5000", "--alarm=off"]
    run = ["--epochs=1", "--checkpoint_steps=200", f"--policy={policy}", f"--seed={seed}", f"--run_dir={folder}"]
    subprocess.run([sys.executable, "-m", "kgan", "train", *game, *size, *judge, *run], check=True, capture_output=True)
    return Run(folder).evaluations()[-1].results[0].value


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=2000)
    parser.add_argument("--resolution", type=int, default=16)
    parser.add_argument("--width", type=int, default=16)
    args = parser.parse_args()
    found: dict[str, list[float]] = {policy: [] for policy in POLICIES}
    for seed in range(args.seeds):
        for policy in POLICIES:
            start = time.monotonic()
            found[policy].append(distance(args.folder / f"{policy}-{seed}", policy, seed, args))
            minutes = (time.monotonic() - start) / 60
            print(f"{policy:15} seed {seed}: FID {found[policy][-1]:.2f} ({minutes:.1f} min)", flush=True)
    exact = found["float32"]
    for policy, values in found.items():
        spread = [statistics.stdev(one) for one in (values, exact)]
        error = (sum(s**2 for s in spread) / args.seeds) ** 0.5
        off = (statistics.mean(values) - statistics.mean(exact)) / error
        print(f"{policy:15} {statistics.mean(values):6.2f} ± {spread[0]:.2f}   {off:+.1f} standard errors from float32")


if __name__ == "__main__":
    main()
