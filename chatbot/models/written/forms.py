"""The marks that models put around the calls they write, and what may stand between them. A new one is a new line.

Facts are taken from the models' chat templates and from what vLLM, SGLang and llama.cpp know of them.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

from chatbot.models.written import as_json, as_named, as_python, as_tags
from chatbot.models.written.calls import Call, Offer, Unreadable, broken

Reader = Callable[[str, Offer], tuple[Call, ...]]
"""Returns the calls that a text is, all of it. Raises ValueError (Unreadable is one) or RecursionError."""
WINDOW = 240
"""How many characters behind a mark tell whether a call begins there."""
_NAME = re.compile(r"\s*[\w.:/-]{1,128}")
_TRIES = 4


@dataclass(frozen=True, slots=True)
class Grammar:
    """How calls are written between marks.

    starts: what they begin with; after_name: what follows where they begin with a name; both without white space.
    closed: whether only the closing mark tells that nothing is missing.
    """

    read: Reader
    starts: tuple[str, ...] = ()
    after_name: tuple[str, ...] = ()
    closed: bool = False

    def begins(self, text: str) -> bool | None:
        """Return whether the text begins like this; None where more of it must come to tell."""
        found = _starts(_squeezed(text), self.starts)
        if self.after_name and not text.strip():
            return None
        name = _NAME.match(text) if self.after_name and found is not True else None
        if not name:
            return found
        followed = _starts(_squeezed(text[name.end() :]), self.after_name)
        return followed if followed or followed is None else found


@dataclass(frozen=True, slots=True)
class Form:
    """A mark that opens calls, the one that closes them (or the message's end), and what stands between."""

    opening: str
    closing: str
    grammars: tuple[Grammar, ...]

    @property
    def is_word(self) -> bool:
        """Whether the mark is one that people write, too."""
        return self.opening[0] not in "<["

    def begins(self, after: str, *, whole: bool = False) -> bool | None:
        """Return whether a call follows the opening mark; None where more must come to tell.

        whole: nothing more comes. Then a mark is enough, but for a word.
        """
        found = [grammar.begins(after[:WINDOW]) for grammar in self.grammars]
        undecided = None if None in found and len(after) < WINDOW else False
        undecided = False if whole and self.is_word else undecided
        return True if True in found else undecided

    def read(self, text: str, start: int, offer: Offer) -> tuple[tuple[Call, ...], int]:
        """Return the calls behind the opening mark at `start`, and where they end. What cannot be read is broken.

        The closing mark may be missing at the end of the message, or before the next opening one; it may also stand
        within an argument, so that the first one need not be the one that closes.
        """
        after = start + len(self.opening)
        ends = self._ends(text, after)
        for inner, end, closed in ends:
            for grammar in self.grammars:
                if closed or not grammar.closed:
                    try:
                        return grammar.read(text[after:inner], offer), end
                    except (ValueError, RecursionError):
                        continue
        return (broken(text[start : ends[0][1]]),), ends[0][1]

    def _ends(self, text: str, after: int) -> list[tuple[int, int, bool]]:
        """Return where what is inside may end, where its mark ends, and whether there is one."""
        marks = "|".join(re.escape(mark) for mark in (self.closing, self.opening) if self.closing)
        found = islice(re.compile(marks).finditer(text, after), _TRIES) if marks else ()
        ends = [
            (end.start(), end.end(), True) if end[0] == self.closing else (end.start(), end.start(), False)
            for end in found
        ]
        return ends if len(ends) == _TRIES else [*ends, (len(text), len(text), False)]


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _starts(text: str, with_: tuple[str, ...]) -> bool | None:
    if text.startswith(with_):
        return True
    return None if any(start.startswith(text) for start in with_) else False


def _fenced(text: str, offer: Offer) -> tuple[Call, ...]:
    found = re.fullmatch(r"\s*```(?:json)?\s*\n(.*?)\n?\s*(?:```\s*)?", text, re.DOTALL)
    if not found:
        raise Unreadable("no fence")
    return as_json.read(found[1], offer)


JSON = Grammar(as_json.read, ("{", "["))
JSON_LIST = Grammar(as_json.read, ("[{",))
FENCED = Grammar(_fenced, ("```json[", "```json{", "```[{"))
PYTHON = Grammar(as_python.read, ("[",), ("(",))
FUNCTION = Grammar(as_tags.FUNCTION.read, ("<function=",))
FUNCTION_INSIDE = Grammar(as_tags.FUNCTION_INSIDE.read, (), ("><parameter=", "></function>"), closed=True)
INVOKE = Grammar(as_tags.INVOKE.read, ("<invokename=", "<｜DSML｜invokename="))
ARG_KEYS = Grammar(as_tags.ARG_KEYS.read, (), ("<arg_key>", "</tool_call>"), closed=True)
ANGLE = Grammar(as_named.ANGLE.read, (), (">{",))
ARGS = Grammar(as_named.ARGS.read, (), ("[ARGS]", "[CALL_ID]", "{"))
SEPARATED = Grammar(as_named.SEPARATED.read, ("<｜tool▁call▁begin｜>",), ("<｜tool▁sep｜>",))
SECTION = Grammar(as_named.SECTION.read, ("<|tool_call_begin|>",), ("<|tool_call_argument_begin|>",))
REACT = Grammar(as_named.REACT.read, (), ("ActionInput:",))
GEMMA = Grammar(as_named.gemma, ("call:",))

FORMS = (
    Form("<tool_call>", "</tool_call>", (JSON, FUNCTION, ANGLE, ARG_KEYS)),  # Hermes, Qwen, Granite 4; Qwen-Coder; GLM
    Form("<tool_calls>", "</tool_calls>", (JSON,)),  # MiniMax M1, Hunyuan, Jamba, Apriel
    Form("<function_call>", "</function_call>", (JSON,)),  # Granite 20B
    Form("<function_calls>", "</function_calls>", (INVOKE, PYTHON)),  # Olmo 3
    Form("<function=", "</function>", (ANGLE, FUNCTION_INSIDE)),  # Llama 3.1, Functionary
    Form("<minimax:tool_call>", "</minimax:tool_call>", (INVOKE,)),  # MiniMax M2
    Form("<seed:tool_call>", "</seed:tool_call>", (FUNCTION,)),  # Seed-OSS
    Form("<longcat_tool_call>", "</longcat_tool_call>", (JSON,)),  # LongCat
    Form("<TOOLCALL>", "</TOOLCALL>", (JSON,)),  # Nemotron
    Form("<|tool_call|>", "<|/tool_call|>", (JSON,)),  # Granite 3, Phi-4
    Form("<|tool_call>", "<tool_call|>", (GEMMA,)),  # Gemma 4
    Form("<start_function_call>", "<end_function_call>", (GEMMA,)),  # FunctionGemma
    Form("<|tool_call_start|>", "<|tool_call_end|>", (PYTHON, JSON)),  # LFM2
    Form("<|python_tag|>", "<|eom_id|>", (JSON, PYTHON)),  # Llama 3, 4
    Form("<|action_start|><|plugin|>", "<|action_end|>", (JSON,)),  # InternLM
    Form("<|START_ACTION|>", "<|END_ACTION|>", (JSON,)),  # Command R7B, A
    Form("<｜DSML｜function_calls>", "</｜DSML｜function_calls>", (INVOKE,)),  # DeepSeek V3.2
    Form("<｜tool▁calls▁begin｜>", "<｜tool▁calls▁end｜>", (SEPARATED,)),  # DeepSeek V3, R1
    Form("<｜tool▁call▁begin｜>", "<｜tool▁call▁end｜>", (SEPARATED,)),
    Form("<|tool_calls_section_begin|>", "<|tool_calls_section_end|>", (SECTION,)),  # Kimi K2
    Form("<|tool_call_begin|>", "<|tool_call_end|>", (SECTION,)),
    Form("[TOOL_CALLS]", "", (JSON, ARGS)),  # Mistral
    Form("functools", "", (JSON_LIST,)),  # Phi-4-mini, Firefunction
    Form("Action:", "", (FENCED, REACT)),  # Command R; ReAct
)
BY_OPENING = {form.opening: form for form in FORMS}
OPENING = re.compile("|".join(map(re.escape, BY_OPENING)))
PREFIXES = frozenset(opening[:size] for opening in BY_OPENING for size in range(1, len(opening)))
"""The beginnings of opening marks, of which the rest may still come."""
LONGEST = max(map(len, BY_OPENING))
STRAY = re.compile(
    "|".join(map(re.escape, filter(None, (form.closing for form in FORMS))))
    + r"|<\|im_end\|>|<\|eot_id\|>|<\|eom_id\|>|<\|end_of_text\|>|<\|endoftext\|>|<\|end\|>|<end_of_turn>|</s>"
    + r"|<｜end▁of▁sentence｜>|<\|call\|>|<\|end_of_turn\|>"
)
"""Marks that servers should have taken away, where they stand behind calls."""
STRAY_END = re.compile(f"(?:{STRAY.pattern})$")
