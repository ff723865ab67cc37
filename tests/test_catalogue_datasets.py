import re

import pytest
import yaml

from alutils import catalogue
from alutils.catalogue.dataset_entry import DatasetEntry
from alutils.errors import UserError

EXPECTED = {
    "icd10_chapters",
    "hpo_organ_systems",
    "movie_sentiment",
    "kjv_genres",
    "aws_services",
    "election_tweets",
    "trivia_lists",
    "ag_news",
    "ag_news_small",
    "banking77",
    "dbpedia",
    "mnli",
    "qnli",
    "sst2",
    "trec6",
    "subj",
    "yelp5",
    "fnc1",
    "toxicity",
}


def minimal(**changes):
    fields = {
        "title": "t",
        "description": "d",
        "task": "a -> b",
        "language": "en",
        "classes": 2,
        "pool_rows": None,
        "pool_size": None,
        "test_size": None,
        "licence": "l",
        "source": "s",
        "citation": "c",
        "remarks": "r",
        "hub": {"id": "owner/name"},
    }
    return {name: value for name, value in {**fields, **changes}.items() if value != "absent"}


def read(tmp_path, content, name="mine"):
    path = tmp_path / f"{name}.yaml"
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
    return catalogue.read_entry(path, DatasetEntry)


def test_every_dataset_is_there():
    assert set(catalogue.dataset_names()) == EXPECTED


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_entry_is_sound(name):
    entry = catalogue.dataset_entry(name)
    assert entry.name == name
    unknown = set(entry.trained_on_by) - set(catalogue.embedder_names())
    assert not unknown, f"{name} says it was trained on by unknown embedders {unknown}"
    # What was not checked must be said on the card.
    if entry.pool_size is None:
        assert re.search("could not be checked|Unverified", entry.remarks)
    if entry.hub is not None and entry.hub.revision is None:
        assert re.search(r"not pinned|is not\s+pinned", entry.remarks)


def test_unknown_name_suggests_the_nearest():
    with pytest.raises(UserError, match="there is no dataset 'bankin77': did you mean 'banking77'"):
        catalogue.dataset_entry("bankin77")


def test_minimal_entry_is_read(tmp_path):
    assert read(tmp_path, minimal()).name == "mine"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"colour": "blue"}, "wrong at colour"),
        ({"title": "absent"}, "wrong at title"),
        ({"classes": 1}, "wrong at classes"),
        ({"name": "other"}, "must not state a name"),
        ({"hub": {"id": "no-owner"}}, "wrong at hub.id"),
        ({"hub": {"id": "../name"}}, "wrong at hub.id"),
        ({"hub": {"id": "owner/name", "revision": "main"}}, "wrong at hub.revision"),
        ({"hub": "absent"}, "exactly one of wheel and hub"),
        ({"hub": {"id": "a/b", "text": ["x", "y"]}}, "pair_separator"),
        ({"pair_separator": " "}, "pair_separator"),
        ({"hub": {"id": "a/b", "test_split": None}}, "test_size"),
        ({"trained_on_by": ["minilm"]}, "trained_on_basis"),
    ],
)
def test_wrong_entry_is_refused(tmp_path, changes, message):
    with pytest.raises(UserError, match=message):
        read(tmp_path, minimal(**changes))


@pytest.mark.parametrize("content", ["- a list", "a: [", "", "!!python/object:os.system {}"])
def test_not_a_mapping_is_refused(tmp_path, content):
    with pytest.raises(UserError, match=r"mapping|not valid YAML"):
        read(tmp_path, content)
