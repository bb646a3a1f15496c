"""What each event changes of the session, told as one thread's story; whole values."""

from datetime import UTC, datetime

import pytest

from state import events as e
from state.facts import Fact
from state.fold import BrokenFold, fold
from state.log import Event
from state.principal import Principal
from state.session import (
    ACTS_LIMIT,
    APPROVALS_LIMIT,
    ASKS_LIMIT,
    FOCUS_LIMIT,
    LIST_ENTRIES_LIMIT,
    LISTS_LIMIT,
    PREFERENCES_LIMIT,
    RESULTS_LIMIT,
    TASK_LIMIT,
    Act,
    PendingQuestion,
    Profile,
    Session,
    ShownList,
    SummaryRef,
    ToolResultRef,
)
from state.summaries import Summary
from state.task import ActiveTask
from tests.state.event_sequences import sealed

OFFICER = Principal(tenant="northgate", user="o.brandt", roles=("officer",))
CREATED = e.ThreadCreated(owner=OFFICER)
CASE, REPORT = e.EntityRef(type="case", id="C-1", label="Case C-1"), e.EntityRef(type="report", id="R-1", label="R 1")
OPTIONS = (e.Option(type="report", id="R-1", label="R 1"), e.Option(type="report", id="R-2", label="R 2"))
SHOWN = tuple(e.EntityRef(type=o.type, id=o.id, label=o.label) for o in OPTIONS)
BOUNDS = {
    "focus": 8,
    "lists": 4,
    "entries": 20,
    "acts": 8,
    "asks": 10,
    "results": 8,
    "preferences": 20,
    "approvals": 32,
    "task": 32,
}


def said(text: str = "hello", **more: object) -> e.UserMessageReceived:
    return e.UserMessageReceived.model_validate(
        {"message_id": "m", "text": text, "principal": OFFICER, "tokens": 3, **more}
    )


def ran(name: str, *shown: e.EntityRef) -> e.ToolCallCompleted:
    return e.ToolCallCompleted(call=e.CallRef(ordinal=0, index=0), name=name, args={}, content="done", shown=shown)


def question(phrase: str = "the report", options: tuple[e.Option, ...] = OPTIONS) -> e.ClarificationRequested:
    return e.ClarificationRequested(phrase=phrase, question="Which?", options=options, request="Quote the report.")


def approval(name: str) -> e.HumanApprovalRequested:
    return e.HumanApprovalRequested(
        approval_id=name,
        call=e.CallRef(ordinal=0, index=0),
        name="change_status",
        args={},
        args_hash="x",
        description="",
        requested_by="o.brandt",
        expires_at=datetime(2026, 3, 2, tzinfo=UTC),
    )


def session(*bodies: e.Body) -> Session:
    return fold(None, sealed([CREATED, *bodies]))


def changed(before: tuple[e.Body, ...], body: e.Body) -> dict[str, object]:
    """Return the fields that one more event changes, its stamp left out."""
    was, now = session(*before), session(*before, body)
    stamps = {"version", "hash", "updated_at"}
    return {name: value for name, value in now if name not in stamps and getattr(was, name) != value}


@pytest.mark.req("EV-2", "ST-2")
def test_a_thread_begins_with_its_owner_and_nothing_else():
    (event,) = sealed([CREATED])
    at = datetime(2026, 3, 1, 0, 0, 1, tzinfo=UTC)
    assert fold(None, [event]) == Session(
        thread="thread-1",
        tenant="northgate",
        user="o.brandt",
        created_at=at,
        updated_at=at,
        version=1,
        hash=event.header.hash,
    )


@pytest.mark.req("EV-2", "PR-2")
def test_a_thread_whose_creation_was_erased_has_no_owner_and_keeps_its_place():
    (event,) = sealed([CREATED])
    erased = fold(None, [Event(event.header, None)])
    assert (erased.tenant, erased.user, erased.version, erased.hash) == ("", "", 1, event.header.hash)


