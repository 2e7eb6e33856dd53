"""Holding what happened against what was expected; pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from fnmatch import fnmatchcase

from chatbot.events import Stop
from chatbot.masking import Mask
from chatbot.render.clean import one_line
from chatbot.replay.comparing import argument_misses, as_json, result_misses, text_misses
from chatbot.replay.happened import Called, Happened
from chatbot.scripts.form import CallCheck, Expect
from chatbot.scripts.source import Steps

Place = tuple[str, int]
"""What of a turn's dialogue: ("call", 0), ("result", 0), ("answer", 0) or ("end", 0)."""
END: Place = ("end", 0)


@dataclass(frozen=True, slots=True)
class Miss:
    """One expectation that does not hold.

    path: where it is below `expect`, such as calls, 1, arguments. said: what should be, and what is. expected and
    happened: lines for the dialogue, at the place. wrong: whether what stands there should not.
    """

    path: Steps
    said: str
    place: Place = END
    expected: tuple[str, ...] = ()
    happened: tuple[str, ...] = ()
    wrong: bool = True


def misses(expect: Expect, happened: Happened, mask: Mask, stop: Stop | None = "done") -> list[Miss]:
    """Return what of the expectations does not hold, masked. stop: how it should end where they do not say."""
    found = [
        *_stop(expect.stop or stop, happened),
        *_calls(expect, happened.calls, mask),
        *_never(expect, happened.calls),
        *_answer(expect, happened, mask),
        *_limits(expect, happened),
    ]
    return [_masked(miss, mask) for miss in found]


def _masked(miss: Miss, mask: Mask) -> Miss:
    expected, happened = (tuple(map(mask.text, lines)) for lines in (miss.expected, miss.happened))
    return replace(miss, said=one_line(mask.text(miss.said)), expected=expected, happened=happened)


def _stop(wanted: Stop | None, happened: Happened) -> Iterator[Miss]:
    if wanted and happened.stop != wanted:
        detail = f" ({happened.detail})" if happened.detail else ""
        said = f"it should end with {wanted}, and ended with {happened.stop}{detail}"
        yield Miss(("stop",), said, END, (f"(ends: {wanted})",))


def _calls(expect: Expect, calls: Sequence[Called], mask: Mask) -> Iterator[Miss]:
    if expect.calls is not None:
        yield from _in_order(expect.calls, calls, mask)
    if expect.calls_in_any_order is not None:
        yield from _in_any_order(expect.calls_in_any_order, calls, mask)
    yield from _included(expect.calls_include, calls, mask)


def _in_order(checks: Sequence[CallCheck], calls: Sequence[Called], mask: Mask) -> Iterator[Miss]:
    """Pair the calls with those expected by the tools' names; what is left over is missing, or too much."""
    names = [check.tool for check in checks], [called.call.name for called in calls]
    start = [0, 0]
    for first, second, size in SequenceMatcher(None, *names, autojunk=False).get_matching_blocks():
        for number in range(start[0], first):
            yield _missing(("calls", number), checks[number], second, len(calls))
        for number in range(start[1], second):
            yield _unexpected(("calls",), calls[number], number)
        for step in range(size):
            yield from _of_call(
                ("calls", first + step), checks[first + step], calls[second + step], second + step, mask
            )
        start = [first + size, second + size]


def _in_any_order(checks: Sequence[CallCheck], calls: Sequence[Called], mask: Mask) -> Iterator[Miss]:
    """Pair as many calls as can be with expectations that they meet; then the rest by the tools' names."""
    fits = [[number for number, called in enumerate(calls) if _fits(check, called, mask)] for check in checks]
    taken: dict[int, int] = {}  # by call, the expectation that has it

    def place(check: int, seen: set[int]) -> bool:
        for number in fits[check]:
            if number not in seen:
                seen.add(number)
                if number not in taken or place(taken[number], seen):
                    taken[number] = check
                    return True
        return False

    left = [check for check in range(len(checks)) if not place(check, set())]
    rest = [number for number in range(len(calls)) if number not in taken]
    for check in left:
        same = next((number for number in rest if calls[number].call.name == checks[check].tool), None)
        key = ("calls_in_any_order", check)
        if same is None:
            yield _missing(key, checks[check], len(calls), len(calls))
        else:
            rest.remove(same)
            yield from _of_call(key, checks[check], calls[same], same, mask)
    for number in rest:
        yield _unexpected(("calls_in_any_order",), calls[number], number)


