"""Hugging Face folders of the kinds that people have: what they take is read, or asked for in full."""

from __future__ import annotations

from typing import Any

import pytest

from tests.project import Project

pytestmark = pytest.mark.real
torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
pytest.importorskip(
    "torch._dynamo"
)  # a second import, by a test whose modules pytester forgets, would fail

SMALL = {
    "hidden_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 16,
}


@pytest.fixture
def project(pytester: pytest.Pytester) -> Project:
    return Project(pytester.path, pytester)


def saved(project: Project, model: str, config: str, **given: Any) -> str:
    """A model with random weights in models/net; gives the place of its items."""
    torch.manual_seed(0)
    made = getattr(transformers, model)(getattr(transformers, config)(**given))
    made.eval().save_pretrained(project.root / "models/net")
    return "models/net/config.json"


def asked(project: Project, place: str, *checks: str) -> list[tuple[str, str]]:
    """Outcome and text of some items."""
    run = project.run("-p", "no:cacheprovider", *(f"{place}::{check}" for check in checks))
    return [(run[f"{place}::{check}"].outcome, run[f"{place}::{check}"].text) for check in checks]


def test_a_model_with_a_decoder_is_given_its_tokens_and_its_learned_bias_exports(
    project: Project,
) -> None:
    place = saved(
        project, "T5ForConditionalGeneration", "T5Config", vocab_size=50, d_model=16, d_kv=8, d_ff=16,
        num_layers=1, num_heads=2, decoder_start_token_id=0,
    )  # fmt: skip
    checks = ("load", "export", "dynamic-default", "parity-default-max")
    assert [outcome for outcome, _ in asked(project, place, *checks)] == ["passed"] * 4


def test_texts_and_images_side_by_side_are_asked_for_in_full(project: Project) -> None:
    place = saved(
        project, "CLIPModel", "CLIPConfig", projection_dim=8,
        text_config={"vocab_size": 50, "eos_token_id": 49, **SMALL},
        vision_config={"image_size": 16, "patch_size": 8, **SMALL},
    )  # fmt: skip
    [(outcome, text)] = asked(project, place, "load")
    assert outcome == "failed"
    assert text.startswith("FR105")
    for words in (
        '      input_ids: {type: "int64[batch, seq]", low: 0, high: 50}', "attention_mask",
        'pixel_values: "float32[images, 3, 16, 16]"', "images: [",
    ):  # fmt: skip
        assert words in text
    lines = [line.removeprefix(" " * 10) for line in text.splitlines()]
    first, last = (
        lines.index("models:"),
        lines.index(f"  reproduce:  pytest --frictionless '{place}::load'"),
    )
    project.write("frictionless.yaml", "\n".join(lines[first:last]))
    checks = ("load", "export", "dynamic-default")
    assert [outcome for outcome, _ in asked(project, place, *checks)] == ["passed"] * 3


def test_a_model_that_hears_is_asked_for_by_the_name_of_its_input(project: Project) -> None:
    place = saved(
        project, "Wav2Vec2ForCTC", "Wav2Vec2Config", vocab_size=8, conv_dim=[8], conv_stride=[5],
        conv_kernel=[10], num_feat_extract_layers=1, num_conv_pos_embeddings=4,
        num_conv_pos_embedding_groups=2, **SMALL,
    )  # fmt: skip
    [(outcome, text)] = asked(project, place, "load")
    assert outcome == "failed"
    assert 'input_values: "float32[batch, 16000]"' in text


def test_an_input_that_the_config_does_not_tell_may_be_named(project: Project) -> None:
    place = saved(
        project, "BertModel", "BertConfig", vocab_size=50, max_position_embeddings=32, **SMALL
    )
    project.write(
        "frictionless.yaml",
        "models: {net: {path: models/net, inputs: "
        '{position_ids: {type: "int64[batch, seq]", low: 0, high: 32}}}}',
    )
    checks = ("load", "export", "dynamic-default")
    assert [outcome for outcome, _ in asked(project, place, *checks)] == ["passed"] * 3
