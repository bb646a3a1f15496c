import pytest

from dossier.adapters.profiles import ModelProfile, profile_for
from dossier.errors import InvalidSettings
from dossier.settings import Settings


def settings(**values: object) -> Settings:
    return Settings(_env_file=None, openai_base_url="http://localhost:1/v1", **values)


@pytest.mark.req("CX-6")
def test_a_profile_states_encoding_window_reserve_price_and_capabilities() -> None:
    assert profile_for("gpt-4o-mini", settings()) == ModelProfile(
        name="gpt-4o-mini",
        encoding="o200k_base",
        encoding_known=True,
        window=128_000,
        answer_reserve=2_000,
        input_price=0.15,
        output_price=0.6,
        capabilities=frozenset({"tools", "json_schema", "images"}),
        offline=False,
    )


@pytest.mark.parametrize(
    ("snapshot", "family"), [("gpt-4o-2024-08-06", "gpt-4o"), ("gpt-4-0613", "gpt-4"), ("o3-2025-04-16", "o3")]
)
def test_a_dated_snapshot_has_the_profile_of_its_family(snapshot: str, family: str) -> None:
    dated, base = profile_for(snapshot, settings()), profile_for(family, settings())

    assert (dated.name, dated.encoding, dated.window, dated.input_price) == (
        snapshot,
        base.encoding,
        base.window,
        base.input_price,
    )


@pytest.mark.req("CX-6")
@pytest.mark.parametrize("given", [{}, {"model_encoding": "o200k_base"}, {"model_window": 32_000}])
def test_an_unknown_model_is_refused_with_what_to_set(given: dict[str, object]) -> None:
    with pytest.raises(InvalidSettings) as refused:
        profile_for("llama-99", settings(**given))

    assert refused.value.message == "The model 'llama-99' is not in the table of profiles."
    assert "DOSSIER_MODEL_ENCODING" in refused.value.hint
    assert "DOSSIER_MODEL_WINDOW" in refused.value.hint


@pytest.mark.req("CX-6")
def test_a_described_model_is_labelled_as_counted_by_estimate() -> None:
    assert profile_for("llama-99", settings(model_encoding="cl100k_base", model_window=32_000)) == ModelProfile(
        name="llama-99",
        encoding="cl100k_base",
        encoding_known=False,
        window=32_000,
        answer_reserve=2_000,
        input_price=None,
        output_price=None,
        capabilities=frozenset({"tools", "json_schema"}),
        offline=False,
    )


def test_only_the_built_in_model_is_labelled_offline() -> None:
    offline = profile_for("dossier-offline", settings(model_encoding="cl100k_base"))

    assert (offline.offline, offline.encoding, offline.input_price) == (True, "o200k_base", 0.0)


def test_an_answer_reserve_without_room_for_a_prompt_is_refused() -> None:
    with pytest.raises(InvalidSettings, match="DOSSIER_ANSWER_RESERVE is 8192, the window of 'gpt-4' is 8192 tokens"):
        profile_for("gpt-4", settings(answer_reserve=8_192))
