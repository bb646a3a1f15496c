"""The order of a turn: nodes and edges, nothing else.

gate -> resolve_references -> (ask_clarification | build_context) -> call_model
     -> (review_tools -> request_approval -> run_tools -> build_context)* -> update_state
"""

from dataclasses import replace
from functools import partial
from typing import Any

from langgraph.graph import END, START, StateGraph

from dossier.context.alter import NOTHING, Alteration
from dossier.recall.strategies import strategy_named
from dossier.references.opinion import RanksReferences
from dossier.services import Services
from dossier.sources import Sources
from dossier.summaries import Thresholds
from dossier.telemetry.spans import Step, traced
from graphs import routes
from nodes.ask_beside import Beside
from nodes.ask_clarification import ask_clarification
from nodes.build_context import Maker, build_context
from nodes.call_model import call_model
from nodes.request_approval import request_approval
from nodes.resolve_references import resolve_references
from nodes.review_tools import review_tools
from nodes.run_tools import run_tools
from nodes.update_state import update_state
from state.channels import Channels, TurnInput


def build(s: Services, alteration: Alteration = NOTHING) -> StateGraph[Any, Any, Any, Any]:
    """Return the graph of one turn, each step bound to just the services that it touches.

    Args:
        s: Open services.
        alteration: What a rehearsal changes about its packages.
    """
    graph: StateGraph[Any, Any, Any, Any] = StateGraph(Channels, input_schema=TurnInput)
    ranker = s.app if s.settings.reference_ranking and isinstance(s.app, RanksReferences) else None
    log, count = s.log, s.counter.count
    stamps = {"now": s.now, "new_id": s.new_id}

    def add(name: str, step: Step) -> None:
        graph.add_node(name, traced(name, step))  # pyright: ignore[reportCallIssue, reportArgumentType]

    add("resolve_references", partial(resolve_references, log=log, db=s.db, app=s.app, ranker=ranker))
    add("ask_clarification", partial(ask_clarification, log=log, count=count))
    add(
        "build_context",
        partial(
            build_context,
            log=log,
            sources=sources_of(s, alteration),
            app=s.app,
            packages=s.packages,
            counter=s.counter,
            profile=s.profile,
            budget=s.settings.package_budget,
            alteration=alteration,
            **stamps,
        ),
    )
    limit = s.settings.tool_loop_limit
    add(
        "call_model",
        partial(
            call_model,
            log=log,
            packages=s.packages,
            models=s.models,
            retry=s.retry,
            guards=s.app.guards,
            profile=s.profile,
            meter=s.meter,
            counter=s.counter,
            tool_loop_limit=limit,
            trace_content=s.settings.telemetry_content,
        ),
    )
    add(
        "review_tools",
        partial(
            review_tools,
            log=log,
            db=s.db,
            app=s.app,
            approvals=s.approvals,
            approval_ttl=s.settings.approval_ttl_seconds,
            **stamps,
        ),
    )
    add("request_approval", partial(request_approval, approvals=s.approvals))
    add(
        "run_tools",
        partial(
            run_tools,
            log=log,
            db=s.db,
            app=s.app,
            approvals=s.approvals,
            effects=s.effects,
            approval_ttl=s.settings.approval_ttl_seconds,
            knowledge=s.knowledge,
            **stamps,
        ),
    )
    add(
        "update_state",
        partial(
            update_state,
            log=log,
            knowledge=s.knowledge,
            memories=s.memories,
            beside=_beside(s),
            task_name=s.app.task,
            thresholds=Thresholds(s.settings.summary_turns, s.settings.summary_tokens),
            count=count,
            **stamps,
        ),
    )

    graph.add_edge(START, "resolve_references")
    graph.add_conditional_edges("resolve_references", routes.after_references)
    graph.add_edge("ask_clarification", "update_state")
    graph.add_conditional_edges("build_context", routes.after_context)
    graph.add_conditional_edges("call_model", routes.after_model)
    graph.add_conditional_edges(
        "review_tools", partial(routes.after_review, approvals=s.approvals), ["request_approval", "run_tools"]
    )
    graph.add_edge("request_approval", "run_tools")
    graph.add_conditional_edges(
        "run_tools",
        partial(routes.after_tools, approvals=s.approvals),
        ["request_approval", "build_context", "update_state"],
    )
    graph.add_edge("update_state", END)
    return graph


def maker_of(s: Services) -> Maker:
    """Return what packages are made with."""
    return Maker(s.log, s.app, s.packages, s.counter, s.profile, s.settings.package_budget, s.now, s.new_id)


def _beside(s: Services) -> Beside:
    return Beside(maker_of(s), s.retry, s.meter, s.extractor, s.summariser)


def sources_of(s: Services, alteration: Alteration = NOTHING) -> Sources:
    """Return what context is gathered from.

    Raises:
        NotFound: The alteration names a prompt or a strategy that there is not.
    """
    limits, recollection = s.settings, s.recollection
    if alteration.strategy is not None:
        recollection = replace(recollection, strategy=strategy_named(alteration.strategy))
    return Sources(
        s.app,
        s.log,
        s.db,
        s.knowledge,
        recollection,
        s.memories,
        recent_turns=limits.turn_limit_recent,
        documents=limits.documents_limit,
        memories_limit=limits.memories_limit,
        prompt=alteration.prompt,
    )
