"""RO-Crate metadata of a built book, so that programs can read what it is and what is in it.

See https://www.researchobject.org/ro-crate/specification/1.1/. Nothing here is typed: files are
found, people and licence are those of CITATION.cff, and datasets and models those that the
notebooks have read, as the catalogue describes them. The same book gives the same metadata, but for
``datePublished``.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rocrate.model import ContextEntity, Dataset, File
from rocrate.rocrate import ROCrate

from alutils import catalogue
from alutils.book.origins import with_weights
from alutils.book.records import ARCHIVE
from alutils.errors import UserError
from alutils.yaml_text import parse

FORMATS = {
    ".html": "text/html",
    ".ipynb": "application/x-ipynb+json",
    ".json": "application/json",
    ".csv": "text/csv",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".md": "text/markdown",
    ".txt": "text/plain",
    ".css": "text/css",
    ".js": "text/javascript",
    ".py": "text/x-python",
    ".parquet": "application/vnd.apache.parquet",
}

METADATA = "ro-crate-metadata.json"

THEME = "_static"


def citation(root: Path) -> dict[str, Any]:
    """Read CITATION.cff, which says who made this, what it is, and on what terms.

    Raises
    ------
    UserError
        If it is missing, or lacks what the metadata need.
    """
    path = root / "CITATION.cff"
    try:
        found = parse(path.read_text(encoding="utf-8"))
        missing = {"title", "version", "license", "authors"} - set(found)
    except (OSError, UnicodeDecodeError, UserError, TypeError) as error:
        raise UserError(f"cannot read {path} ({error}): the book says who made it") from None
    if missing:
        raise UserError(f"{path} has no {sorted(missing)[0]}: the book says who made it, and what")
    return dict(found)


def describe(html: Path, about: dict[str, Any]) -> None:
    """Write ``ro-crate-metadata.json`` into a rendered book.

    Parameters
    ----------
    html : pathlib.Path
        The book, complete, with its record ``run.json``.
    about : dict
        As of `citation`.
    """
    run = json.loads((html / "run.json").read_text(encoding="utf-8"))
    crate = ROCrate(version="1.1")
    crate.metadata.extra_terms["sha256"] = "https://schema.org/sha256"
    root = crate.root_dataset
    root["name"] = about["title"]
    root["description"] = about.get("abstract", about["title"])
    root["version"] = about["version"]
    root["datePublished"] = datetime.now(UTC).isoformat(timespec="seconds")
    root["license"] = _licence(crate, about["license"])
    root["author"] = root["publisher"] = _few([_author(crate, a) for a in about["authors"]])
    root["citation"] = _few([_article(crate, each) for each in about.get("references", [])])
    for path in _files(html):
        crate.add(_file(crate, path.relative_to(html)))
    if (html / THEME).is_dir():
        crate.add(Dataset(crate, dest_path=f"{THEME}/", properties={"name": "Look of the pages"}))
    used: list[ContextEntity | File] = []
    used += [_dataset(crate, name, of, run["inputs"]) for name, of in _origins(run, "datasets")]
    used += [_model(crate, name, of) for name, of in _origins(run, "models")]
    used += _archive(crate, run["inputs"].get("archive", {}))
    root["mentions"] = _build(crate, run, used)
    crate.metadata.write(html)


def _files(html: Path) -> list[Path]:
    """Return the files of a book that are told one by one; those of the theme are not."""
    found = (path for path in html.rglob("*") if path.is_file())
    names = ((path.relative_to(html), path) for path in found)
    own = (path for name, path in names if name.parts[0] != THEME and name.name[0] != ".")
    return sorted(own)


def _file(crate: ROCrate, path: Path) -> File:
    kind = FORMATS.get(path.suffix, "application/octet-stream")
    about = {"name": path.name, "encodingFormat": kind}
    return File(crate, dest_path=path.as_posix(), properties=about)


def _entity(crate: ROCrate, address: str, kind: str, /, **about: Any) -> ContextEntity:
    known = {name: value for name, value in about.items() if value}
    return crate.add(ContextEntity(crate, address, properties={"@type": kind, **known}))


def _few(found: list[Any]) -> Any:
    """Write one value as itself, and several as a list, as JSON-LD has it."""
    return found[0] if len(found) == 1 else found


def _licence(crate: ROCrate, name: str) -> ContextEntity:
    address = f"https://spdx.org/licenses/{name}"
    return _entity(crate, address, "CreativeWork", name=name, identifier=address)


def _author(crate: ROCrate, author: dict[str, str]) -> ContextEntity:
    """Add a person or, with one name only, an organisation; nobody is added twice."""
    name = author.get("name") or " ".join(
        author[part] for part in ("given-names", "family-names") if part in author
    )
    kind = "Organization" if "name" in author else "Person"
    identifier = "#" + "-".join(name.lower().split())
    return crate.get(identifier) or _entity(crate, identifier, kind, name=name)


def _article(crate: ROCrate, reference: dict[str, Any]) -> ContextEntity:
    return _entity(
        crate,
        reference.get("url") or "#" + "-".join(reference["title"].lower().split()),
        "ScholarlyArticle",
        name=reference["title"],
        datePublished=str(reference.get("year", "")),
        author=_few([_author(crate, each) for each in reference["authors"]]),
    )


def _origins(run: dict[str, Any], kind: str) -> list[tuple[str, dict[str, str]]]:
    return sorted(run["origins"].get(kind, {}).items())


def _dataset(
    crate: ROCrate, name: str, origin: dict[str, str], inputs: dict[str, Any]
) -> ContextEntity:
    entry = catalogue.dataset_entry(name)
    return _entity(
        crate,
        f"#dataset-{name}",
        "Dataset",
        name=entry.title,
        description=entry.description,
        url=entry.source,
        license=entry.licence,
        citation=entry.citation,
        identifier=_few(inputs["datasets"].get(name, [])),
        **_pin(origin),
    )


def _model(crate: ROCrate, name: str, origin: dict[str, str]) -> ContextEntity:
    entry = with_weights(name)
    assert entry is not None  # else it had no origin
    known = crate.get(f"#model-{entry.name}")
    return known or _entity(
        crate,
        f"#model-{entry.name}",
        "SoftwareApplication",
        name=entry.title,
        description=entry.description,
        license=entry.licence,
        **_pin(origin),
    )


def _archive(crate: ROCrate, read: dict[str, list[str]]) -> list[File]:
    """Return the files of the archive that were read, each with the checksum that it had then."""
    found = []
    for name, digests in read.items():
        if file := crate.get(f"{ARCHIVE}/{name}"):
            file["sha256"] = _few(digests)
            found.append(file)
    return found


def _pin(origin: dict[str, str]) -> dict[str, str]:
    """Say which package or repository it comes in, which version, and with what checksum."""
    source = origin.get("package") or origin.get("id")
    version = origin.get("version") or origin.get("revision")
    about = {"isPartOf": source, "version": version, "sha256": origin.get("sha256")}
    return {name: value for name, value in about.items() if value}


def _build(crate: ROCrate, run: dict[str, Any], used: list[ContextEntity | File]) -> ContextEntity:
    """Add what made the book: the program, and what it read. Times are in ``run.json``."""
    program = _entity(
        crate,
        "#alutils",
        "SoftwareApplication",
        name="alutils",
        version=run["packages"]["alutils"],
        identifier=(run["git"] or {}).get("commit"),
    )
    crate.get("run.json")["about"] = {"@id": "#build"}
    return _entity(
        crate,
        "#build",
        "CreateAction",
        name="The notebooks are run, and the book is made of what they show",
        instrument=program,
        object=_few(list(dict.fromkeys(used))),
        result=crate.root_dataset,
    )