def _included(checks: Sequence[CallCheck], calls: Sequence[Called], mask: Mask) -> Iterator[Miss]:
    """Take for each expectation the next call that meets it; else tell of the next one of the same tool."""
    start = 0
    for index, check in enumerate(checks):
        key = ("calls_include", index)
        rest = range(start, len(calls))
        found = next((number for number in rest if _fits(check, calls[number], mask)), None)
        if found is not None:
            start = found + 1
            continue
        same = next((number for number in rest if calls[number].call.name == check.tool), None)
        if same is None:
            yield _missing(key, check, len(calls), len(calls))
        else:
            yield from _of_call(key, check, calls[same], same, mask)


def _fits(check: CallCheck, called: Called, mask: Mask) -> bool:
    return check.tool == called.call.name and next(_of_call((), check, called, 0, mask), None) is None


def _of_call(path: Steps, check: CallCheck, called: Called, number: int, mask: Mask) -> Iterator[Miss]:
    """Yield what of a call, and of its result, is not as expected."""
    name = f"call {number + 1}, {called.call.name},"
    for which, wanted in argument_misses(check, called.call.arguments, mask):
        said = f"{name} should be one that {wanted}; it has {mask.call(called.call).arguments or 'none'}"
        yield Miss((*path, *which.split(".")), said, ("call", number), (as_line(check),))
    result = called.result
    failure = result.failure if result else "interrupted"
    content = result.content if result else ""
    if check.failure is not None and check.failure != (failure or "none") and not (check.failure == "any" and failure):
        said = f"{name} should end with the failure {check.failure}, and ended with {failure or 'none'}: {content:.200}"
        yield Miss((*path, "failure"), said, ("result", number), (f"function response ({check.failure})",))
    for which, wanted in result_misses(check.result, content, mask) if check.result else ():
        said = f"the result of {name} should be one that {wanted}"
        yield Miss((*path, "result", which), said, ("result", number), (f"function response that {wanted}",))


def _missing(path: Steps, check: CallCheck, before: int, count: int) -> Miss:
    place: Place = ("call", before) if before < count else END
    return Miss(path, f"{check.tool} should be called here, and is not", place, (as_line(check),), wrong=False)


def _unexpected(path: Steps, called: Called, number: int) -> Miss:
    return Miss(path, f"call {number + 1}, {called.call.name}, is not expected", ("call", number))


def _never(expect: Expect, calls: Sequence[Called]) -> Iterator[Miss]:
    for number, called in enumerate(calls):
        name = called.call.name
        for index, pattern in enumerate(expect.never_called):
            if fnmatchcase(name, pattern):
                yield Miss(("never_called", index), f"{name} should never be called", ("call", number))
        first = expect.never_before.get(name)
        if first and first not in called.succeeded:
            said = f"{name} should not be called before {first} has succeeded"
            yield Miss(("never_before", name), said, ("call", number))


def _answer(expect: Expect, happened: Happened, mask: Mask) -> Iterator[Miss]:
    text = "\n".join(happened.answers)
    for which, wanted in text_misses(expect.answer, text, mask) if expect.answer else ():
        place: Place = ("answer", len(happened.answers) - 1) if happened.answers else END
        yield Miss(
            ("answer", which),
            f"the answer should be one that {wanted}",
            place,
            (f"assistant: an answer that {wanted}",),
        )


def _limits(expect: Expect, happened: Happened) -> Iterator[Miss]:
    limits = (
        ("max_model_calls", expect.max_model_calls, happened.model_calls, "model calls"),
        ("max_tokens", expect.max_tokens, happened.tokens, "tokens"),
        ("max_seconds", expect.max_seconds, round(happened.seconds, 3), "seconds"),
    )
    for key, most, used, unit in limits:
        if most is not None and used > most:
            said = f"at most {most:.15g} {unit} are allowed, and {used:.15g} were used"
            yield Miss((key,), said, END, (f"(at most {most:.15g} {unit})",), (f"({used:.15g} {unit})",), False)


def as_line(check: CallCheck) -> str:
    """Return the expected call as a line of the dialogue."""
    told = [f"arguments {as_json(check.arguments)}"] if check.arguments is not None else []
    if check.arguments_include is not None:
        told.append(f"among its arguments {as_json(check.arguments_include)}")
    told += [f"a {name} that matches {pattern}" for name, pattern in check.arguments_match.items()]
    told += [f"a {name} of the type {kind}" for name, kind in check.arguments_types.items()]
    return f"assistant: call function {check.tool}" + "".join(f", with {part}" for part in told)
