"""`chatbot` and `python -m chatbot`: answer what needs no machinery at once, leave the rest to the command line."""

import gc
import os
import sys


def main() -> None:
    """Run the command; exits with an ExitCode."""
    if sys.argv[1:] == ["--version"]:
        from chatbot import __version__

        _leave(0, f"chatbot {__version__}\n")
    gc.disable()  # what is loaded now stays: looking for garbage among it only takes time (open_session enables it)
    from chatbot.cli import run

    _leave(run(sys.argv[1:]))


def _leave(code: int, last_words: str = "") -> None:
    """Exit without tearing down some thousand modules: that takes longer than a person's patience at a prompt."""
    try:
        sys.stdout.write(last_words)
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:  # whoever read our output has had enough
        pass
    except OSError:  # what we wrote is lost
        code = code or 1
    os._exit(code)


if __name__ == "__main__":
    main()