@pytest.mark.req("EV-2")
def test_no_events_make_no_session_and_the_refusal_says_which_event_was_expected():
    with pytest.raises(BrokenFold) as refused:
        fold(None, [])
    assert str(refused.value) == "expected event 1, got 0"
    with pytest.raises(BrokenFold) as late:
        fold(None, sealed([CREATED, said()])[1:])
    assert str(late.value) == "expected event 1, got 2"


@pytest.mark.req("ST-2")
def test_a_message_opens_a_turn_counts_it_and_brings_what_is_selected_to_the_front():
    assert changed((), said(selection=(CASE,))) == {
        "open_turn": "turn-1",
        "turns": 1,
        "since_summary_turns": 1,
        "since_summary_tokens": 3,
        "focus": (CASE,),
    }
    assert changed((said(),), e.AssistantResponseGenerated(message_id="a", text="hi", tokens=5)) == {
        "since_summary_tokens": 8
    }
    assert changed((said(), e.TurnEnded(outcome="answered")), said()) == {
        "open_turn": "turn-2",
        "turns": 2,
        "since_summary_turns": 2,
        "since_summary_tokens": 6,
    }


@pytest.mark.req("ST-2", "PR-2")
def test_an_erased_message_still_opens_its_turn_and_an_erased_end_closes_it():
    events = sealed([CREATED, said(), e.TurnEnded(outcome="answered")])
    opened = fold(None, [events[0], Event(events[1].header, None)])
    assert (opened.open_turn, opened.turns, opened.since_summary_turns, opened.focus) == ("turn-1", 1, 0, ())
    approving = sealed([CREATED, said(), approval("a"), e.TurnEnded(outcome="failed")])
    waiting = fold(None, approving[:3])
    assert (waiting.open_turn, waiting.approvals) == ("turn-1", ("a",))
    closed = fold(waiting, [Event(approving[3].header, None)])
    assert (closed.open_turn, closed.approvals, closed.turns) == (None, (), 1)
    other = sealed([CREATED, said(), e.ProfileHinted(name="Ada")])
    assert fold(None, [*other[:2], Event(other[2].header, None)]).open_turn == "turn-1"


@pytest.mark.req("RF-4", "ST-2")
def test_a_question_waits_with_its_options_and_shows_them_as_a_list():
    assert changed((said(),), question()) == {
        "question": PendingQuestion(turn="turn-1", phrase="the report", options=SHOWN, request="Quote the report."),
        "lists": (ShownList(turn=1, entries=SHOWN),),
    }
    alone = changed((said(),), question(options=OPTIONS[:1]))
    assert alone == {
        "question": PendingQuestion(turn="turn-1", phrase="the report", options=SHOWN[:1], request="Quote the report.")
    }


@pytest.mark.req("RF-4")
def test_a_question_outlives_its_own_turn_and_no_other():
    asked = (said(), question(), e.TurnEnded(outcome="clarified"))
    assert session(*asked).question == PendingQuestion(
        turn="turn-1", phrase="the report", options=SHOWN, request="Quote the report."
    )
    answered = session(*asked, said(), e.TurnEnded(outcome="answered"))
    assert (answered.question, answered.asks, answered.open_turn) == (None, (), None)


@pytest.mark.req("ST-2")
def test_what_was_not_answered_stays_asked_until_an_answer():
    failed = (said(), e.TurnEnded(outcome="failed"))
    assert changed((said(),), e.TurnEnded(outcome="failed")) == {"open_turn": None, "asks": ("turn-1",)}
    assert session(*failed, *failed).asks == ("turn-1", "turn-2")
    assert session(*failed, said(), e.TurnEnded(outcome="answered")).asks == ()


