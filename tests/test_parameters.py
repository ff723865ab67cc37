import datetime
import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alutils.errors import UserError
from alutils.parameters import parse_cli, read, validate

CELL = """\
datasets: list[str] = ["icd10_chapters"]  # datasets by name
# Runs per cell,
# all with their own stream.
seeds: int = 5
metric: Literal["accuracy", "macro_f1"] = "accuracy"  # what is shown
pool_size: int | None = None  # texts in the pool
noise: float = 0.0
warm: bool = False
title: str = "x"
sizes: dict[str, int] = {"a": 1}
"""


def notebook(folder: Path, cell: str = CELL, name: str = "curves") -> Path:
    source = folder / f"{name}.py"
    source.write_text(
        f'# %% [markdown]\n# # Title\n\n# %% tags=["parameters"]\n{cell}\n\n# %%\n1\n'
    )
    return source


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return notebook(tmp_path_factory.mktemp("notebooks"))


def test_read_gives_names_annotations_defaults_and_descriptions(source: Path) -> None:
    found = {each.name: each for each in read(source)}
    assert list(found) == [
        *("datasets", "seeds", "metric", "pool_size", "noise", "warm", "title", "sizes")
    ]
    assert found["datasets"].default == ["icd10_chapters"]
    assert found["datasets"].description == "datasets by name"
    assert found["seeds"].description == "Runs per cell, all with their own stream."
    assert found["metric"].annotation == "Literal['accuracy', 'macro_f1']"
    assert found["pool_size"].default is None
    assert found["noise"].description == ""


def test_reading_runs_nothing(tmp_path: Path) -> None:
    trap = tmp_path / "ran"
    cell = f"seeds: int = open({str(trap)!r}, 'w').write('x')"
    with pytest.raises(UserError, match="'seeds' is not a plain literal"):
        read(notebook(tmp_path, cell))
    assert not trap.exists()


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("seeds = 5", "'seeds = 5' is not an annotated assignment"),
        ("seeds: int", "not an annotated assignment"),
        ("seeds: Path = 5", "'seeds' cannot be checked"),
        ("seeds: int = 'five'", "must be a whole number, not 'five'"),
        ("seeds: int =", "invalid syntax"),
        ("print(1)", "not an annotated assignment"),
    ],
)
def test_a_wrong_parameter_cell_is_explained(tmp_path: Path, cell: str, words: str) -> None:
    with pytest.raises(UserError, match="'curves'") as error:
        read(notebook(tmp_path, cell))
    assert words in str(error.value)


def test_exactly_one_parameter_cell(tmp_path: Path) -> None:
    none = tmp_path / "none.py"
    none.write_text("# %%\n1\n")
    two = tmp_path / "two.py"
    two.write_text('# %% tags=["parameters"]\na: int = 1\n\n# %% tags=["parameters"]\nb: int = 1\n')
    for each in none, two:
        with pytest.raises(UserError, match="exactly one code cell"):
            read(each)
    with pytest.raises(UserError, match="there is no notebook"):
        read(tmp_path / "missing.py")


def test_the_parameter_cell_may_import_from_typing(tmp_path: Path) -> None:
    cell = "from typing import Literal\nmetric: Literal['a', 'b'] = 'a'"
    assert [each.name for each in read(notebook(tmp_path, cell))] == ["metric"]


def test_validate_fills_in_defaults(source: Path) -> None:
    values = validate(source, {"seeds": 2, "pool_size": 100})
    assert values["seeds"] == 2
    assert values["pool_size"] == 100
    assert values["datasets"] == ["icd10_chapters"]
    assert list(values) == [each.name for each in read(source)]


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("seeds", "abc", "a whole number, not 'abc'"),
        ("seeds", True, "a whole number, not True"),
        ("seeds", 1.0, "a whole number, not 1.0"),
        ("seeds", None, "a whole number, not None"),
        ("noise", True, "a number, not True"),
        ("noise", "abc", "a number, not 'abc'"),
        ("noise", float("nan"), "a number, not nan"),
        ("noise", datetime.date(2024, 1, 1), "a number"),
        ("warm", "false", "true or false, not 'false'"),
        ("warm", 1, "true or false, not 1"),
        ("title", 12, "a text, not 12: to give a text"),
        ("title", b"x", "a text"),
        ("metric", "acuracy", "one of 'accuracy', 'macro_f1', not 'acuracy'"),
        ("pool_size", "abc", "a whole number or null, not 'abc'"),
        ("datasets", "trec6", "a list of texts, not 'trec6': write it as [trec6]"),
        ("datasets", [1], "a list of texts, not [1]"),
        ("sizes", {"a": "b"}, "a mapping from texts to whole numbers"),
    ],
)
def test_a_wrong_value_is_one_sentence(
    source: Path, name: str, value: object, expected: str
) -> None:
    with pytest.raises(UserError) as error:
        validate(source, {name: value})
    message = str(error.value)
    assert message.startswith(f"parameter '{name}' of notebook 'curves' must be {expected}")
    assert "\n" not in message


