import dataclasses
import inspect

import pytest

from alutils import strategies
from alutils.strategies.cards import card


@pytest.mark.parametrize("name", strategies.names())
def test_every_strategy_says_what_a_person_needs_to_know(name):
    strategy = strategies.get(name)
    found = card(strategy)
    assert found.name == name
    assert found.summary.endswith(".") and len(found.summary) < 120, "one short sentence first"
    assert found.definition, "a paragraph that defines it comes second"
    assert found.needs and found.cost and found.weak_when, "Notes say Needs:, Cost: and Weak when:"
    assert found.source or name == "random", "References name a source, or say that it is new"
    assert ("head" in found.needs) == strategy.needs_head, "Needs: speaks of a head if it must"
    fields = dataclasses.fields(strategy) if dataclasses.is_dataclass(strategy) else ()
    assert [p.name for p in found.parameters] == [f.name for f in fields]
    assert not fields or hasattr(strategy, "__pydantic_validator__"), "values must be checked"
    assert all(p.meaning for p in found.parameters)


@pytest.mark.parametrize("name", strategies.names())
def test_notes_are_labelled_paragraphs(name):
    text = inspect.cleandoc(type(strategies.get(name)).__doc__)
    notes = text.partition("Notes\n-----\n")[2].partition("\n\nReferences\n----------")[0]
    labels = [paragraph.partition(": ")[0] for paragraph in notes.split("\n\n")]
    assert labels in (
        ["Needs", "Cost", "Weak when"],
        ["Needs", "Cost", "Weak when", "Differs"],
    )


def test_a_card_in_words():
    words = str(card(strategies.get("badge"))).splitlines()
    assert words[0] == "badge"
    assert words[-1].startswith("Source: Ash et al.")
    assert any(line.startswith("Needs: a head") for line in words)
