from __future__ import annotations

from alutils.errors import unknown


def test_near_name_is_offered_and_far_name_gets_the_list() -> None:
    assert "did you mean 'badge'?" in str(unknown("strategy", "bagde", ["badge", "margin"]))
    assert "choose from badge, margin" in str(unknown("strategy", "xyz", ["margin", "badge"]))


def test_no_list_is_shown_where_there_is_nothing_to_choose_from() -> None:
    assert str(unknown("notebook", "x", [])) == "there is no notebook 'x', nor any other"
