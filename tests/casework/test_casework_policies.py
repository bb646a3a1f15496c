from collections.abc import Mapping

import pytest

from dossier.application import Action, Decision, Scope
from dossier.cedar import CedarAuthorizer, PoliciesInvalid, cedar_authorizer
from state.principal import Principal

AUTHORIZER = cedar_authorizer("casework")
OFFICER, SUPERVISOR = ("o.brandt", "officer"), ("s.okafor", "supervisor")
CLERK, SENIOR = ("p.amsel", "clerk"), ("h.varga", "senior_officer")
STAFF = (CLERK, OFFICER, SENIOR, SUPERVISOR)
READ, ASKS = "staff-calls-read-tools", "officer-asks-for-irreversible-steps"
SCHEMA = 'entity User, Tool; action "call" appliesTo { principal: [User], resource: [Tool] };'
ASKED = {"effect": "irreversible", "requested_by": "o.brandt", "tenant": "northgate"}


def case(tenant: str = "northgate", access: str = "agency", assigned_to: str = "s.okafor") -> Scope:
    return Scope("Case", "C-1", (("tenant", tenant), ("access", access), ("assigned_to", assigned_to)))


def decide(
    who: tuple[str, ...], action: Action, what: Scope, context: Mapping[str, str | bool], tenant: str = "northgate"
) -> Decision:
    return AUTHORIZER.decide(Principal(tenant=tenant, user=who[0], roles=who[1:]), action, what, context)


@pytest.mark.req("SV-4")
@pytest.mark.parametrize(
    ("who", "scope", "policies"),
    [
        (OFFICER, case(), ("staff-reads-open-cases",)),
        (SUPERVISOR, case(), ("staff-reads-open-cases",)),
        (OFFICER, case(access="assigned", assigned_to="o.brandt"), ("assigned-officer-reads-limited-case",)),
        (SUPERVISOR, case(access="assigned", assigned_to="o.brandt"), ("supervisor-reads-limited-cases",)),
        (OFFICER, Scope("Tenant", "northgate"), ("staff-reads-own-agency",)),
        (CLERK, case(), ("staff-reads-open-cases",)),
        (SENIOR, case(access="assigned", assigned_to="h.varga"), ("assigned-officer-reads-limited-case",)),
        (CLERK, case(access="assigned", assigned_to="p.amsel"), ()),
        (OFFICER, case(access="assigned"), ()),
        (OFFICER, case(tenant="southport"), ()),
        (SUPERVISOR, case(tenant="southport", access="assigned"), ()),
        (OFFICER, Scope("Tenant", "southport"), ()),
        (OFFICER, Scope("Case", "C-1"), ()),
        (OFFICER, Scope("Thread", "t"), ()),
        (("o.brandt",), case(), ()),
        (("o.brandt", "auditor"), case(), ()),
    ],
)
def test_staff_read_the_open_cases_of_their_own_agency_only(who: tuple[str, str], scope: Scope, policies: tuple[str]):
    assert decide(who, "read", scope, {}) == Decision(bool(policies), policies)


@pytest.mark.req("SV-4", "AP-3")
@pytest.mark.parametrize(
    ("tool", "clerk", "officer", "senior", "supervisor"),
    [
        ("get_case", READ, READ, READ, READ),
        ("list_evidence", READ, READ, READ, READ),
        ("search_documents", READ, READ, READ, READ),
        ("add_note", "clerk-adds-notes", "officer-adds-notes", "officer-adds-notes", None),
        ("draft_assessment", None, "officer-drafts-assessments", "officer-drafts-assessments", None),
        ("change_status", None, ASKS, ASKS, None),
        ("escalate_case", None, ASKS, ASKS, None),
        ("notify_licensee", None, ASKS, ASKS, None),
        ("delete_record", None, None, "senior-officer-asks-for-deletion", None),
        ("drop_case", None, None, None, None),
    ],
)
def test_each_role_calls_the_tools_that_a_policy_permits(
    tool: str, clerk: str | None, officer: str | None, senior: str | None, supervisor: str | None
):
    def expected(policy: str | None) -> Decision:
        return Decision(policy is not None, (policy,) if policy else ())

    scope = Scope("Tool", tool)
    assert decide(OFFICER, "call", scope, {"effect": "write"}) == expected(officer)
    assert decide(SUPERVISOR, "call", scope, {"effect": "write"}) == expected(supervisor)
    assert decide(CLERK, "call", scope, {"effect": "write"}) == expected(clerk)
    assert decide(SENIOR, "call", scope, {"effect": "write"}) == expected(senior)
    assert decide(("a.ito", "auditor"), "call", scope, {"effect": "write"}) == Decision(False, ())
    assert decide(("anyone",), "call", scope, {"effect": "write"}) == Decision(False, ())


