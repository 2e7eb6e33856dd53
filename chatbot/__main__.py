"""`chatbot` and `python -m chatbot`: answer what needs no machinery at once, leave the rest to the command line."""

import os
import sys


def main() -> None:
    """Run the command; exits with an ExitCode."""
    if sys.argv[1:] == ["--version"]:
        from chatbot import __version__

        print(f"chatbot {__version__}")  # noqa: T201 - this is the data that was asked for
        return
    from chatbot.cli import run

    code = run(sys.argv[1:])
    _leave(code)


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
