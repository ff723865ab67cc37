"""A small book with the page for exploring results, made of some of the published ones."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

from alutils import archive, explorer
from alutils.archive import Archive
from alutils.book import explorer as pages_of
from tests.book_parts import REPOSITORY

DATASETS = ["kjv_genres", "kjv_genres+label_noise(0.1)", "movie_sentiment"]
EMBEDDERS = ["hashing", "lsa", "minilm", "minilm_layer5"]  # the last is best, and seldom run


@pytest.fixture(scope="package")
def study() -> Archive:
    return archive.read(REPOSITORY / "data" / "results" / "offline")


@pytest.fixture(scope="package")
def records(study: Archive) -> pd.DataFrame:
    """Some of the published results; initial pools, altered datasets and another head included."""
    all_of_them = study.records
    chosen = all_of_them["dataset"].isin(DATASETS) & all_of_them["embedder"].isin(EMBEDDERS)
    sizes = (all_of_them["initial_size"] == 100) & (all_of_them["query_size"] == 100)
    heads = all_of_them["head"].isin(["softmax", "mlp"])
    return all_of_them[chosen & sizes & heads].reset_index(drop=True)


@pytest.fixture(scope="package")
def book(records: pd.DataFrame, study: Archive, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A rendered book of two pages, as the builder hands it on."""
    root = tmp_path_factory.mktemp("explorer")
    figures = root / "source" / "notebooks" / "figures" / "explore"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ALUTILS_FIGURES", str(figures))
        place = explorer.write(records, study.quality, instead="Read <the> tables.")
    shutil.copytree(REPOSITORY / "book", root / "source" / "book")
    html = root / "html"
    (html / "notebooks").mkdir(parents=True)
    shown = place._repr_mimebundle_()["text/html"]
    for name, text in {"explore": shown, "cost": "<p>Costs.</p>"}.items():
        page = (
            f"<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'><title>{name}</title>"
            "<meta name='viewport' content='width=device-width'></head>"
            f"<body><article><h1>{name}</h1>{text}<h2 id='what-is-here'>Here</h2></article>"
            "</body></html>"
        )
        (html / "notebooks" / f"{name}.html").write_text(page)
    pages_of.install(root / "source", html)
    return html
