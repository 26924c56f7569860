"""python -m benchmarks.scaling [--measure]: the tables in docs/scaling.md and docs/scaling.png, from docs/scaling.json.

With --measure that is made first. Each worker has one core. Measured are rounds on one worker by the batch (its
computing, which a loaded machine leaves as it is), all-reduces between two, and, for the check, real rounds on two and
on four.
"""

import argparse
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

from benchmarks.scaling import model

DOCS = Path(__file__).parents[2] / "docs"
# Batches to measure one worker at, and rounds.
MEASURED = {"c": ((256, 64), 200), "a1": ((64, 16), 6), "b": ((64, 16), 3)}
CHECKED = {"c": ((2, 4), 200), "a1": ((2, 4), 8)}
DATA_CENTRE = model.Network("10 Gbit/s Ethernet, 30 us", 30e-6, 1.25e9)  # assumed
CLUSTER = model.Network("100 Gbit/s, 5 us", 5e-6, 12.5e9)  # assumed
GPU = 100  # times as fast as one core, assumed
BEGIN, END = "<!-- the tables of python -m benchmarks.scaling -->", "<!-- their end -->"
SPREAD = 0.1  # of a worker's computing from one time to the next, assumed in the simulation


def run(workers, *arguments):
    """What the first of so many workers prints."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(workers)]
    cluster = {"worker": [f"127.0.0.1:{s.getsockname()[1]}" for s in sockets]}
    for s in sockets:
        s.close()
    processes = []
    for index in range(workers):
        config = {"cluster": cluster, "task": {"type": "worker", "index": index}} if workers > 1 else {}
        environment = {**os.environ, "TF_CONFIG": json.dumps(config), "TF_CPP_MIN_LOG_LEVEL": "3"}
        command = [sys.executable, "-m", "benchmarks.scaling.worker", *map(str, arguments)]
        processes.append(subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True))
    printed = [process.communicate()[0] for process in processes]
    if any(process.returncode for process in processes):
        raise SystemExit(f"{workers} workers of {arguments} failed")
    return json.loads(printed[0].splitlines()[-1])


def measure(names):
    """The constants, and the check, of some games, or "network"; what is known of others stays."""
    from benchmarks.speed.settings import SETTINGS

    path = DOCS / "scaling.json"
    found = json.loads(path.read_text()) if path.exists() else {"games": {}, "check": []}
    for name in names:
        if name == "network":
            small, large = (float(seconds) for seconds in run(2, "network").values())
            # Of two workers an all-reduce has two steps, of half of it each.
            found["network"] = {"latency": small / 2, "bandwidth": (4 << 22) / max(large - small, 1e-9)}
            print(found["network"], flush=True)
        else:
            batches, rounds = MEASURED[name]
            seconds = [run(1, name, batch, rounds)["computing"] for batch in batches]
            overhead, per_sample = model.line(batches, seconds)
            sent = run(2, name, 8, 1)["messages"]
            about = {"title": SETTINGS[name].title, "batch": SETTINGS[name].batch, "messages": sent}
            found["games"][name] = about | {"overhead": overhead, "per_sample": per_sample}
            print(name, found["games"][name] | {"messages": f"{len(sent)} of {sum(sent)} bytes"}, flush=True)
            found["check"] = [row for row in found["check"] if row["game"] != name]
            workers, rounds = CHECKED.get(name, ((), 0))
            for count in workers:
                taken = run(count, name, SETTINGS[name].batch, rounds)
                row = {"game": name, "workers": count, "seconds": taken["wall"], "median": taken["median"]}
                found["check"].append(row)
                print(row, flush=True)
        path.write_text(json.dumps(found) + "\n")


def read():
    """(games by name, the network of this machine, the check's rows)."""
    found = json.loads((DOCS / "scaling.json").read_text())
    games = {name: model.Game(**about) for name, about in found["games"].items()}
    return games, model.Network("between processes of one machine, measured", **found["network"]), found["check"]


def tables():
    """The page's tables, as Markdown."""
    games, here, check = read()
    lines = [
        "| game | seconds without a sample | a sample | all-reduces a round | MB a round |",
        "| --- | --- | --- | --- | --- |",
    ]
    for game in games.values():
        sent = f"{len(game.messages)} | {sum(game.messages) / 1e6:.2f}"
        lines.append(f"| {game.title} | {game.overhead:.4f} | {game.per_sample:.6f} | {sent} |")
    lines += ["", "| check | workers | measured, ms | by the model, ms |", "| --- | --- | --- | --- |"]
    for row in check:
        game = games[row["game"]]
        expected = 1e3 / model.rounds_per_second(game, here, row["workers"], cores=2)
        lines.append(f"| {game.title} | {row['workers']} | {1e3 * row['seconds']:.1f} | {expected:.1f} |")
    for network, faster in ((DATA_CENTRE, 1), (CLUSTER, GPU)):
        worker = "a core" if faster == 1 else f"{faster} times a core"
        lines += ["", f"Rounds a second; a worker is {worker}, the network {network.title}:", ""]
        shown = [w for w in model.WORKERS if w in (1, 4, 16, 64, 256)]
        lines += [
            f"| game | {' | '.join(map(str, shown))} | 64, simulated | worth it up to | fastest at | 64 batches |"
        ]
        lines += ["| --- " * (len(shown) + 5) + "|"]
        for game in (game.faster(faster) for game in games.values()):
            speeds = [f"{model.rounds_per_second(game, network, w):.3g}" if w <= game.batch else "" for w in shown]
            varied = model.simulated(game, network, 64, SPREAD)
            ends = f"{varied:.3g} | {model.worth_it(game, network)} | {model.fastest(game, network)}"
            ends += f" | {100 * model.grown(game, network, 64):.0f} %"
            lines.append(f"| {game.title} | {' | '.join(speeds)} | {ends} |")
    return "\n".join(lines)


def draw():
    """docs/scaling.png: the speed by the number of workers, for both kinds of workers."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    games, _, _ = read()
    figure, panels = pyplot.subplots(1, 2, figsize=(11, 4.2), sharey=True)
    for panel, network, faster in zip(panels, (DATA_CENTRE, CLUSTER), (1, GPU), strict=True):
        for game in (game.faster(faster) for game in games.values()):
            workers = [w for w in model.WORKERS if w <= game.batch]
            panel.plot(workers, [model.speedup(game, network, w) for w in workers], marker="o", ms=3, label=game.title)
        panel.plot(model.WORKERS, model.WORKERS, color="0.7", ls="--", lw=1, label="as many times as workers")
        panel.set(xscale="log", yscale="log", xlabel="workers", title=f"worker: {faster} x a core; {network.title}")
        panel.set_xticks(model.WORKERS, list(map(str, model.WORKERS)))
        panel.grid(alpha=0.3)
    panels[0].set(ylabel="times as fast as one, same batch", ylim=(0.05, 300))
    panels[0].legend(fontsize=7)
    figure.tight_layout()
    figure.savefig(DOCS / "scaling.png", dpi=90)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--measure", nargs="*", help="of: network, c, a1, b; default all")
    if (names := parser.parse_args().measure) is not None:
        measure(names or ["network", *MEASURED])
    draw()
    page = DOCS / "scaling.md"
    before, _, rest = page.read_text().partition(BEGIN)
    page.write_text(f"{before}{BEGIN}\n{tables()}\n{END}{rest.partition(END)[2]}")
