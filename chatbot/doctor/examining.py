"""All checks, one after the other: each ends by its deadline, and is skipped where one that it needs has failed."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from chatbot.catalogue import Draft, draft, listed
from chatbot.config import ModelChoice, Settings, data_path, load_dotenv_file, load_settings
from chatbot.config.model import LOCAL, OFFLINE, PLAYBACK
from chatbot.config.sources import Options, options
from chatbot.deadline import within
from chatbot.doctor import asking, configuration, here, surroundings
from chatbot.doctor.endpoint import endpoint
from chatbot.doctor.finding import Finding, failed, skipped
from chatbot.doctor.key import key
from chatbot.errors import ChatbotError, ConfigError, ModelError
from chatbot.interrupt import Interrupt
from chatbot.models import Model, open_model
from chatbot.paths import expanded

MOST, MOST_HERE = 20.0, 120.0
"""Seconds for a check at most, however patient a chat is; and for a model of this process, which is loaded first."""
_GRACE = 1.0
"""Seconds more, so that what waits for a server can tell itself that it waited in vain."""
_SHORTEST = 8
"""A key with fewer characters protects nothing, and may be a part of any word."""
_NO_MODEL = {"model": OFFLINE, "api": "auto", "background": False, "store": False}
_SERVER = ("endpoint", "models", "answer", "tools", "status")


class _Time(NamedTuple):
    """What a chat would ask with: seconds for a check, and the temperature."""

    seconds: float
    temperature: float | None = 0.0


def examine(flags: Mapping[str, Any], before: Mapping[str, str]) -> Iterator[Finding]:
    """Yield what each check finds, as soon as it is made. before: the environment, before .env is read. Never raises.

    Nothing that is yielded holds the key.
    """
    yield from _findings(flags, before)
    yield surroundings.terminal(os.environ)
    yield surroundings.data(data_path())
    yield surroundings.versions()


def _findings(flags: Mapping[str, Any], before: Mapping[str, str]) -> Iterator[Finding]:
    try:
        load_dotenv_file(Path.cwd())
        chosen = options(flags)
    except ChatbotError as error:
        yield failed("configuration", error)
        yield from _all_skipped(("model", "key", *_SERVER), "the configuration cannot be read")
        return
    settings = _settings(flags)
    where = configuration.sources(chosen.env, Path.cwd())
    profile = str(flags.get("profile") or chosen.env.get("CHATBOT_PROFILE") or "")
    wrong = settings if isinstance(settings, ChatbotError) else None
    yield configuration.configuration(where, profile, wrong)
    try:
        who = draft(chosen, chosen.env)
    except ChatbotError as error:
        yield failed("model", error)
        yield from _all_skipped(("key", *_SERVER), "no model is chosen")
        return
    yield configuration.model(who, chosen)
    for finding in _of_model(who, chosen, _time(who.choice, settings), before):
        yield _masked(finding, who.choice.api_key)


def _time(choice: ModelChoice, settings: Settings | ChatbotError) -> _Time:
    most = MOST_HERE if choice.provider == LOCAL else MOST
    if isinstance(settings, ChatbotError):
        return _Time(most)
    return _Time(min(settings.timeout, most), settings.temperature)


def _settings(flags: Mapping[str, Any]) -> Settings | ChatbotError:
    """Return all settings but for the model, which is looked at by itself; or what is wrong with them."""
    try:
        return load_settings({**flags, **_NO_MODEL})
    except ChatbotError as error:
        return error


def _of_model(who: Draft, chosen: Options, time: _Time, before: Mapping[str, str]) -> Iterator[Finding]:
    choice = who.choice
    if choice.provider == PLAYBACK:
        yield from here.recording(expanded(choice.name))
    elif choice.provider == LOCAL:
        found = [here.library(), here.weights(choice.name)]
        yield from found
        if broken := next((one.check for one in found if one.mark != "ok"), ""):
            yield from _all_skipped(("answer", "tools", "status"), f"see {broken}")
        else:
            yield from _asked(choice, time)
    elif choice.provider != OFFLINE:
        yield from _of_server(who, chosen, time, before)


def _of_server(who: Draft, chosen: Options, time: _Time, before: Mapping[str, str]) -> Iterator[Finding]:
    """Yield what is found at a server; that it can be reached needs neither a key nor a model's name."""
    choice = who.choice
    keyed = key(who, os.environ, before)
    yield keyed
    origin = configuration.address_from(choice.provider, chosen)
    reached = _timed("endpoint", time.seconds, lambda _: endpoint(choice, origin, time.seconds / 2))
    yield reached
    if reached.mark == "fail":
        yield from _all_skipped(("models", "answer", "tools", "status"), "the server is not reached")
    elif keyed.mark == "fail":
        yield from _all_skipped(("models", "answer", "tools", "status"), "there is no key to ask with")
    else:
        yield _timed("models", time.seconds, lambda interrupt: _listing(choice, time, interrupt))
        if who.nameless:
            yield from _all_skipped(("answer", "tools", "status"), "no model is named")
        else:
            yield from _asked(choice, time)


def _listing(choice: ModelChoice, time: _Time, interrupt: Interrupt) -> Finding:
    return asking.listing(choice, lambda: listed(choice, timeout=time.seconds, interrupt=interrupt))


def _asked(choice: ModelChoice, time: _Time) -> Iterator[Finding]:
    """Yield how the model answers."""
    try:
        model = open_model(choice, timeout=time.seconds, temperature=time.temperature)
    except (ConfigError, ModelError) as error:
        yield failed("answer", error)
        yield from _all_skipped(("tools", "status"), "it does not answer")
        return
    with closing(model):
        yield from _answers(model, choice, time.seconds)


def _answers(model: Model, choice: ModelChoice, seconds: float) -> Iterator[Finding]:
    said: list[asking.Said] = []

    def count(interrupt: Interrupt) -> Finding:
        said.append(asking.said(model, asking.COUNT, interrupt))
        return asking.answer(said[0])

    found = _timed("answer", seconds, count)
    yield found
    if found.mark == "fail":
        yield from _all_skipped(("tools", "status"), "it does not answer")
        return
    if choice.provider == LOCAL:
        yield here.tools()
    else:
        yield _timed(
            "tools", seconds, lambda interrupt: asking.tools(asking.said(model, asking.CALL, interrupt), model.name)
        )
    yield asking.status(said[0], choice)


def _timed(check: str, seconds: float, work: Callable[[Interrupt], Finding]) -> Finding:
    """Return what the work finds; what fails, or is late, is a finding as well."""
    try:
        [found] = within(seconds + _GRACE, work)
    except ChatbotError as error:
        return failed(check, error)
    return found or asking.late(check, seconds)


def _all_skipped(checks: tuple[str, ...], why: str) -> Iterator[Finding]:
    return (skipped(check, why) for check in checks)


def _masked(finding: Finding, key: str | None) -> Finding:
    if not key or len(key) < _SHORTEST:
        return finding
    return replace(finding, found=finding.found.replace(key, "***"), fix=finding.fix.replace(key, "***"))
