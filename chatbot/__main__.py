"""`chatbot` and `python -m chatbot`: answer what needs no machinery at once, leave the rest to the command line."""

import gc
import os
import sys


def main() -> None:
    """Run the command; exits with an ExitCode."""
    if sys.argv[1:] == ["--version"]:
        from chatbot import __version__

        print(f"chatbot {__version__}")  # noqa: T201 - this is the data that was asked for
        return
    gc.disable()  # what is loaded now stays: looking for garbage among it only takes time (open_session enables it)
    from chatbot.cli import run

    _leave(run(sys.argv[1:]))


def _leave(code: int) -> None:
    """Exit without tearing down some thousand modules: that takes longer than a person's patience at a prompt."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:  # whoever read our output has gone
        pass
    os._exit(code)


if __name__ == "__main__":
    main()
