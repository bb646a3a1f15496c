"""`verify` names what was done to a log by someone who may do everything to the database but lacks the secret."""

import json
from dataclasses import replace

import psycopg
import pytest
from psycopg.rows import dict_row

from dossier.adapters.log import header_of
from dossier.adapters.verify import Verdict
from state.canonical import canonical, keyed
from tests.spine.filling import fill

EVENTS = 10


@pytest.fixture
async def written(services, officer, thread):
    await fill(services, officer, thread, "kestrel")
    return thread


@pytest.fixture
def tampering(database_url):
    """An administrator's connection on which no rule holds."""
    with psycopg.connect(database_url, autocommit=True, row_factory=dict_row) as conn:
        conn.execute("SET search_path = dossier; SET session_replication_role = replica")
        yield conn


async def _verdict(services, officer, thread):
    return await services.verifier.verify(officer.tenant, thread)


def _short(verdict):
    return verdict.status, verdict.at, verdict.sound


def _rehash(conn, thread, first, change):
    """Change an event and make every later link fit it; return the last hash."""
    rows = conn.execute("SELECT * FROM events WHERE thread_id = %s ORDER BY seq", [thread]).fetchall()
    prev = rows[first - 2]["hash"] if first > 1 else "0" * 64
    for row in rows[first - 1 :]:
        header = replace(header_of(thread, row), prev=prev)
        header = change(header) if header.seq == first else header
        prev = header.hash
        conn.execute(
            "UPDATE events SET prev = %s, type = %s, digest = %s, hash = %s WHERE thread_id = %s AND seq = %s",
            [header.prev, header.type, header.digest, header.hash, thread, header.seq],
        )
    return prev


@pytest.mark.req("EV-3")
async def test_an_untouched_log_is_intact(services, officer, written):
    assert await _verdict(services, officer, written) == Verdict("intact", EVENTS)


@pytest.mark.req("EV-3")
async def test_a_claimed_thread_in_which_nothing_was_said_is_intact(services, officer, thread):
    await services.log.claim(officer, thread)
    assert await _verdict(services, officer, thread) == Verdict("intact", 0)


@pytest.mark.req("EV-3")
async def test_an_edited_body_is_named(services, officer, written, tampering):
    tampering.execute("UPDATE payloads SET body = replace(body, 'kestrel', 'sparrow') WHERE seq = 5")
    assert _short(await _verdict(services, officer, written)) == ("broken", 5, False)


@pytest.mark.req("EV-3")
@pytest.mark.parametrize(
    "change",
    ["type = 'tool_call_completed'", "turn_id = 'x'", "at = at + '1 s'", "version = 2", "digest = 'x'", "prev = 'x'"],
)
async def test_an_edited_header_is_named(services, officer, written, tampering, change):
    tampering.execute(f"UPDATE events SET {change} WHERE seq = 4")
    assert _short(await _verdict(services, officer, written)) == ("broken", 4, False)


@pytest.mark.req("EV-3")
async def test_an_event_moved_to_another_tenant_is_missed(services, officer, written, tampering):
    tampering.execute("UPDATE events SET tenant_id = 'southmoor' WHERE seq = 4")
    assert _short(await _verdict(services, officer, written)) == ("broken", 4, False)


@pytest.mark.req("EV-3")
@pytest.mark.parametrize("seq", [1, 6])
async def test_a_deleted_event_is_missed(services, officer, written, tampering, seq):
    tampering.execute("DELETE FROM events WHERE seq = %s", [seq])
    assert _short(await _verdict(services, officer, written)) == ("broken", seq, False)


@pytest.mark.req("EV-3")
async def test_a_deleted_body_is_not_an_erasure(services, officer, written, tampering):
    tampering.execute("DELETE FROM payloads WHERE seq = 7")
    assert _short(await _verdict(services, officer, written)) == ("broken", 7, False)


@pytest.mark.req("EV-3")
@pytest.mark.parametrize("left", [7, 0])
async def test_a_cut_tail_is_truncated(services, officer, written, tampering, left):
    tampering.execute("DELETE FROM events WHERE seq > %s", [left])
    verdict = await _verdict(services, officer, written)
    assert (*_short(verdict), verdict.detail) == ("truncated", left + 1, False, f"{EVENTS - left} missing")


@pytest.mark.req("EV-3")
async def test_a_cut_tail_with_a_rewound_head_is_rewritten(services, officer, written, tampering):
    tampering.execute("DELETE FROM events WHERE seq > 7")
    tampering.execute("UPDATE threads SET seq = 7, head = (SELECT hash FROM events WHERE seq = 7)")
    assert _short(await _verdict(services, officer, written)) == ("rewritten", None, False)


@pytest.mark.req("EV-3")
async def test_a_cut_tail_with_an_older_head_put_back_is_truncated(services, officer, thread, tampering):
    await services.log.claim(officer, thread)
    old = tampering.execute("SELECT seq, head, head_mac FROM threads").fetchone()
    await fill(services, officer, thread, "kestrel")
    tampering.execute("DELETE FROM events")
    tampering.execute("UPDATE threads SET seq = %(seq)s, head = %(head)s, head_mac = %(head_mac)s", old)
    verdict = await _verdict(services, officer, thread)
    assert (*_short(verdict), verdict.detail) == ("truncated", 1, False, "10 missing")


