"""The command `kgan`, which is `python -m kgan` too."""

import os
import signal
import sys


def main() -> int:
    """Runs this process's command line; returns its exit status."""
    told = signal.getsignal(signal.SIGINT)
    if told is signal.default_int_handler:  # not where interrupts are ignored, as of a job in the background
        # Until the commands are there to tell it, an interrupt ends the process without a traceback.
        signal.signal(signal.SIGINT, lambda *_: os._exit(130))
    from kgan import commands

    signal.signal(signal.SIGINT, told)
    return commands.main()


if __name__ == "__main__":
    sys.exit(main())
