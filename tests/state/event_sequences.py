"""Generated events: any body of any type, and sequences of them as the runtime could have written them."""

import types
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from hypothesis import strategies as st
from pydantic import AwareDatetime, BaseModel

from state import events as e
from state.log import GENESIS, Event, seal
from state.principal import Principal

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
_PLAIN: dict[object, st.SearchStrategy[Any]] = {
    str: TEXT,
    int: st.integers(0, 2**40),
    float: st.floats(0, 1),
    bool: st.booleans(),
    type(None): st.none(),
    Any: JSON,
    Principal: st.just(Principal(tenant="northgate", user="o.brandt", roles=("officer",))),
    AwareDatetime: st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),
}
_START = datetime(2026, 3, 1, tzinfo=UTC)


@cache
def values(annotation: Any, most: int) -> st.SearchStrategy[Any]:
    """Values of a field's type; tuples hold up to `most`."""
    origin, args = get_origin(annotation), get_args(annotation)
    if annotation in _PLAIN:
        return _PLAIN[annotation]
    if origin is Annotated:
        return values(args[0], most)
    if origin is Literal:
        return st.sampled_from(args)
    if origin in (Union, types.UnionType):
        return st.one_of(*(values(arg, most) for arg in args))
    if origin is tuple and args[-1] is ...:
        return st.lists(values(args[0], most), max_size=most).map(tuple)
    if origin is tuple:
        return st.tuples(*(values(arg, most) for arg in args))
    if origin is dict:
        return st.dictionaries(TEXT, values(args[1], most), max_size=most)
    return models(annotation, most)


@cache
def models(model: type[BaseModel], most: int = 4) -> st.SearchStrategy[Any]:
    return st.builds(model, **{name: values(field.annotation, most) for name, field in model.model_fields.items()})


@cache
def bodies(most: int = 4, *, without: type[e.Body] | None = None) -> st.SearchStrategy[e.Body]:
    kinds = [kind for _, kind in sorted(e.BODY_TYPES.items()) if kind is not without]
    return st.sampled_from(kinds).flatmap(lambda kind: models(kind, most))


@st.composite
def sequences(draw: st.DrawFn, *, max_size: int = 40, most: int = 4) -> list[e.Body]:
    """The bodies of one thread: it begins with its creation, ids are new, a key has one live fact."""
    first = draw(models(e.ThreadCreated, most))
    drawn = draw(st.lists(bodies(most, without=e.ThreadCreated), max_size=max_size))
    return [first, *consistent(drawn)]


def widened(value: Any, times: int) -> Any:
    """Repeat whatever a value lists, each time a little different: drawing long lists takes too long."""
    match value:
        case BaseModel():
            return value.model_copy(update={name: widened(held, times) for name, held in value})
        case tuple():
            return tuple(_numbered(widened(one, times), n) for n in range(times) for one in value)
        case dict():
            return {f"{name}{n}": held for n in range(times) for name, held in value.items()}
        case _:
            return value


def _numbered(value: Any, n: int) -> Any:
    if isinstance(value, str):
        return f"{value}{n}"
    named = isinstance(value, BaseModel) and isinstance(getattr(value, "id", None), str)
    return value.model_copy(update={"id": f"{value.id}{n}"}) if named else value


def consistent(drawn: Iterable[e.Body]) -> list[e.Body]:
    live: dict[str, str] = {}
    kept: list[e.Body] = []
    for number, body in enumerate(drawn):
        match body:
            case e.FactConfirmed():
                fact = body.fact.model_copy(
                    update={"id": f"fact-{number}", "key": f"case:C-1/{len(body.fact.key) % 3}"}
                )
                if old := live.get(fact.key):
                    kept.append(e.FactSuperseded(fact_id=old, key=fact.key, by=fact.id, reason="corrected"))
                live[fact.key] = fact.id
                kept.append(e.FactConfirmed(fact=fact))
            case e.FactSuperseded():
                if live:
                    key, old = live.popitem()
                    kept.append(body.model_copy(update={"fact_id": old, "key": key}))
            case e.AssumptionRejected():
                assumption = body.assumption.model_copy(update={"id": f"rejected-{number}"})
                kept.append(e.AssumptionRejected(assumption=assumption))
            case e.DecisionRecorded():
                kept.append(body.model_copy(update={"decision_id": f"decision-{number}"}))
            case _:
                kept.append(body)
    return kept


def sealed(said: Sequence[e.Body], thread: str = "thread-1") -> list[Event]:
    """Bind bodies into a chain; a message begins a new turn."""
    turn, prev, events = 0, GENESIS, []
    for seq, body in enumerate(said, start=1):
        turn += isinstance(body, e.UserMessageReceived)
        at = _START + timedelta(seconds=seq)
        header = seal(body, thread=thread, seq=seq, prev=prev, turn=f"turn-{turn}", at=at, salt=b"0" * 16)  # pyright: ignore[reportArgumentType]
        prev = header.hash
        events.append(Event(header, body))  # pyright: ignore[reportArgumentType]
    return events