def test_a_literal_does_not_take_true_for_one(tmp_path: Path) -> None:
    path = notebook(tmp_path, "level: Literal[1, 2] = 1")
    assert validate(path, {"level": 2}) == {"level": 2}
    for value in True, 1.0:
        with pytest.raises(UserError, match="one of 1, 2"):
            validate(path, {"level": value})


def test_numbers_written_with_an_exponent_are_numbers(source: Path) -> None:
    assert validate(source, parse_cli([("noise", "1e-3")]))["noise"] == 0.001
    assert validate(source, {"noise": 3})["noise"] == 3.0
    assert validate(source, {"title": "1e-3"})["title"] == "1e-3"


def test_an_unknown_name_gets_the_nearest(source: Path) -> None:
    with pytest.raises(UserError, match="no parameter 'seed': did you mean 'seeds'"):
        validate(source, {"seed": 3})


def test_an_empty_parameter_cell(tmp_path: Path) -> None:
    path = notebook(tmp_path, "# none yet")
    assert validate(path, {}) == {}
    with pytest.raises(UserError, match="has no parameters"):
        validate(path, {"seeds": 3})


def test_command_line_values_are_yaml(source: Path) -> None:
    pairs = [("seeds", "3"), ("datasets", "[a, b]"), ("pool_size", "null"), ("warm", "true")]
    given_ = parse_cli(pairs)
    assert given_ == {"seeds": 3, "datasets": ["a", "b"], "pool_size": None, "warm": True}
    assert validate(source, given_)["datasets"] == ["a", "b"]
    with pytest.raises(UserError, match="given twice"):
        parse_cli([("seeds", "1"), ("seeds", "2")])


HOSTILE = [
    "!!python/object/apply:os.system ['true']",
    "!!bool x",
    "!!timestamp x",
    "2024-99-99",
    "&a [*a]",
    "[" * 3000,
    "0x" + "f" * 5000,
    "9" * 5000,
    "{",
    "\x00",
    "!!set {a, b}",
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:12])
def test_hostile_texts_end_in_one_sentence(source: Path, text: str) -> None:
    for name in "seeds", "datasets", "sizes", "noise":
        with pytest.raises(UserError) as error:
            validate(source, parse_cli([(name, text)]))
        assert "\n" not in str(error.value)
        assert len(str(error.value)) < 400


PLAIN = (str, int, float, bool, type(None), list, dict)


@given(
    name=st.sampled_from(["seeds", "noise", "title", "datasets", "metric", "pool_size", "sizes"])
    | st.text(),
    text=st.text()
    | st.from_regex(r"(!!(python/(object|name|module)[:/])?[a-z.]{1,12} )?[\[{&*!?0-9:.-]{0,6}\w*"),
)
def test_any_text_gives_plain_values_or_one_sentence(source: Path, name: str, text: str) -> None:
    try:
        values = validate(source, parse_cli([(name, text)]))
    except UserError as error:
        assert str(error)
        return
    for value in values.values():
        assert type(value) in PLAIN
        for item in value if isinstance(value, list | dict) else []:
            assert type(item) in PLAIN


def test_values_come_back_as_they_were_given(tmp_path: Path) -> None:
    path = notebook(tmp_path, textwrap.dedent("a: list[float | None] = [1.5, None]"))
    assert validate(path, {"a": [None, 2]})["a"] == [None, 2]
