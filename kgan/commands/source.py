"""Where a generator comes from: a run, an exported one, a server; what `sample` and `gallery` share."""

from pathlib import Path
from typing import TYPE_CHECKING

from absl import flags

from kgan.checks import InputError
from kgan.commands import define
from kgan.commands.quiet import quiet

if TYPE_CHECKING:
    from kgan.sampling import Sampler

flags.disclaim_key_flags()  # they belong to the command that asks for them

DEFAULT = Path("saved_models/digits")


def define_flags(values: flags.FlagValues) -> None:
    """Defines the flags that name a generator."""
    define.path("run_dir", None, "A folder that kgan train kept.", values)
    define.path(
        "saved_model", None, "A model's folder, or a version's; default: saved_models/digits, if it is there.", values
    )
    define.text("server", None, "HOST:PORT/MODEL[/VERSION or LABEL], gRPC; http:// before it for REST.", values)
    define.text(
        "direction", None, "Of one that translates both ways, in a run: a_to_b, the default, or b_to_a.", values
    )


def check(values: flags.FlagValues) -> None:
    """An `InputError` unless one generator is named, or the default one is there."""
    named = [name for name in ("run_dir", "saved_model", "server") if values[name].value]
    if len(named) > 1:
        raise InputError(f"{named[-1]}: wanted --{named[0]} or --{named[-1]}, got both")
    if not named and not DEFAULT.exists():
        raise InputError(f"run_dir: wanted --run_dir=DIR or --saved_model=DIR (there is no {DEFAULT} here)")
    if values["direction"].value and not values["run_dir"].value:
        raise InputError("direction: an exported generator has one, wanted it with --run_dir only")


def generator(values: flags.FlagValues) -> tuple["Sampler", str]:
    """(the generator that the flags name, its place in words)."""
    if values["server"].value:
        with quiet():
            from kgan.serving import Client

        client = Client(values["server"].value)
        return client.sampler, str(client.address)
    if values["run_dir"].value:
        with quiet():
            from kgan.runs import Run

        return Run(values["run_dir"].value).sampler(values["direction"].value), values["run_dir"].value
    with quiet():
        from kgan.export import load_generator

    place = values["saved_model"].value or DEFAULT
    return load_generator(place), str(place)
