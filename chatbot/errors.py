"""What can go wrong, and the exit code each ends with.

ChatbotError
 ├── UsageError            2   the command line, a script or a pack is wrong
 ├── ConfigError           3   configuration or credentials are missing or wrong
 └── ModelError            1   the model did not answer
      ├── ContextTooLong       1   the conversation has more tokens than the model reads
      ├── CredentialsRefused   3
      └── ModelUnreachable     4
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """How the process ends; documented in the README."""

    OK = 0
    TURN_FAILED = 1
    USAGE = 2
    CONFIG = 3
    UNREACHABLE = 4
    INTERRUPTED = 130


class ChatbotError(Exception):
    """An error for people: one line that says what is wrong, where, and what to do."""

    exit_code = ExitCode.TURN_FAILED


class UsageError(ChatbotError):
    """The command line, a script or a pack is wrong."""

    exit_code = ExitCode.USAGE


class ConfigError(ChatbotError):
    """The configuration or the credentials are missing or wrong."""

    exit_code = ExitCode.CONFIG


class ModelError(ChatbotError):
    """The model did not answer."""


class ContextTooLong(ModelError):
    """The conversation has more tokens than the model reads."""


class CredentialsRefused(ModelError):
    """The server does not accept the key (401, 403)."""

    exit_code = ExitCode.CONFIG


class ModelUnreachable(ModelError):
    """No connection to the server could be made."""

    exit_code = ExitCode.UNREACHABLE
