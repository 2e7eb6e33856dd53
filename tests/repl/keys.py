"""What tests of the chat in a real pseudo-terminal are written with: the keys, and when it is ready for them."""

import termios
from pathlib import Path

DRIVER = Path(__file__).with_name("driver.py")
ROOT = DRIVER.parents[2]
CTRL_C, CTRL_D, CTRL_J, CTRL_R, UP, ALT_ENTER = "\x03", "\x04", "\n", "\x12", "\x1b[A", "\x1b\r"
TAB, CTRL_X_CTRL_E = "\t", "\x18\x05"


def echoes(terminal):
    return termios.tcgetattr(terminal.child.child_fd)[3] & termios.ECHO


def ready(terminal):
    terminal.wait_for("NOTICE of the model")
    terminal.wait_for_prompt()
