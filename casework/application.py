"""The case desk of a regulator: what an adopter replaces by their own."""

from collections.abc import Sequence

from casework import install
from casework.agencies import agencies
from casework.corpus import documents
from casework.gateway import Gateway, Outbox
from casework.guards import GUARDS
from casework.known import known_entities
from casework.people import people
from casework.pieces import case_piece, passage_piece, policy_piece
from casework.store import Store, agency_scope
from casework.tools.add_note import add_note
from casework.tools.change_status import change_status
from casework.tools.delete_record import delete_record
from casework.tools.draft_assessment import draft_assessment
from casework.tools.escalate_case import escalate_case
from casework.tools.get_case import get_case
from casework.tools.list_evidence import list_evidence
from casework.tools.notify_licensee import notify_licensee
from casework.tools.search_documents import search_documents
from dossier.application import Application, Authorizer, Cursor, KnownEntity, Piece
from dossier.cedar import cedar_authorizer
from dossier.prompts import prompts_of
from dossier.tools import Tool
from state.events import EntityRef
from state.principal import Principal


class Casework(Application):
    """Cases, licensees and documents of three agencies."""

    name = "casework"
    version = "2"
    task = "casework"
    records = "cases and documents"
    guards = GUARDS

    def __init__(self, authorizer: Authorizer, gateway: Gateway) -> None:
        self.authorizer = authorizer
        self.prompts = prompts_of("casework")
        self.people = people()
        self._store = Store(authorizer)
        self.tools: Sequence[Tool] = (
            get_case(self._store),
            list_evidence(self._store),
            search_documents(self._store),
            add_note(self._store),
            draft_assessment(self._store),
            change_status(self._store),
            escalate_case(self._store),
            notify_licensee(self._store, gateway),
            delete_record(self._store),
        )

    def organisation(self, tenant: str) -> str:
        agency = agencies().get(tenant)
        return agency.name if agency else tenant

    def policies(self, principal: Principal) -> Sequence[Piece]:
        scope = agency_scope(principal)
        return [policy_piece(d, scope) for d in documents(principal.tenant) if d.about.always_applies]

    async def entities(self, cursor: Cursor, principal: Principal) -> Sequence[KnownEntity]:
        visible = await self._store.visible(cursor, principal)
        return known_entities(visible.cases, await self._store.documents(cursor, visible), agency_scope(principal))

    async def task_state(self, cursor: Cursor, principal: Principal, focus: Sequence[EntityRef]) -> Sequence[Piece]:
        return [
            case_piece(case, await self._store.evidence(cursor, case))
            for case in await self._store.cases_in_focus(cursor, principal, [ref.id for ref in focus])
        ]

    async def documents(
        self, cursor: Cursor, principal: Principal, query: str, focus: Sequence[EntityRef], limit: int
    ) -> Sequence[Piece]:
        visible = await self._store.visible(cursor, principal)
        cases = {case.id: case for case in visible.cases}
        found = await self._store.search(cursor, visible, query, focus=[ref.id for ref in focus], limit=limit)
        agency = agency_scope(principal)
        return [passage_piece(p, cases[p.document.case_id].scope if p.document.case_id else agency) for p in found]

    async def install(self, cursor: Cursor) -> None:
        await install.install(cursor)


def application(gateway: Gateway | None = None) -> Casework:
    """Return the application as it is served; notifications go to the outbox unless told otherwise."""
    return Casework(cedar_authorizer("casework"), gateway or Outbox())
