import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
import torch

from alutils import catalogue
from alutils.datasets import Dataset
from alutils.device import best_device
from alutils.embedders import classical, embed, entry_of, transformer, weights
from alutils.errors import UserError
from alutils.home import home
from alutils.wheels import fetch, read_member

POOL = [
    "Cholera due to Vibrio cholerae",
    "a",
    "Typhoid fever, unspecified, with a description that goes on for quite a few more words",
    "Ünïcödé — and 漢字",
    "In the beginning God created the heaven and the earth.",
    "long " * 300,
    "Acute myocardial infarction of the anterior wall",
    "Cholera",
]
TEST = ["Other salmonella infections", "And the earth was without form, and void"]


def dataset(pool=POOL, test=TEST, name="small"):
    return Dataset(
        name=name,
        pool_texts=tuple(pool),
        pool_labels=np.arange(len(pool)) % 2,
        test_texts=tuple(test),
        test_labels=np.arange(len(test)) % 2,
        classes=("even", "odd"),
        duplicates_removed=0,
    )


@pytest.fixture(autouse=True)
def own_store(tmp_path, monkeypatch):
    """Give each test an empty embedding store; downloads stay shared."""
    shared = home()
    fresh = tmp_path / "home"
    fresh.mkdir()
    for name in ("downloads", "models"):
        (shared / name).mkdir(parents=True, exist_ok=True)
        (fresh / name).symlink_to(shared / name)
    monkeypatch.setenv("ALUTILS_HOME", str(fresh))
    monkeypatch.setenv("ALUTILS_DEVICE", "cpu")


@pytest.fixture(scope="module")
def minilm_folder(tmp_path_factory):
    return weights.folder(entry_of("minilm"))


def both(embedded):
    return np.concatenate([embedded.pool, embedded.test])


def test_minilm_agrees_with_sentence_transformers(minilm_folder):
    from sentence_transformers import SentenceTransformer

    expected = SentenceTransformer(str(minilm_folder), device="cpu").encode([*POOL, *TEST])
    found = both(embed(dataset(), ["minilm"])["minilm"])
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_layers_come_from_the_hidden_states_and_one_pass_equals_many(minilm_folder):
    from transformers import AutoModel, AutoTokenizer

    names = ["minilm", *(f"minilm_layer{layer}" for layer in range(6))]
    together = embed(dataset(), names)
    tokens = AutoTokenizer.from_pretrained(minilm_folder)
    model = AutoModel.from_pretrained(minilm_folder)
    text = tokens(POOL[2], return_tensors="pt")
    with torch.inference_mode():
        states = model(**text, output_hidden_states=True).hidden_states
    for layer in range(6):
        mean = states[layer][0].mean(dim=0)
        expected = (mean / mean.norm()).numpy()
        np.testing.assert_allclose(together[names[layer + 1]].pool[2], expected, atol=1e-5)
    shutil.rmtree(home() / "embeddings")
    for name in ("minilm", "minilm_layer4"):
        alone = embed(dataset(), [name])[name]
        assert alone.fingerprint == together[name].fingerprint
        np.testing.assert_array_equal(both(alone), both(together[name]))


def test_embedders_on_one_backbone_share_one_forward_pass(monkeypatch):
    passes = []
    vectors = transformer.Transformer.vectors

    def counted(self, which, texts, advance):
        passes.append(len(which))
        return vectors(self, which, texts, advance)

    monkeypatch.setattr(transformer.Transformer, "vectors", counted)
    embed(dataset(), ["minilm_layer1", "minilm", "minilm_layer2"])
    embed(dataset(), ["minilm", "minilm_layer3"])
    assert passes == [3, 1]


@pytest.mark.parametrize("name", ["minilm", "minilm_layer0", "wordllama", "lsa", "hashing"])
def test_vectors_are_unit_float32_and_split_into_views(name):
    found = embed(dataset(), [name])[name]
    dim = catalogue.embedder_entry(name).dim
    assert found.pool.shape == (len(POOL), dim) and found.test.shape == (len(TEST), dim)
    assert found.pool.dtype == np.float32
    lengths = np.linalg.norm(both(found), axis=1)
    known = lengths > 0  # "a" is no word for lsa, so its row is zero
    np.testing.assert_allclose(lengths[known], 1, atol=1e-5)
    assert known.sum() >= len(lengths) - 2
    assert not found.pool.flags.writeable