@pytest.mark.req("ST-2", "RF-2")
def test_a_tools_result_is_referred_to_and_what_it_was_done_to_can_be_named():
    assert changed((said(),), ran("list_evidence", *SHOWN)) == {
        "tool_results": (ToolResultRef(seq=3, name="list_evidence"),),
        "lists": (ShownList(turn=1, entries=SHOWN),),
        "acts": (Act(turn=1, action="list_evidence", target="R-1"),),
    }
    assert changed((said(),), ran("ping")) == {
        "tool_results": (ToolResultRef(seq=3, name="ping"),),
        "acts": (Act(turn=1, action="ping", target=None),),
    }
    twice = session(said(), ran("get_case", CASE), ran("list_evidence", *SHOWN))
    assert [a.action for a in twice.acts] == ["get_case", "list_evidence"]
    assert [r.seq for r in twice.tool_results] == [3, 4]


@pytest.mark.req("AP-6", "ST-2")
def test_an_approval_waits_until_it_is_decided_and_no_longer_than_its_turn():
    assert changed((said(),), approval("a")) == {"approvals": ("a",)}
    call = e.CallRef(ordinal=0, index=0)
    overtaken = e.HumanApprovalExpired(approval_id="a", call=call, name="change_status", reason="overtaken")
    assert changed((said(), approval("a"), approval("b")), overtaken) == {"approvals": ("b",)}
    assert session(said(), approval("a"), e.TurnEnded(outcome="failed")).approvals == ()


@pytest.mark.req("SM-1", "ST-2")
def test_a_summary_is_pointed_at_and_starts_the_count_anew():
    covered = e.SummaryGenerated(summary=Summary(covers_turn="turn-1", covers_seq=2), reason="turns")
    assert changed((said(),), covered) == {
        "summary": SummaryRef(seq=3, covers_turn="turn-1", covers_seq=2),
        "since_summary_turns": 0,
        "since_summary_tokens": 0,
    }


@pytest.mark.req("ST-2")
def test_only_what_the_user_spoke_of_is_the_topic_newest_first_and_once():
    first = e.EntitiesMentioned(entities=(CASE, REPORT), by="user")
    assert changed((), first) == {"focus": (CASE, REPORT)}
    renamed = e.EntityRef(type="report", id="R-1", label="Report 1")
    assert changed((first,), e.EntitiesMentioned(entities=(renamed,), by="user")) == {"focus": (renamed, CASE)}
    assert changed((first,), e.EntitiesMentioned(entities=(renamed,), by="tool")) == {}


@pytest.mark.req("ST-8", "ST-2")
def test_a_hint_about_the_user_adds_to_what_is_known_and_a_later_one_wins():
    first = e.ProfileHinted(name="Ada", preferences={"language": "German", "tone": "brief"})
    assert changed((), first) == {"profile": Profile(name="Ada", preferences={"language": "German", "tone": "brief"})}
    later = session(first, e.ProfileHinted(preferences={"tone": "warm"})).profile
    assert later == Profile(name="Ada", preferences={"language": "German", "tone": "warm"})
    assert session(first, e.ProfileHinted(name="Grace")).profile.name == "Grace"


@pytest.mark.req("ST-2")
def test_the_task_is_what_was_set_last_and_the_reply_alone_is_what_a_provider_answered_last():
    task = ActiveTask(name="risk analysis", entities=("case:C-1",), constraints=("d-1",))
    assert changed((), e.TaskStateChanged(task=task, reason="asked")) == {"task": task}
    assert (
        session(e.TaskStateChanged(task=task, reason="asked"), e.TaskStateChanged(task=None, reason="done")).task
        is None
    )
    called = {"package_id": "p", "model": "m", "offline": True, "ordinal": 0, "text": ""}
    reply = e.ModelCalled.model_validate({**called, "response_id": "r-1"})
    assert changed((said(),), reply) == {"last_response_id": "r-1"}
    beside = e.ModelCalled.model_validate({**called, "response_id": "r-2", "purpose": "summary"})
    assert changed((said(), reply), beside) == {}


