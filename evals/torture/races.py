"""The races: each is a known failure of agent runtimes, played many times, each time on a new thread."""

from evals.torture import races_of_crashes as crashes
from evals.torture import races_of_decisions as decisions
from evals.torture import races_of_messages as messages
from evals.torture.race import Race
from evals.torture.stage import PLAIN, Runtime

KEYED: tuple[Runtime, ...] = ("endpoint",)
"""Its decisions name what they decide and no checkpoint, and its turns don't end with the request."""
IN_PROCESS: tuple[Runtime, ...] = ("ours", *PLAIN)
"""Have no client that could go away, and nothing beside the caller that would finish a turn."""

RACES = (
    Race("contrary decisions at the same moment, two processes", decisions.contrary_at_once, 1_000),
    Race("one decision twice at the same moment, two processes", decisions.same_at_once, 25),
    Race("one decision sent again later", decisions.same_again, 10),
    Race("the contrary decision after the first was carried out", decisions.contrary_later, 10),
    Race("a late bare yes meets the next question", decisions.stale_bare_click, 10, without=KEYED),
    Race("a late keyed yes meets the next question", decisions.stale_keyed_click, 10),
    Race("an answered checkpoint resumed with the contrary decision", decisions.answered_checkpoint, 10, without=KEYED),
    Race("parallel approvals answered in any order", decisions.parallel_in_any_order, 20),
    Race("parallel approvals answered at the same moment", decisions.parallel_at_once, 20),
    Race("'yes, go ahead' from the requester while a call waits", decisions.message_while_waiting, 10),
    Race("edited arguments, then a late yes to the first ones", decisions.edit_then_late_yes, 10),
    Race("a malformed answer, then a right one", decisions.malformed, 10),
    Race("a message sent again after its answer", messages.duplicate_message, 10),
    Race("one message at two processes at the same moment", messages.duplicates_at_once, 20),
    Race("two messages of one thread at two processes", messages.two_messages_at_once, 10),
    Race("32 messages of one thread at once", messages.many_messages_at_once, 2),
    Race("killed before the effect", crashes.killed("act:before"), 5, alone=True),
    Race("killed after the effect", crashes.killed("act:after"), 5, alone=True),
    Race("killed in the model call", crashes.killed_in_the_model_call, 5, alone=True),
    Race("a frozen writer wakes after it was overtaken", crashes.frozen_writer, 4, alone=True),
    Race("frozen before the effect, overtaken, woken", crashes.frozen_before_effect, 4, alone=True),
    Race("cancelled in mid-call, then the next message", crashes.cancelled_in_mid_call, 5, without=KEYED, alone=True),
    Race("the requester says yes", decisions.requester_approves, 5, without=PLAIN),
    Race("a yes after the time has run out", decisions.expired, 5, without=PLAIN, settings={"approval_ttl_seconds": 1}),
    Race("the client goes away, and asks again elsewhere", crashes.hung_up, 5, without=IN_PROCESS, alone=True),
    Race("killed in mid-turn, and nobody asks again", crashes.left_to_the_other, 4, without=IN_PROCESS, alone=True),
)