# The first four numbers of the third pool text.
PINNED = {
    "minilm": [0.0511, 0.0468, 0.07, -0.0596],
    "minilm_layer0": [-0.026, 0.0147, -0.0444, 0.0001],
    "wordllama": [-0.0332, 0.0288, 0.0161, 0.0451],
    "hashing": [-0.0794, -0.0227, 0.0359, 0.0297],
}


LSA_COSINE = 0.3865


@pytest.mark.parametrize("name", PINNED)
def test_vectors_are_what_they_were(name):
    """If this fails on purpose, raise RECIPE of that embedder's module and pin the new numbers."""
    found = embed(dataset(), [name])[name].pool[2, :4]
    np.testing.assert_allclose(found, PINNED[name], atol=2e-4)


def test_lsa_vectors_are_what_they_were():
    """As above; a cosine, because equal singular values leave the axes free to turn."""
    found = embed(dataset(), ["lsa"])["lsa"].pool
    np.testing.assert_allclose(found[0] @ found[7], LSA_COSINE, atol=2e-4)


def test_the_number_of_threads_does_not_change_a_bit():
    before = torch.get_num_threads()
    found = []
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            shutil.rmtree(home() / "embeddings", ignore_errors=True)
            found.append(both(embed(dataset(), ["minilm"])["minilm"]).copy())
    finally:
        torch.set_num_threads(before)
    np.testing.assert_array_equal(*found)


def test_wordllama_is_the_mean_of_its_token_vectors():
    from safetensors.numpy import load
    from tokenizers import Tokenizer

    pinned = entry_of("wordllama").wheel
    wheel = fetch(pinned.package, pinned.version, pinned.sha256, tag=pinned.tag)
    (vectors,) = load(read_member(wheel, pinned.weights)).values()
    tokenizer = Tokenizer.from_str(read_member(wheel, pinned.tokenizer).decode())
    ids = tokenizer.encode(POOL[4], add_special_tokens=False).ids
    mean = vectors[ids].astype(np.float32).mean(axis=0)
    found = embed(dataset(), ["wordllama"])["wordllama"].pool[4]
    np.testing.assert_allclose(found, mean / np.linalg.norm(mean), atol=1e-6)
    assert "wordllama" not in sys.modules


def test_lsa_never_sees_the_test_texts():
    before = embed(dataset(), ["lsa"])["lsa"]
    after = embed(dataset(test=["poison " * 50, "Cholera cholera", "third"]), ["lsa"])["lsa"]
    np.testing.assert_array_equal(before.pool, after.pool)
    other_pool = embed(dataset(pool=[*POOL[1:], "Something else entirely"]), ["lsa"])["lsa"]
    assert other_pool.fingerprint != before.fingerprint
    assert not np.array_equal(other_pool.test, before.test)


def test_lsa_finds_texts_on_the_same_topic():
    topics = ["acute infection of the lung", "chronic infection of the lung tissue"] * 20
    others = [f"fracture of the {bone} bone" for bone in ("arm", "leg", "hip", "rib")] * 5
    model = classical.Lsa([*topics, *others], 3)
    near, far = model.vectors(["infection lung", "infection of the lung", "fracture bone"])[1:]
    query = model.vectors(["infection lung"])[0]
    assert query @ near > 0.9 > 0.5 > query @ far


def test_lsa_without_a_single_word_is_one_sentence():
    with pytest.raises(UserError, match="finds no word"):
        embed(dataset(pool=["?", "!"]), ["lsa"])


def test_hashing_is_the_same_in_every_process():
    code = (
        "from alutils.embedders.classical import Hashing;"
        "print(Hashing(16).vectors(['Cholera due to Vibrio', 'x y z'])[0].tobytes().hex())"
    )
    printed = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONHASHSEED": "1"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    here = classical.Hashing(16).vectors(["Cholera due to Vibrio", "x y z"])[0]
    assert printed == here.tobytes().hex()