@pytest.mark.req("SV-7", "ST-2")
def test_clearing_forgets_all_but_the_count_of_turns_and_an_open_turn():
    everything = (
        said(selection=(CASE,)),
        question(),
        ran("list_evidence", *SHOWN),
        e.ProfileHinted(name="Ada"),
        e.TaskStateChanged(task=ActiveTask(name="t"), reason="asked"),
        e.SummaryGenerated(summary=Summary(covers_turn="turn-1", covers_seq=2), reason="turns"),
        e.TurnEnded(outcome="clarified"),
        said(),
    )
    cleared = session(*everything, e.ThreadCleared(by="o.brandt"))
    fresh = session(*everything)
    assert cleared == Session(
        thread=fresh.thread,
        tenant=fresh.tenant,
        user=fresh.user,
        created_at=fresh.created_at,
        updated_at=cleared.updated_at,
        turns=2,
        open_turn="turn-2",
        cleared_seq=10,
        version=10,
        hash=cleared.hash,
    )


@pytest.mark.req("ST-2", "PE-3")
def test_the_newest_are_kept_up_to_the_bounds_that_are_documented():
    refs = [e.EntityRef(type="case", id=f"C-{n}", label="") for n in range(40)]
    bounded = session(
        said(),
        *(ran(f"tool_{n}", *refs[n : n + 25]) for n in range(12)),
        *(approval(f"a-{n}") for n in range(40)),
        *(e.ProfileHinted(preferences={f"p{n}": "x"}) for n in range(30)),
        e.EntitiesMentioned(entities=tuple(refs), by="user"),
    )
    asked = session(*(body for _ in range(12) for body in (said(), e.TurnEnded(outcome="failed"))))
    assert [a.action for a in bounded.acts] == [f"tool_{n}" for n in range(4, 12)]
    assert [r.name for r in bounded.tool_results] == [f"tool_{n}" for n in range(4, 12)]
    assert [[entry.id for entry in shown.entries] for shown in bounded.lists] == [
        [f"C-{n}" for n in range(first, first + 20)] for first in range(8, 12)
    ]
    assert bounded.approvals == tuple(f"a-{n}" for n in range(8, 40))
    assert bounded.profile.preferences == {f"p{n}": "x" for n in range(10, 30)}
    assert bounded.focus == tuple(refs[:8])
    assert asked.asks == tuple(f"turn-{n}" for n in range(3, 13))
    many = tuple(str(n) for n in range(40))
    task = session(
        e.TaskStateChanged(task=ActiveTask(name="t", workflow=many, entities=many, constraints=many), reason="asked")
    ).task
    assert task == ActiveTask(name="t", workflow=many[:32], entities=many[:32], constraints=many[8:])
    options = tuple(e.Option(type="case", id=str(n)) for n in range(30))
    waiting = session(said(), question(options=options)).question
    assert waiting is not None
    assert [o.id for o in waiting.options] == [str(n) for n in range(20)]
    stated = (
        FOCUS_LIMIT,
        LISTS_LIMIT,
        LIST_ENTRIES_LIMIT,
        ACTS_LIMIT,
        ASKS_LIMIT,
        RESULTS_LIMIT,
        PREFERENCES_LIMIT,
        APPROVALS_LIMIT,
        TASK_LIMIT,
    )
    assert stated == tuple(BOUNDS.values())


@pytest.mark.req("EV-2")
def test_what_stands_in_tables_changes_nothing_of_the_session_but_its_version():
    fact = Fact(
        id="f-1",
        key="case:C-1/status",
        value="open",
        trust="user_claimed",
        source_turn="turn-1",
        observed_at=datetime(2026, 3, 1, tzinfo=UTC),
    )
    assert changed((said(),), e.FactConfirmed(fact=fact)) == {}
    now = session(said(), e.FactConfirmed(fact=fact))
    assert (now.version, now.updated_at) == (3, datetime(2026, 3, 1, 0, 0, 3, tzinfo=UTC))