@pytest.mark.req("EV-3")
@pytest.mark.parametrize("with_head", [False, True])
@pytest.mark.parametrize("first", [1, 5, EVENTS])
async def test_a_log_hashed_anew_from_some_point_is_rewritten(services, officer, written, tampering, first, with_head):
    body = canonical({"type": "thread_created", "owner": {"tenant": "northgate", "user": "m.allory"}}).decode()
    tampering.execute("UPDATE payloads SET body = %s WHERE seq = %s", [body, first])
    salt = bytes(tampering.execute("SELECT salt FROM payloads WHERE seq = %s", [first]).fetchone()["salt"])
    last = _rehash(tampering, written, first, lambda h: replace(h, digest=keyed(salt, body.encode())))
    if with_head:
        tampering.execute("UPDATE threads SET head = %s", [last])
    assert _short(await _verdict(services, officer, written)) == ("rewritten", None, False)


@pytest.mark.req("EV-3")
async def test_an_event_added_without_the_key_is_rewritten(services, officer, written, tampering):
    tampering.execute(
        "INSERT INTO events SELECT thread_id, 11, tenant_id, hash, type, version, turn_id, at, digest, '' FROM events"
        " WHERE seq = 10; INSERT INTO payloads SELECT thread_id, 11, tenant_id, salt, body FROM payloads WHERE seq = 10"
    )
    _rehash(tampering, written, 11, lambda header: header)
    assert _short(await _verdict(services, officer, written)) == ("rewritten", None, False)


@pytest.mark.req("EV-3")
async def test_swapped_heads_of_two_threads_are_rewritten(services, officer, written, tampering):
    other = f"{written}-other"
    await fill(services, officer, other, "sparrow")
    heads = tampering.execute("SELECT thread_id, head, head_mac FROM threads").fetchall()
    for row, thread in zip(heads, reversed([head["thread_id"] for head in heads]), strict=True):
        params = [row["head"], row["head_mac"], thread]
        tampering.execute("UPDATE threads SET head = %s, head_mac = %s WHERE thread_id = %s", params)
    for thread in (written, other):
        assert _short(await _verdict(services, officer, thread)) == ("rewritten", None, False)


@pytest.mark.req("EV-3")
async def test_swapped_logs_of_two_threads_are_broken_at_their_first_event(services, officer, written, tampering):
    other = f"{written}-other"
    await fill(services, officer, other, "sparrow")
    for table in ("events", "payloads", "threads"):
        tampering.execute(
            f"UPDATE {table} SET thread_id = CASE thread_id WHEN %s THEN 'x' ELSE %s END", [written, written]
        )
        tampering.execute(f"UPDATE {table} SET thread_id = %s WHERE thread_id = 'x'", [other])
    for thread in (written, other):
        assert _short(await _verdict(services, officer, thread)) == ("broken", 1, False)


@pytest.mark.req("EV-3")
async def test_a_body_replaced_together_with_its_digest_is_named(services, officer, written, tampering):
    body, salt = '{"type":"thread_cleared","by":"m.allory"}', b"0" * 16
    tampering.execute("UPDATE payloads SET body = %s, salt = %s WHERE seq = 6", [body, salt])
    tampering.execute("UPDATE events SET digest = %s WHERE seq = 6", [keyed(salt, body.encode())])
    assert _short(await _verdict(services, officer, written)) == ("broken", 6, False)


@pytest.mark.req("EV-3")
async def test_two_swapped_bodies_are_named(services, officer, written, tampering):
    tampering.execute(
        "UPDATE payloads SET seq = CASE seq WHEN 3 THEN -5 ELSE -3 END WHERE seq IN (3, 5);"
        "UPDATE payloads SET seq = -seq WHERE seq < 0"
    )
    assert _short(await _verdict(services, officer, written)) == ("broken", 3, False)


@pytest.mark.req("EV-3", "PR-2")
async def test_an_erased_thread_is_erased_and_sound_until_it_is_touched(services, officer, written, tampering):
    await services.eraser.erase(officer, written, reason="asked for")
    assert await _verdict(services, officer, written) == Verdict("erased", EVENTS + 1, erased=EVENTS)
    tampering.execute("INSERT INTO payloads SELECT thread_id, 5, tenant_id, '\\x00', '{}' FROM events WHERE seq = 5")
    assert _short(await _verdict(services, officer, written)) == ("broken", 5, False)
    tampering.execute("DELETE FROM payloads WHERE seq = 5; DELETE FROM events WHERE seq = 11")
    assert _short(await _verdict(services, officer, written)) == ("broken", 1, False)


@pytest.mark.req("EV-3", "PR-2")
async def test_a_redacted_event_is_erased_and_sound_and_hides_no_other(services, officer, written, tampering):
    await services.eraser.redact(officer, written, [8], reason="asked for")
    assert await _verdict(services, officer, written) == Verdict("erased", EVENTS + 1, erased=1)
    tampering.execute("DELETE FROM payloads WHERE seq = 5")
    assert _short(await _verdict(services, officer, written)) == ("broken", 5, False)


@pytest.mark.req("EV-3", "PR-2")
@pytest.mark.parametrize("forged", ["no json", '{"seqs": "all"}', None])
async def test_a_forged_record_of_an_erasure_excuses_nothing(services, officer, written, tampering, forged):
    await services.eraser.redact(officer, written, [8], reason="asked for")
    if forged is None:
        row = tampering.execute("SELECT body FROM payloads WHERE seq = 11").fetchone()
        forged = json.dumps({**json.loads(row["body"]), "seqs": [5, 8]})
    tampering.execute("UPDATE payloads SET body = %s WHERE seq = 11", [forged])
    tampering.execute("DELETE FROM payloads WHERE seq = 5")
    assert _short(await _verdict(services, officer, written)) == ("broken", 5, False)


@pytest.mark.req("EV-3")
async def test_another_deployments_secret_does_not_fit(open_case_desk, services, officer, written):
    async with open_case_desk(secret="6f" * 32) as others:
        assert _short(await others.verifier.verify(officer.tenant, written)) == ("rewritten", None, False)
