"""What the user says, taken into the state: a wish, values, an answer to what was asked, or small talk."""

from collections.abc import Iterable
from dataclasses import replace

from chatbot.models.offline.distinctive import Scene, Values, distinctive
from chatbot.models.offline.intent import CLEAR, Catalog, Reading, understood, wish
from chatbot.models.offline.replies import answered
from chatbot.models.offline.schemas import Slot
from chatbot.models.offline.state import State, learned, missing, said, step
from chatbot.models.offline.talk import lean_of, mood_of
from chatbot.models.offline.unnamed import wished
from chatbot.models.offline.values import value_of
from chatbot.models.offline.words import Utterance, is_id_like, read, stems
from chatbot.types import Assistant, Message, ToolResult, User


def replayed(history: Iterable[Message], catalog: Catalog) -> State:
    """Return the state that the whole history leads to."""
    state = State()
    for message in history:
        match message:
            case User(text):
                state = heard(state, read(text), catalog)
            case Assistant():
                state = said(state, message, catalog)
            case ToolResult():
                state = learned(state, message, catalog)
    return state


def heard(state: State, utterance: Utterance, catalog: Catalog) -> State:
    """Return the state after the user said something."""
    state = replace(state, mood="", lost=False, doubt=())
    asked = missing(state, catalog) if state.spoken else ()
    mood = mood_of(utterance)
    if mood == "again" or (mood == "yes" and _failed_last(state)) or _repeats(state, utterance):
        return _again(state)
    if mood and not (mood in ("yes", "no") and any(slot.kind == "boolean" for slot in asked)):
        gives_up = mood in ("bye", "cancel") or (mood == "no" and not asked)
        return replace(state, mood=mood, goal="" if gives_up or mood == "no" else state.goal)
    reading = understood(utterance, catalog)
    found = _goal(state, reading, catalog, bool(asked))
    if len(found) > 1:
        facts = {find.slot.key: find.values for find in reading.finds}
        return replace(state, doubt=found, facts={**state.facts, **facts})
    if found:
        fresh = replace(state, goal=found[0])
        return _filled(fresh, utterance, reading, catalog, asked)
    if not asked and state.last:
        return _followed(state, utterance, reading, catalog)
    return _replied(state, utterance, reading, catalog, asked)


def _goal(state: State, reading: Reading, catalog: Catalog, awaited: bool) -> tuple[str, ...]:
    """A wish stays until it is fulfilled, unless another is clearly stated."""
    if not state.goal:
        return wish(reading, catalog)
    tools = wish(reading, catalog, CLEAR if awaited else 1.0)
    chain = catalog.chain(state.goal)
    if len(tools) == 1 and tools[0] not in chain:
        own = max((score for name, score in reading.scores if name in chain), default=0.0)
        return tools if reading.best[1] > own else ()
    return (state.goal,) if tools and set(tools) & set(chain) else ()


def _filled(state: State, utterance: Utterance, reading: Reading, catalog: Catalog, asked: tuple[Slot, ...]) -> State:
    """A wish was stated: what is named goes to all tools on the way, the rest to the tool that is wanted."""
    chain = catalog.chain(state.goal)
    card = catalog.cards[state.goal]
    scene, facts = _named(state, utterance, reading, catalog)
    open_asked = [slot for slot in asked if slot.tool in chain and slot.key not in facts]
    values: Values = {}
    if open_asked and open_asked[0].tool != state.goal:
        values |= distinctive(open_asked, scene, asked=True)
    free = [slot for slot in card.slots if slot.key not in facts]
    values |= distinctive(free, scene)
    values |= wished([slot for slot in free if slot.key not in values], scene)
    rest = [slot for slot in open_asked if slot.key not in values]
    if rest and not values and reading.best[0] == rest[0].tool:
        values |= answered(rest, scene)
    elif len(rest) == 1:
        values |= _left_over(rest[0], scene)
    return _merged(state, {**facts, **values}, catalog)


