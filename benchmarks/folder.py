"""A folder of very many pictures: seconds until it trains, and memory, by how many they are.

    python -m benchmarks.folder [--pictures=200000] [--work=DIR]

Makes the pictures (16x16 PNG, a thousand a sub-folder) and trains a small GAN on them in processes of their own: the
first has to list the folder, the second finds the list in the cache. Then the same with a quarter of them.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

ROUNDS, FOLDER = 600, 1000


def make(root, folder):
    """A sub-folder of pictures."""
    import numpy as np
    from PIL import Image

    path = Path(root) / f"{folder:04d}"
    path.mkdir(parents=True)
    for number, pixels in enumerate(np.random.default_rng(folder).integers(0, 256, (FOLDER, 16, 16, 3), np.uint8)):
        Image.fromarray(pixels).save(path / f"{number:04d}.png")
    os.utime(path, (1e9, 1e9))  # as if nothing had changed there for long


def resident():
    """MiB that this process holds now: of its own, and with what is mapped."""
    status = dict(line.split(":") for line in Path("/proc/self/status").read_text().splitlines())
    return [int(status[name].split()[0]) / 1024 for name in ("RssAnon", "VmRSS")]


def train(root):
    """Trains on the folder; prints what it took as JSON."""
    begun = time.monotonic()
    import keras

    import kgan

    taken = {"imported": time.monotonic() - begun}
    before = resident()
    data = kgan.data.load(f"images:{root}", batch_size=64)
    taken["opened"] = time.monotonic() - begun
    memory = {"imported": before, "opened": resident()}
    gan = kgan.GAN(
        kgan.networks.mlp_generator((16, 16, 3), 8, width=16), kgan.networks.mlp_discriminator((16, 16, 3), width=16), 8
    )
    gan.compile(steps_per_execution=1)

    def watch(batch, logs):
        if batch == 0:
            taken["first round"] = time.monotonic() - begun
        if (batch + 1) % (ROUNDS // 3) == 0:
            memory[f"round {batch + 1}"] = resident()

    gan.fit(
        data, steps_per_epoch=ROUNDS, verbose=0, callbacks=[keras.callbacks.LambdaCallback(on_train_batch_end=watch)]
    )
    taken["last round"] = time.monotonic() - begun
    print(json.dumps({"pictures": data.stream.source.size, "seconds": taken, "MiB": memory}))


def measured(root, cache):
    """What `train` says in a process of its own."""
    environment = {**os.environ, "KGAN_CACHE": str(cache), "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, "-m", "benchmarks.folder", f"--train={root}"]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=200_000)
    parser.add_argument("--work")
    parser.add_argument("--train")
    options = parser.parse_args()
    if options.train:
        train(options.train)
        return
    with tempfile.TemporaryDirectory(dir=options.work) as work:
        for count in (options.pictures, options.pictures // 4 + 1000):  # more than those that are decoded at once
            root, cache, begun = Path(work) / str(count), Path(work) / "cache", time.monotonic()
            with ProcessPoolExecutor(os.cpu_count()) as makers:
                list(makers.map(make, [root] * (count // FOLDER), range(count // FOLDER)))
            os.utime(root, (1e9, 1e9))
            print(f"{count} pictures made in {time.monotonic() - begun:.0f} s")
            for which in ("listed", "from the list in the cache"):
                result = measured(root, cache)
                seconds = ", ".join(f"{name} {value:.1f}" for name, value in result["seconds"].items())
                memory = ", ".join(f"{name} {own:.0f} ({all:.0f})" for name, (own, all) in result["MiB"].items())
                print(
                    f"{result['pictures']} pictures, {which}: seconds: {seconds}; MiB (with what is mapped): {memory}"
                )


if __name__ == "__main__":
    main()
