import pydantic
import pytest

from alutils.catalogue import embedder_entry, embedder_names
from alutils.catalogue.embedder_entry import EmbedderEntry
from alutils.embedders.cards import listing
from alutils.errors import UserError

ENTRIES = {name: embedder_entry(name) for name in embedder_names()}
MINIMAL = {
    "name": "mine",
    "title": "Mine",
    "description": "Mine.",
    "licence": "MIT",
    "kind": "lsa",
    "dim": 8,
}
HUB = {"id": "owner/model", "revision": "0" * 40}


def test_the_seven_models_of_the_paper_are_there():
    paper = {
        entry.hub.id if entry.hub else "sentence-transformers/all-MiniLM-L6-v2"
        for entry in ENTRIES.values()
        if entry.paper
    }
    assert paper == {
        "nvidia/NV-Embed-v2",
        "Salesforce/SFR-Embedding-2_R",
        "BAAI/bge-en-icl",
        "NovaSearch/stella_en_1.5B_v5",
        "Alibaba-NLP/gte-Qwen2-7B-instruct",
        "sentence-transformers/all-MiniLM-L6-v2",
        "google-bert/bert-base-uncased",
    }
    assert ENTRIES["minilm"].paper


def test_the_packaged_embedders_are_there():
    ladder = [f"minilm_layer{layer}" for layer in range(6)]
    assert {"minilm", *ladder, "wordllama", "lsa", "hashing"} <= set(ENTRIES)
    for layer, name in enumerate(ladder):
        assert (ENTRIES[name].backbone, ENTRIES[name].layer) == ("minilm", layer)
        assert ENTRIES[name].dim == ENTRIES["minilm"].dim


def test_every_backbone_exists_and_is_no_layer_itself():
    for entry in ENTRIES.values():
        if entry.backbone is not None:
            assert ENTRIES[entry.backbone].backbone is None


def test_only_models_on_the_hub_run_code_of_their_own():
    assert {name for name, entry in ENTRIES.items() if entry.requires_remote_code} == {
        "nv_embed_v2",
        "stella_1_5b",
        "gte_qwen2_7b",
    }


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "transformer"},  # no weights
        {"kind": "transformer", "hub": HUB, "backbone": "minilm", "layer": 1},
        {"hub": HUB},  # lsa has no weights
        {"kind": "transformer", "hub": {**HUB, "revision": "main"}},
        {"kind": "transformer", "backbone": "minilm"},
        {"backbone": "minilm", "layer": 1},
        {"kind": "static", "hub": HUB},
        {"dim": None},
        {"dim": 0},
        {"name": "My Model"},
        {"polling": "mean"},
    ],
)
def test_an_entry_that_makes_no_sense_is_refused(change):
    EmbedderEntry.model_validate(MINIMAL)
    with pytest.raises(pydantic.ValidationError):
        EmbedderEntry.model_validate(MINIMAL | change)


def test_an_unknown_embedder_gets_the_nearest_name():
    with pytest.raises(UserError, match="did you mean 'minilm_layer3'"):
        embedder_entry("minilm_leyer3")


def test_the_listing_says_where_each_comes_from(monkeypatch, tmp_path):
    monkeypatch.setenv("ALUTILS_HOME", str(tmp_path))
    rows = {row["name"]: row for row in listing()}
    assert list(rows) == sorted(ENTRIES)
    assert rows["lsa"]["available"] == "yes"
    assert rows["minilm"]["available"] == "downloaded at first use from the package index"
    assert rows["minilm_layer2"]["origin"] == rows["minilm"]["origin"]
    assert "--trust-remote-code nv_embed_v2" in rows["nv_embed_v2"]["available"]
    assert "--trust-remote-code" not in rows["bert_base"]["available"]