def _left_over(slot: Slot, scene: Scene) -> Values:
    """The one code that belongs to nothing else, for the one thing that was asked for beside the wish."""
    codes = [token for at, token in enumerate(scene.utterance.tokens) if scene.is_free(at) and is_id_like(token.text)]
    value = value_of(slot, codes[0].text) if len(codes) == 1 and slot.is_text else None
    return {} if value is None else {slot.key: (value,)}


def _named(state: State, utterance: Utterance, reading: Reading, catalog: Catalog) -> tuple[Scene, Values]:
    chain = set(catalog.chain(state.goal or step(state, catalog)))
    waiting = chain - state.done | {state.goal}
    finds = [find for find in reading.finds if find.slot.tool in waiting]
    # What is named for a tool that has done its part is still no answer to anything else.
    used = {at for find in reading.finds if find.slot.tool in chain for at in range(find.start, find.end)}
    vocabulary = catalog.vocabulary | frozenset(stems(" ".join(catalog.cards)))
    return Scene(utterance, used, vocabulary), {find.slot.key: find.values for find in finds}


def _merged(state: State, values: Values, catalog: Catalog) -> State:
    """After a failure one new value is enough, and after a call that came to no end an old one, too: the others are
    those of that call."""
    facts = {**state.facts, **values}
    tool = step(state, catalog)
    if any(name == tool for name, _ in state.failed) and any(key[0] == tool for key in values):
        facts = {**{key: value for key, value in state.tried.items() if key[0] == tool}, **facts}
        same = all(state.tried.get(key) == value for key, value in facts.items() if key[0] == tool)
        complete = {key for key in values if key[0] == tool} >= {slot.key for slot in catalog.cards[tool].required}
        facts = dict(state.facts) if same and not (complete or state.undecided) else facts
    return replace(state, facts=facts, goal=state.goal or tool)


def _replied(state: State, utterance: Utterance, reading: Reading, catalog: Catalog, asked: tuple[Slot, ...]) -> State:
    scene, facts = _named(state, utterance, reading, catalog)
    if facts:
        state = _merged(state, facts, catalog)
    asked = tuple(slot for slot in asked if slot.key not in state.facts)
    values = answered(asked, scene) if asked else {}
    if not facts and not values:
        return replace(state, lost=True)
    chosen = state.goal or step(state, catalog)
    return replace(state, facts={**state.facts, **values}, goal=chosen)


def _followed(state: State, utterance: Utterance, reading: Reading, catalog: Catalog) -> State:
    """`and 67890?`: the last wish once more, with what is new; the rest stays as it was."""
    card = catalog.cards.get(state.last)
    if card is None:
        return replace(state, lost=True)
    again = replace(state, goal=state.last)
    scene, facts = _named(again, utterance, reading, catalog)
    free = [slot for slot in card.slots if slot.key not in facts]
    leans = lean_of(utterance)
    scene.used.update(range(leans))
    values = distinctive(free, scene)
    texts = [slot for slot in card.required if slot.key not in {**facts, **values} and slot.is_text]
    if len(texts) == 1 and not (facts or values):
        values |= answered(texts, scene) if leans else wished(texts, scene)
    new = {**facts, **values}
    unread = [at for at in range(len(utterance.tokens)) if scene.is_free(at)]
    if not new or (unread and not leans):
        return replace(state, lost=True)
    kept = {key: value for key, value in state.tried.items() if key[0] == state.last}
    return replace(again, facts={**state.facts, **kept, **new})


def _failed_last(state: State) -> bool:
    return bool(state.failed) and bool(state.goal)


def _repeats(state: State, utterance: Utterance) -> bool:
    """Return whether, after a call that came to no end, just one of its values is said again."""
    words = utterance.raw.strip().strip("\"'.")
    values = (value for key, values in state.tried.items() if key[0] == state.last for value in values)
    return state.undecided and bool(state.goal) and any(str(value) == words for value in values)


def _again(state: State) -> State:
    tools = {name for name, _ in state.failed} or {state.last}
    kept = {key: value for key, value in state.tried.items() if key[0] in tools}
    goal = state.goal or state.last or next(iter(sorted(tools)), "")
    return replace(state, goal=goal, facts={**state.facts, **kept}, failed=frozenset(), lost=not goal)
