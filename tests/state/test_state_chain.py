"""The chain's bytes: known values that a log written by another version must still come to."""

import hashlib
import hmac
from datetime import UTC, datetime

import pytest

from state import events as e
from state.canonical import canonical, keyed, sha256
from state.channels import WINDOW, window
from state.log import GENESIS, Event, Header, genesis, plain_body, seal

NOW = datetime(2026, 5, 2, 9, tzinfo=UTC)
CLEARED = e.ThreadCleared(by="o.brandt")
HEADER = Header(thread="a", seq=2, prev=GENESIS, type="thread_cleared", version=1, turn="m1", at=NOW, digest="d" * 64)


@pytest.mark.req("EV-3")
def test_one_value_has_one_byte_form_in_utf8_with_sorted_keys_and_no_blanks():
    assert canonical({"b": [1, None], "a": "ü"}) == '{"a":"ü","b":[1,null]}'.encode()
    assert sha256(b"a") == hashlib.sha256(b"a").hexdigest()
    assert keyed(b"k", b"a") == hmac.new(b"k", b"a", hashlib.sha256).hexdigest()
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical(float("nan"))


@pytest.mark.req("EV-3", "EV-4")
def test_a_threads_chain_begins_at_zero_and_a_forks_at_its_origin():
    assert genesis(None) == GENESIS == "0" * 64
    assert genesis("thread-1") == hashlib.sha256(b'["fork","thread-1"]').hexdigest()
    assert genesis("thread-1") != genesis("thread-2")


@pytest.mark.req("EV-3")
def test_the_hash_is_that_of_the_header_as_written_down():
    plain = f'["a",2,"{GENESIS}","thread_cleared",1,"m1","2026-05-02T09:00:00+00:00","{"d" * 64}"]'
    assert HEADER.hash == hashlib.sha256(plain.encode()).hexdigest()
    assert Event(HEADER, None).seq == 2


@pytest.mark.req("EV-3", "PR-2")
def test_a_header_names_its_body_by_a_digest_that_only_the_salt_can_repeat():
    assert plain_body(CLEARED) == b'{"by":"o.brandt","type":"thread_cleared"}'
    sealed = seal(CLEARED, thread="a", seq=2, prev=GENESIS, turn="m1", at=NOW, salt=b"salt")
    digest = hmac.new(b"salt", plain_body(CLEARED), hashlib.sha256).hexdigest()
    assert sealed == Header("a", 2, GENESIS, "thread_cleared", 1, "m1", NOW, digest)


@pytest.mark.req("PE-3")
def test_the_window_keeps_the_newest_24_and_a_repetition_moves_to_the_end():
    messages = [{"id": str(n), "content": "x"} for n in range(30)]
    again = {"id": "10", "content": "y"}
    assert WINDOW == 24
    assert window([], messages) == messages[6:]
    assert window(messages[6:], [again]) == [m for m in messages[6:] if m["id"] != "10"] + [again]
    assert window(messages[:2], messages[2:4]) == messages[:4]
