"""A model's folder runs nothing: no pickle is read, no code of its own is imported."""

from __future__ import annotations

import json
import pickle
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alutils.advice.vectors import read_vectors
from alutils.embedders import entry_of, model_folder, weights
from alutils.embedders.texts import embed
from alutils.errors import UserError
from tests.hostile.damage import cases, changed, json_bytes, read_or_refused

TEXTS = ["one text", "another text"]


class Evil:
    """What touches a file when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return Path.touch.__get__(self.mark), ()  # type: ignore[return-value]


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of a real model, light to copy: its weights are a link."""
    source = weights.folder(entry_of("minilm"))
    monkeypatch.setenv("ALUTILS_HOME", str(tmp_path / "home"))
    folder = tmp_path / "own"
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("*.safetensors"))
    (folder / "model.safetensors").symlink_to(source / "model.safetensors")
    return folder


def refused(folder: Path, words: str) -> None:
    with pytest.raises(UserError, match=words):
        embed(TEXTS, f"folder:{folder}")
    assert not (folder / "ran").exists()


def test_the_pickle_would_run() -> None:
    # Else the other tests would prove nothing.
    mark = Path(str(Path.cwd() / ".ran-by-a-test"))
    try:
        pickle.loads(pickle.dumps(Evil(mark)))
        assert mark.exists()
    finally:
        mark.unlink(missing_ok=True)


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pt", "weights.PKL"])
def test_weights_that_are_a_pickle_are_refused(own: Path, name: str) -> None:
    (own / "model.safetensors").unlink()
    (own / name).write_bytes(pickle.dumps(Evil(own / "ran")))
    refused(own, rf"are a pickle \({name}\).*save it again with\s+SentenceTransformer.save")


def test_a_part_whose_weights_are_a_pickle_is_refused(own: Path) -> None:
    modules = json.loads((own / "modules.json").read_text())
    dense = {"idx": 3, "name": "3", "path": "3_Dense", "type": "sentence_transformers.models.Dense"}
    (own / "modules.json").write_text(json.dumps([*modules, dense]))
    (own / "3_Dense").mkdir()
    config = {"in_features": 384, "out_features": 2, "bias": True}
    (own / "3_Dense" / "config.json").write_text(json.dumps(config))
    (own / "3_Dense" / "pytorch_model.bin").write_bytes(pickle.dumps(Evil(own / "ran")))
    refused(own, r"3_Dense are a pickle")


def test_an_index_that_leads_to_a_pickle_is_refused(own: Path) -> None:
    index = {"metadata": {}, "weight_map": {"embeddings": "evil.bin"}}
    (own / "model.safetensors.index.json").write_text(json.dumps(index))
    (own / "evil.bin").write_bytes(pickle.dumps(Evil(own / "ran")))
    refused(own, "names weights that are no safetensors")


def test_a_pickle_beside_safetensors_is_never_read(own: Path) -> None:
    (own / "pytorch_model.bin").write_bytes(pickle.dumps(Evil(own / "ran")))
    assert embed(TEXTS, f"folder:{own}").shape == (2, 384)
    assert not (own / "ran").exists()


CODE = "from pathlib import Path\nPath(__file__).with_name('ran').touch()\nPath({ran!r}).touch()\n"


def test_a_part_with_code_of_its_own_is_refused(own: Path) -> None:
    modules = json.loads((own / "modules.json").read_text())
    modules[2]["type"] = "evil.Normalize"
    (own / "modules.json").write_text(json.dumps(modules))
    (own / "evil.py").write_text(CODE.format(ran=str(own / "ran")) + "class Normalize: pass\n")
    refused(own, r"made of 'evil.Normalize'.*all your rights.*--trust-remote-code")


def test_a_backbone_with_code_of_its_own_is_refused(own: Path) -> None:
    config = json.loads((own / "config.json").read_text())
    config |= {"model_type": "evil", "auto_map": {"AutoConfig": "evil.C", "AutoModel": "evil.M"}}
    (own / "config.json").write_text(json.dumps(config))
    (own / "evil.py").write_text(CODE.format(ran=str(own / "ran")))
    refused(own, r"brings Python code of its own.*all your rights.*--trust-remote-code")


@pytest.mark.parametrize("path", ["../other", "/etc"])
def test_a_part_outside_of_the_folder_is_refused(own: Path, path: str) -> None:
    modules = json.loads((own / "modules.json").read_text())
    modules[1]["path"] = path
    (own / "modules.json").write_text(json.dumps(modules))
    refused(own, "outside of its folder")


MODULES = [{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"}]


@cases
@given(content=changed(MODULES).map(json_bytes) | st.binary(max_size=20), code=st.booleans())
def test_any_list_of_modules(content: bytes, code: bool, tmp_path: Path) -> None:
    (tmp_path / "modules.json").write_bytes(content)
    read_or_refused(model_folder.check, tmp_path, own_code=code)


@pytest.mark.parametrize("name", ["vectors.npy", "vectors.safetensors"])
def test_embeddings_that_are_a_pickle_are_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(pickle.dumps(Evil(tmp_path / "ran")))
    with pytest.raises(UserError, match="cannot be read"):
        read_vectors(tmp_path / name)
    assert not (tmp_path / "ran").exists()


def test_no_code_here_reads_a_pickle_or_builds_objects_from_yaml() -> None:
    root = Path(__file__).parents[2]
    words = (
        "pickle.load",
        "torch.load(",
        "import joblib",
        "unsafe_load",
        "full_load",
        "yaml.load(",
    )
    for path in [*(root / "alutils").rglob("*.py"), *(root / "notebooks").glob("*.py")]:
        text = path.read_text().replace("yaml.load(content, Loader=LOADER)", "")  # a safe one
        assert not [word for word in words if word in text], path
        calls = [line for line in text.splitlines() if "np.load(" in line and "# " not in line]
        assert all("allow_pickle=False" in line for line in calls), path
