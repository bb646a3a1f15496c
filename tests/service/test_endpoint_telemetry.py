"""What traces, metrics and logs tell, and that they hold nothing that was said unless that is switched on."""

import json

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tests.service.conftest import Serve, begin, say

SECRET = "Heliotrope"


@pytest.fixture(scope="module")
def traces() -> InMemorySpanExporter:
    """Spans of this process; one provider for all tests, as in a process that serves."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    return exporter


def chat_of(spans: tuple[ReadableSpan, ...]) -> ReadableSpan:
    return next(span for span in spans if span.name == "chat dossier-offline")


@pytest.mark.req("OB-1")
async def test_a_model_call_is_traced_with_its_package_versions_budget_usage_and_cost(
    serve: Serve, traces: InMemorySpanExporter
) -> None:
    traces.clear()
    async with serve([{"kind": "text", "text": f"No {SECRET} here."}]) as replica:
        place = await begin(replica.officer)
        client = replica.client({"x-api-key": "officer", "X-Request-ID": "req-1"})
        answer = await client.post(f"{place}/messages", json=say(f"What about {SECRET}?", id="m1"))
        (call,) = (await replica.officer.get(f"{place}/receipts")).json()["calls"]
        receipt = (await replica.officer.get(f"/v1/receipts/{call['package']}")).json()
    spans = traces.get_finished_spans()
    told = dict(chat_of(spans).attributes or {})

    assert answer.headers["X-Request-ID"] == "req-1"
    assert {name: told[f"dossier.{name}"] for name in told_names()} == {
        "session_id": receipt["conversation"],
        "tenant_id": "northgate",
        "request_id": "req-1",
        "turn_id": "m1",
        "context_package_id": receipt["package"],
        "prompt_version": receipt["prompt_version"],
        "model_profile": receipt["model_profile"],
        "included": tuple(item["id"] for item in receipt["included"]),
        "excluded": tuple(item["id"] for item in receipt["excluded"]),
        "token_budget": receipt["budget"],
        "estimated_tokens": receipt["tokens"],
        "retrieval_query_id": f"{receipt['conversation']}/m1",
        "summary_version": "",
        "state_snapshot_version": receipt["snapshot_version"],
        "policy_scope_hash": receipt["policy_version"],
        "cost_usd": 0.0,
    }
    assert (told["gen_ai.usage.input_tokens"], told["gen_ai.usage.output_tokens"]) == (10, 5)
    assert SECRET not in "".join(span.to_json() for span in spans)
    steps = [span.name for span in spans if span.name.startswith("step ")]
    assert steps == ["step resolve_references", "step build_context", "step call_model", "step update_state"]


@pytest.mark.req("OB-1", "PR-1")
async def test_content_is_traced_only_where_it_is_switched_on(serve: Serve, traces: InMemorySpanExporter) -> None:
    traces.clear()
    async with serve([{"kind": "text", "text": f"No {SECRET} here."}], telemetry_content=True) as replica:
        place = await begin(replica.officer)
        await replica.officer.post(f"{place}/messages", json=say("Hello"))
    told = dict(chat_of(traces.get_finished_spans()).attributes or {})

    assert json.loads(str(told["gen_ai.output.messages"])) == [{"role": "assistant", "content": f"No {SECRET} here."}]
    assert "Hello" in str(told["gen_ai.input.messages"])


@pytest.mark.req("OB-2")
async def test_metrics_tell_of_steps_segments_turns_and_refusals(serve: Serve) -> None:
    note = {"name": "get_case", "arguments": {"case_id": "C-1042"}}
    script = [
        {"kind": "text", "text": ""},
        {"kind": "text", "text": SECRET},
        {"kind": "tool_calls", "calls": [note]},
        {"kind": "tool_calls", "calls": [note]},
    ]
    async with serve(script, limits={"turn": {"model_calls": 2}}) as replica:
        place = await begin(replica.officer)
        await replica.officer.post(f"{place}/messages", json=say(f"Remember that I prefer {SECRET}."))
        await replica.officer.post(f"{place}/messages", json=say("Look at C-1042 for ever."))
        await replica.officer.get("/v1/conversations/none")
        page = (await replica.client().get("/metrics")).text

    for name in (
        'dossier_step_duration_seconds_count{otel_scope_name="dossier"',
        "dossier_package_segment_tokens_sum",
        "dossier_package_use_count",
        "dossier_turns_total",
        "gen_ai_client_operation_duration_seconds_count",
        "gen_ai_client_token_usage_count",
        'code="not_found"',
        'outcome="answered"',
        'segment="evidence"',
        'step="build_context"',
        "dossier_snapshot_size_bytes_sum",
        "dossier_checkpoint_size_bytes_sum",
        'dossier_memories_total{otel_scope_name="dossier"',
        'what="stored"',
        'dossier_repairs_total{otel_scope_name="dossier"',
        'dossier_limits_reached_total{otel_scope_name="dossier"',
        'quantity="model_calls"',
        "process_resident_memory_bytes",
    ):
        assert name in page, name
    assert SECRET not in page


def told_names() -> list[str]:
    """The fields that OB-1 names, and the cost."""
    versions = ["prompt_version", "model_profile", "summary_version", "state_snapshot_version", "policy_scope_hash"]
    ids = ["session_id", "tenant_id", "request_id", "turn_id", "context_package_id", "retrieval_query_id"]
    return [*ids, *versions, "included", "excluded", "token_budget", "estimated_tokens", "cost_usd"]
