from chatbot import commands
from tests.repl.keys import ready


def test_a_commands_answer_breaks_no_word_on_a_narrow_screen(chat):
    terminal = chat(columns=40)  # beside the commands' names there is room for the longest word, and for little more
    ready(terminal)
    terminal.type("/help\r")
    terminal.wait_for("leaves.\n")
    terminal.wait_for_prompt()
    shown = terminal.text().partition("> /help\n")[2].splitlines()
    words = commands.run("/help", chat).text.split()
    assert " ".join(shown).split()[: len(words)] == words
    assert sum(line.startswith("/") for line in shown) == len(commands.registered())
