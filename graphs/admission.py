"""What may enter the graph: one message, or decisions on what waits. Nothing else.

LangGraph stores an input before any node sees it and believes what it says about
messages, state and checkpoints. So the input is taken apart here, and only its
meaning goes on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import BaseMessage
from langchain_core.runnables import RunnableConfig
from langgraph.types import Command

from dossier.cleaning import clean
from dossier.errors import ForgedInput, InvalidInput
from state.events import EntityRef

ID_LIMIT = 128
METADATA_LIMIT = 16
METADATA_CHARS = 256
SELECTION_LIMIT = 20
PLACEHOLDER = "do-not-render-"
"""How the ids begin of the tool messages that agent-chat-ui makes up beside a human message; nobody said them."""


@dataclass(frozen=True, slots=True)
class Message:
    """A human message that may begin a turn."""

    id: str | None
    """The client's id, which becomes the turn's; None when it gave none."""
    text: str
    locale: str | None = None
    request_id: str | None = None
    selection: tuple[EntityRef, ...] = ()
    metadata: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Decisions:
    """Answers to what waits, by interrupt or approval id; the key None is a bare answer."""

    answers: tuple[tuple[str | None, Any], ...]


@dataclass(frozen=True, slots=True)
class Continue:
    """No input: go on with what was cut off."""


Admitted = Message | Decisions | Continue


def admit(given: Any, *, max_chars: int) -> Admitted:
    """Return what an input means.

    Args:
        given: What the caller of the graph passed as input.
        max_chars: Length at most of a message's text.

    Raises:
        ForgedInput: It tries to set more than a human message.
        InvalidInput: It is no message, or too long, or empty.
    """
    if given is None:
        return Continue()
    if isinstance(given, Command):
        return _decisions(given)
    if not isinstance(given, Mapping):
        raise InvalidInput(
            f"The input is a {type(given).__name__}.", hint='Send {"messages": [{"role": "user", "content": "..."}]}.'
        )
    if extra := sorted(set(given) - {"messages"}):
        raise ForgedInput(f"The input sets {', '.join(map(repr, extra))}.", hint="Send only messages.")
    return _message(given.get("messages"), max_chars)


def thread_of(config: RunnableConfig) -> str:
    """Return the thread that a config names.

    Raises:
        InvalidInput: It names none, or a malformed one.
    """
    thread = (config.get("configurable") or {}).get("thread_id")
    if thread is None or thread == "":
        raise InvalidInput("No thread is named.", hint='Set config["configurable"]["thread_id"].')
    return _identifier(str(thread), "thread_id")


def checkpoint_of(config: RunnableConfig) -> str | None:
    """Return the checkpoint that a config names, if it names one: its thread exists then."""
    return (config.get("configurable") or {}).get("checkpoint_id") or None


def refuse_steering(config: RunnableConfig, before: Any, after: Any) -> None:
    """Refuse what would let a client steer the graph past its order.

    Raises:
        ForgedInput: The config names a checkpoint namespace, or breakpoints are set.
    """
    if (config.get("configurable") or {}).get("checkpoint_ns"):
        raise ForgedInput("The config names a checkpoint namespace.", hint="Name only the thread.")
    if before or after:
        raise ForgedInput("Breakpoints are not for clients.", hint="Leave interrupt_before and interrupt_after out.")


def _decisions(command: Command[Any]) -> Decisions:
    if command.goto or command.update or command.graph:
        raise ForgedInput("A command may only resume.", hint="Send Command(resume={interrupt_id: decision}).")
    resume = command.resume
    if resume is None:
        raise InvalidInput("The command resumes nothing.", hint="Send Command(resume={interrupt_id: decision}).")
    if isinstance(resume, Mapping) and resume and "decisions" not in resume and "type" not in resume:
        return Decisions(tuple((_identifier(str(key), "interrupt id"), value) for key, value in resume.items()))
    return Decisions(((None, resume),))


def _message(messages: Any, max_chars: int) -> Message:
    if isinstance(messages, (str, bytes)) or not isinstance(messages, Sequence):
        messages = [messages]
    messages = [message for message in messages if not _is_placeholder(message)]
    if len(messages) != 1:
        raise InvalidInput(
            f"The input has {len(messages)} messages.", hint="Send one human message; the history is remembered."
        )
    plain = _plain(messages[0])
    if plain.pop("role") not in ("human", "user"):
        raise ForgedInput("Only human messages may be sent.", hint="Use the role user.")
    text = clean(_text(plain.get("content")))
    if not text.strip():
        raise InvalidInput("The message is empty.", hint="Say something.")
    if len(text) > max_chars:
        raise InvalidInput(
            f"The message has {len(text)} characters; {max_chars} are allowed.", hint="Shorten it or split it."
        )
    message_id = plain.get("id")
    return Message(
        id=_identifier(str(message_id), "message id") if message_id else None,
        text=text,
        **_extras(plain.get("additional_kwargs") or {}),
    )


def _is_placeholder(message: Any) -> bool:
    """Tell whether a client only fills what it takes for a gap behind a tool call: it is dropped, never let in."""
    if not isinstance(message, Mapping) or message.get("type") != "tool":
        return False
    return str(message.get("id")).startswith(PLACEHOLDER)


def _plain(message: Any) -> dict[str, Any]:
    if isinstance(message, BaseMessage):
        message = {**message.model_dump(), "role": message.type}
    if not isinstance(message, Mapping):
        raise InvalidInput("A message is an object with role and content.", hint='{"role": "user", "content": "..."}')
    plain = dict(message)
    plain["role"] = plain.get("role") or plain.get("type")
    return plain


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, Sequence) and all(_is_text_block(block) for block in content):
        return "\n".join(block if isinstance(block, str) else str(block["text"]) for block in content)
    raise InvalidInput("The message holds something other than text.", hint="Send text or text blocks.")


def _is_text_block(block: Any) -> bool:
    if isinstance(block, str):
        return True
    return isinstance(block, Mapping) and block.get("type") == "text" and isinstance(block.get("text"), str)


def _extras(given: Any) -> dict[str, Any]:
    """Read what an interface may say about a message: bounded, and never identity."""
    given = given if isinstance(given, Mapping) else {}
    selection = given.get("selection") or ()
    metadata = given.get("metadata") or {}
    if not isinstance(selection, Sequence) or len(selection) > SELECTION_LIMIT:
        raise InvalidInput("The selection is malformed or too long.", hint="Send a list of {type, id}.")
    if not isinstance(metadata, Mapping) or len(metadata) > METADATA_LIMIT:
        raise InvalidInput("The metadata is malformed or too large.", hint=f"Send at most {METADATA_LIMIT} strings.")
    return {
        "locale": _short(given.get("locale")),
        "request_id": _short(given.get("request_id")),
        "selection": tuple(_selected(entity) for entity in selection),
        "metadata": tuple(sorted((str(_short(k)), str(_short(v))) for k, v in metadata.items())),
    }


def _selected(entity: Any) -> EntityRef:
    if not isinstance(entity, Mapping) or not entity.get("type") or not entity.get("id"):
        raise InvalidInput("The selection is malformed.", hint="Send a list of {type, id}.")
    return EntityRef(type=str(_short(entity["type"])), id=str(_short(entity["id"])))


def _short(value: Any) -> str | None:
    return None if value is None else clean(str(value))[:METADATA_CHARS]


def _identifier(value: str, what: str) -> str:
    if not value.isprintable() or not 1 <= len(value) <= ID_LIMIT:
        raise InvalidInput(f"The {what} is malformed.", hint=f"Use 1 to {ID_LIMIT} printable characters.")
    return value