@pytest.mark.req("AP-1")
@pytest.mark.parametrize("tool", ["add_note", "draft_assessment"])
def test_what_a_clerk_writes_waits_for_a_second_person_and_what_an_officer_writes_does_not(tool: str):
    alone = {who: decide(who, "call_alone", Scope("Tool", tool), {"effect": "write"}).allowed for who in STAFF}

    assert alone == {CLERK: False, OFFICER: True, SENIOR: True, SUPERVISOR: False}
    assert not decide(OFFICER, "call_alone", Scope("Tool", "change_status"), {"effect": "irreversible"}).allowed


@pytest.mark.req("AP-3")
@pytest.mark.parametrize(
    ("who", "tenant", "context", "allowed"),
    [
        (SUPERVISOR, "northgate", ASKED, True),
        (SUPERVISOR, "northgate", {**ASKED, "something_new": True}, True),
        (SUPERVISOR, "northgate", {**ASKED, "requested_by": "s.okafor"}, False),
        (("o.brandt", "officer", "supervisor"), "northgate", ASKED, False),
        (OFFICER, "northgate", {**ASKED, "requested_by": "someone"}, False),
        (SENIOR, "northgate", ASKED, False),
        (CLERK, "northgate", ASKED, False),
        (("a.ito", "auditor"), "northgate", ASKED, False),
        (SUPERVISOR, "southport", ASKED, False),
        (SUPERVISOR, "northgate", {"effect": "irreversible"}, False),
        (SUPERVISOR, "northgate", {**ASKED, "requested_by": ""}, False),
        (SUPERVISOR, "northgate", {**ASKED, "requested_by": True}, False),
        (SUPERVISOR, "northgate", {"effect": "irreversible", "requested_by": "o.brandt"}, False),
    ],
)
def test_only_a_supervisor_of_the_agency_who_did_not_ask_may_approve(
    who: tuple[str, ...], tenant: str, context: dict[str, str | bool], allowed: bool
):
    policies = ("supervisor-approves-as-second-person",) if allowed else ()
    assert decide(who, "approve", Scope("Tool", "change_status"), context, tenant) == Decision(allowed, policies)


def test_only_an_auditor_audits_and_only_their_own_agency():
    auditor = ("a.ito", "auditor")
    assert decide(auditor, "audit", Scope("Tenant", "northgate"), {}).policies == ("auditor-audits-own-agency",)
    assert not decide(auditor, "audit", Scope("Tenant", "southport"), {}).allowed
    assert not decide(SUPERVISOR, "audit", Scope("Tenant", "northgate"), {}).allowed


def test_names_made_to_look_like_policy_syntax_change_nothing():
    for name in ('x" in Role::"supervisor', "northgate/s.okafor", "o\nbrandt", "\u202eo.brandt"):
        assert not decide((name,), "read", case(), {}).allowed
        assert not decide((name, name), "approve", Scope("Tool", name), ASKED).allowed


def test_the_version_is_that_of_the_texts():
    permit = '@id("p") permit (principal, action, resource);'
    forbid = '@id("p") forbid (principal, action, resource);'
    one, again, other = (CedarAuthorizer({"a.cedar": t}, SCHEMA).version for t in (permit, permit, forbid))
    assert one == again != other
    assert cedar_authorizer("casework").version == AUTHORIZER.version


def test_policies_that_do_not_fit_their_schema_are_refused_when_they_are_loaded():
    for text in ("permit (principal, action", 'permit (principal, action == Action::"fly", resource);'):
        with pytest.raises(PoliciesInvalid):
            CedarAuthorizer({"a.cedar": text}, SCHEMA)


def test_a_folder_of_policies_has_one_schema(tmp_path, monkeypatch):
    (tmp_path / "ungoverned" / "policies").mkdir(parents=True)
    (tmp_path / "ungoverned" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(PoliciesInvalid, match="ungoverned/policies holds 0 schemas"):
        cedar_authorizer("ungoverned")