def test_hashing_puts_texts_with_common_words_nearer():
    same, shared, apart = classical.Hashing(256).vectors(
        ["fever of the lung", "fever of the heart", "completely different topic"]
    )
    assert same @ shared > 0.5 > abs(same @ apart)


def test_the_fingerprint_follows_texts_split_and_embedder():
    prints = [
        embed(dataset(), ["hashing"])["hashing"].fingerprint,
        embed(dataset(), ["lsa"])["lsa"].fingerprint,
        embed(dataset(pool=POOL[::-1]), ["hashing"])["hashing"].fingerprint,
        embed(dataset(pool=[*POOL, TEST[0]], test=TEST[1:]), ["hashing"])["hashing"].fingerprint,
    ]
    assert len(set(prints)) == len(prints)
    again = embed(dataset(name="another name"), ["hashing"])["hashing"]
    assert again.fingerprint == prints[0]


def test_the_texts_of_a_pair_are_joined_as_the_embedder_wants_it():
    pair = catalogue.dataset_entry("mnli").pair_separator
    pool = [f"first{pair}second", *POOL]
    found = embed(dataset(pool, name="mnli"), ["hashing"])["hashing"]
    plain = embed(dataset(["first\nsecond", *POOL]), ["hashing"])["hashing"]
    np.testing.assert_array_equal(found.pool, plain.pool)


def test_code_of_others_runs_only_when_it_is_allowed(monkeypatch):
    with pytest.raises(UserError, match="--trust-remote-code nv_embed_v2"):
        embed(dataset(), ["hashing", "nv_embed_v2"])
    assert not (home() / "embeddings").exists()
    with pytest.raises(UserError, match="--trust-remote-code nv_embed_v2"):
        embed(dataset(), ["nv_embed_v2"], trust_remote_code=["stella_1_5b"])
    # Trusted, it gets as far as the CPU, which does not compute in float16.
    with pytest.raises(UserError, match="float16"):
        embed(dataset(), ["nv_embed_v2"], trust_remote_code=["nv_embed_v2"])
    monkeypatch.setenv("ALUTILS_TRUST_REMOTE_CODE", "stella_1_5b,nv_embed_v2")
    with pytest.raises(UserError, match="float16"):
        embed(dataset(), ["nv_embed_v2"])


def hub_cache(tmp_path, entry, folder):
    """Lay the bare model out as the hub's own cache has it: what bert-base-uncased holds."""
    repository = tmp_path / "hub" / f"models--{entry.hub.id.replace('/', '--')}"
    snapshot = repository / "snapshots" / entry.hub.revision
    snapshot.mkdir(parents=True)
    for name in ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"):
        (snapshot / name).symlink_to(folder / name)
    return tmp_path / "hub"


def test_a_hub_model_in_the_cache_of_the_hub_needs_no_network(tmp_path, monkeypatch, minilm_folder):
    cache = hub_cache(tmp_path, entry_of("bert_base"), minilm_folder)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(cache))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    # The weights there are those of MiniLM, which the catalogue's 768 dimensions give away.
    with pytest.raises(UserError, match="gives 384 dimensions where its catalogue entry says 768"):
        embed(dataset(), ["bert_base"])
    packaged = embed(dataset(), ["minilm"])["minilm"]
    small = entry_of("bert_base").model_copy(update={"dim": 384, "max_length": 256})
    monkeypatch.setattr("alutils.embedders.embedder_entry", lambda name: small)
    found = embed(dataset(), ["bert_base"])["bert_base"]
    np.testing.assert_allclose(both(found), both(packaged), atol=1e-6)
    assert found.fingerprint != packaged.fingerprint


def test_without_a_network_a_hub_model_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(
        UserError, match="cannot download the model of embedder 'bert_base'"
    ) as error:
        embed(dataset(), ["bert_base"])
    assert "\n" not in str(error.value)


