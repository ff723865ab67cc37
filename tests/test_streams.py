from __future__ import annotations

from alutils.streams import stream


def test_same_name_same_numbers_and_any_other_name_others() -> None:
    def draw(*name: object) -> list[float]:
        return stream(*name).random(4).tolist()  # type: ignore[arg-type]

    base = draw("query 1", "trec6", 0)
    assert draw("query 1", "trec6", 0) == base
    others = [("query 2", "trec6", 0), ("query 1", "sst2", 0), ("query 1", "trec6", 1)]
    assert all(draw(*name) != base for name in others)


def test_parts_of_a_name_do_not_run_together() -> None:
    assert stream("a", "b1", 1).random() != stream("a", "b", 11).random()


def test_numbers_stay_the_same_for_ever() -> None:
    # Archived results depend on these; if this fails, every stored result is another one.
    assert stream("initial pool", "trec6", 0).integers(1000, size=4).tolist() == [256, 293, 32, 742]
