"""Flags whose text is looked at while the command line is read: texts, parts, paths, whole numbers."""

import os
import unicodedata
from typing import Any

from absl import flags

from kgan.checks import MOST, InputError

flags.disclaim_key_flags()  # they belong to the command that defines them


class _Text(flags.ArgumentParser):
    """One line, as flags.txt can hold it: without the white space around it."""

    def parse(self, argument: str) -> str:
        text = argument.strip()
        # Beside line breaks and other control characters: bytes that are not UTF-8, which Python gives as surrogates.
        if any(unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") for letter in text):
            raise InputError("wanted one line of text in UTF-8")
        return text


class _Part(_Text):
    """A part in the grammar of `kgan.spec`, which may be spread over lines."""

    def parse(self, argument: str) -> str:
        return super().parse(" ".join(argument.splitlines()))


class _Path(_Text):
    """A path; ~ is the user's home."""

    def parse(self, argument: str) -> str:
        if not argument.strip():
            raise InputError("wanted a path, got nothing")
        return os.path.expanduser(super().parse(argument))


def text(name: str, default: str | None, help: str, flag_values: flags.FlagValues) -> None:
    """Defines a flag that holds one line of text."""
    flags.DEFINE(_Text(), name, default, help, flag_values, flags.ArgumentSerializer())


def part(name: str, default: str | None, help: str, flag_values: flags.FlagValues) -> None:
    """Defines a flag that names a part."""
    flags.DEFINE(_Part(), name, default, help, flag_values, flags.ArgumentSerializer())


def parts(name: str, help: str, flag_values: flags.FlagValues) -> None:
    """Defines a flag that names a part each time it is given."""
    flags.DEFINE_multi(_Part(), flags.ArgumentSerializer(), name, None, help, flag_values)


def path(name: str, default: str | None, help: str, flag_values: flags.FlagValues, **more: Any) -> None:
    """Defines a flag that holds a path."""
    flags.DEFINE(_Path(), name, default, help, flag_values, flags.ArgumentSerializer(), **more)


def whole(
    name: str, default: int | None, help: str, flag_values: flags.FlagValues, least: int, most: int = MOST
) -> None:
    """Defines a flag that holds a whole number from `least` to `most`."""
    flags.DEFINE_integer(name, default, help, least, most, flag_values)
