"""Files whose bytes are not what was written: found by checksum, named, set aside, made again."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.runs import FINISHED, MOMENTS, SEED, Study, assert_on_page, assert_same


def truncate(path: Path, draw: random.Random) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: draw.randrange(len(content))])


def flip_a_bit(path: Path, draw: random.Random) -> None:
    content = bytearray(path.read_bytes())
    content[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
    path.write_bytes(content)


def lengthen(path: Path, draw: random.Random) -> None:
    path.write_bytes(path.read_bytes() + draw.randbytes(draw.randint(1, 5000)))


def overwrite(path: Path, draw: random.Random) -> None:
    content = bytearray(path.read_bytes())
    start = draw.randrange(len(content))
    hole = content[start : start + 4096]
    content[start : start + 4096] = bytes(len(hole))  # a page that never reached the disk
    content[-1] ^= 1
    path.write_bytes(content)


HARMS: list[Callable[[Path, random.Random], None]] = [truncate, flip_a_bit, lengthen, overwrite]
SHAPES = [*FINISHED, "embeddings/*/embeddings.npy", "embeddings/*/meta.json"]


@pytest.mark.parametrize("moment", range(MOMENTS))
def test_damaged_files_of_every_kind(copy: Study, undisturbed: Study, moment: int) -> None:
    draw = random.Random(f"{SEED} {moment}")
    harmed = []
    for number, shape in enumerate(SHAPES, start=moment):  # each kind is harmed in every way
        path, harm = draw.choice(sorted(copy.store.glob(shape))), HARMS[number % len(HARMS)]
        harm(path, draw)
        harmed.append(path)
        print(harm.__name__, path.relative_to(copy.store))
    code, said = copy.run(cold=False)
    assert (code, "Traceback" in said) == (0, False), said
    for path in harmed:
        named = path.parent.name[:12] if "embeddings" in path.parts else str(path)
        assert f"{named} was damaged" in said or f"{named} is damaged" in said, said
    for line in said.splitlines():
        if "damaged: " in line:
            assert_on_page(line, copy)
    assert len(list(copy.store.rglob("*.damaged*"))) == len({_entry(path) for path in harmed})
    assert_same(copy, undisturbed)
    code, said = copy.run(cold=False)
    assert (code, "damaged" in said) == (0, False), said


def _entry(path: Path) -> Path:
    return path.parent if "embeddings" in path.parts else path


def exchange_contents(one: Path, other: Path) -> list[Path]:
    content = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(content)
    return [one, other]


def exchange_files(one: Path, other: Path) -> list[Path]:
    """Each goes into the folder of the other, under its own name."""
    moved = [one.parent / other.name, other.parent / one.name]
    aside = one.rename(one.parent / "aside")
    other.rename(moved[0])
    aside.rename(moved[1])
    return moved


@pytest.mark.parametrize("exchange", [exchange_contents, exchange_files])
def test_exchanged_results(
    copy: Study, undisturbed: Study, exchange: Callable[[Path, Path], list[Path]]
) -> None:
    one, other = random.Random(SEED).sample(sorted(copy.store.glob("results/*/*/*.parquet")), 2)
    harmed = exchange(one, other)
    code, said = copy.run(cold=False)
    assert (code, "Traceback" in said) == (0, False), said
    assert all(f"{path} was damaged" in said for path in harmed), said
    assert "2 because: its file was damaged" in said
    assert_same(copy, undisturbed)


def test_exchanged_embeddings(copy: Study, undisturbed: Study) -> None:
    one, other = (path.parent for path in sorted(copy.store.glob("embeddings/*/meta.json")))
    aside = one.rename(one.with_name("aside"))
    other.rename(one)
    aside.rename(other)
    code, said = copy.run(cold=False)
    assert (code, "Traceback" in said) == (0, False), said
    assert all(f"{path.name[:12]} is damaged" in said for path in (one, other)), said
    assert_same(copy, undisturbed)