def test_a_folder_of_your_own_embeds_as_the_packaged_model_does(minilm_folder):
    name = f"folder:{minilm_folder}"
    found = embed(dataset(pool=POOL[:5]), [name])[name]
    packaged = embed(dataset(pool=POOL[:5]), ["minilm"])["minilm"]
    np.testing.assert_array_equal(found.pool, packaged.pool)
    assert found.fingerprint != packaged.fingerprint


def test_a_folder_is_known_by_its_content_not_by_its_path(tmp_path, minilm_folder):
    entry = entry_of(f"folder:{minilm_folder}")
    shutil.copytree(minilm_folder, tmp_path / "copy")
    copy = entry_of(f"folder:{tmp_path / 'copy'}")
    assert weights.identity(copy) == weights.identity(entry)
    with (tmp_path / "copy" / "config.json").open("a") as file:
        file.write(" ")
    assert weights.identity(copy) != weights.identity(entry)


def test_a_folder_without_a_model_is_one_sentence(tmp_path):
    with pytest.raises(UserError, match="no sentence-transformers folder"):
        embed(dataset(), [f"folder:{tmp_path}"])
    (tmp_path / "modules.json").write_text("[]")
    with pytest.raises(UserError, match="there is no model"):
        embed(dataset(), [f"folder:{tmp_path}"])


def test_a_pooling_that_is_not_the_models_own_is_refused(minilm_folder, monkeypatch):
    wrong = entry_of("minilm").model_copy(update={"pooling": "last_token"})
    monkeypatch.setattr("alutils.embedders.embedder_entry", lambda name: wrong)
    with pytest.raises(UserError, match="pools by last_token, but the model itself says mean"):
        embed(dataset(), ["minilm"])


def test_damaged_weights_are_never_used(tmp_path, monkeypatch, capsys):
    good = both(embed(dataset(), ["minilm"])["minilm"]).copy()
    shutil.rmtree(home() / "embeddings")
    (home() / "models").unlink()  # the models of all tests: a copy is harmed instead
    weight = weights.folder(entry_of("minilm")) / "model.safetensors"
    with weight.open("r+b") as file:
        file.seek(40_000_000)
        file.write(bytes(40_000_000))
    monkeypatch.setattr("alutils.wheels._COMPARED", set())  # as another process
    np.testing.assert_array_equal(both(embed(dataset(), ["minilm"])["minilm"]), good)
    assert f"{weight} is damaged" in capsys.readouterr().err


def test_truncated_weights_of_your_own_are_one_sentence(tmp_path, minilm_folder):
    shutil.copytree(minilm_folder, tmp_path / "own")
    with (tmp_path / "own" / "model.safetensors").open("r+b") as file:
        file.truncate(1_000_000)
    with pytest.raises(UserError, match="cannot load embedder"):
        embed(dataset(), [f"folder:{tmp_path / 'own'}"])


@pytest.mark.parametrize(("row", "place"), [(3, "pool text 3"), (len(POOL) + 1, "test text 1")])
def test_an_embedding_that_is_not_finite_names_its_text(monkeypatch, row, place):
    vectors = classical.Hashing.vectors

    def spoilt(self, texts):
        out = vectors(self, texts)
        out[row, 5] = np.nan
        return out

    monkeypatch.setattr(classical.Hashing, "vectors", spoilt)
    with pytest.raises(UserError, match=f"'hashing' .* {place} of dataset 'small'"):
        embed(dataset(), ["hashing"])


def test_an_unknown_embedder_is_refused_before_anything_is_computed():
    with pytest.raises(UserError, match="did you mean 'minilm'"):
        embed(dataset(), ["hashing", "minilmm"])
    assert not (home() / "embeddings").exists()


def test_the_device_can_be_chosen(monkeypatch):
    monkeypatch.setenv("ALUTILS_DEVICE", "cpu")
    assert best_device() == torch.device("cpu")
    monkeypatch.setenv("ALUTILS_DEVICE", "abacus")
    with pytest.raises(UserError, match="ALUTILS_DEVICE is 'abacus'"):
        best_device()
    monkeypatch.delenv("ALUTILS_DEVICE")
    assert best_device().type in ("cpu", "cuda", "mps")
