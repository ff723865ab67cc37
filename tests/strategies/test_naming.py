from dataclasses import dataclass

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic.dataclasses import dataclass as checked

from alutils import strategies
from alutils.errors import UserError
from alutils.strategies.naming import configure, find, split


@checked(frozen=True)
class Sharp:
    beta: pydantic.PositiveFloat = 1.0
    name = "sharp"
    needs_head = False

    def query(self, selection, k, streams):
        raise NotImplementedError


KNOWN = {"sharp": Sharp(), "random": strategies.get("random")}


def test_parameters_in_brackets():
    assert find("sharp", KNOWN) is KNOWN["sharp"]
    assert find("sharp()", KNOWN) is KNOWN["sharp"]
    assert find("sharp(beta=2)", KNOWN) == Sharp(beta=2)
    assert find("sharp(beta=2)", KNOWN).name == "sharp"
    assert vars(find("sharp(beta=2)", KNOWN)) == {"beta": 2.0}  # what a result's key names


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("sharp(gamma=2)", "no parameter of sharp 'gamma'"),
        ("sharp(bet=2)", "did you mean 'beta'"),
        ("sharp(beta=-1)", "beta cannot be -1: input should be greater than 0"),
        ("sharp(beta='x')", "beta cannot be 'x'"),
        ("sharp(beta='2')", "beta cannot be '2': write 2.0"),
        ("sharp(beta=True)", "beta cannot be True: write 1.0"),
        ("sharp(beta=1e400)", "beta cannot be inf: it should be finite"),
        ("sharp(beta=1, beta=2)", "write parameters as"),
        ("random(beta=2)", "random has no parameters"),
        ("Sh-Arp", "did you mean 'sharp'"),
        ("skactivml:Clue", "written skactiveml:Clue"),
        ("shrp(beta=2)", "did you mean 'sharp'"),
        ("sharp(2)", "write parameters as"),
        ("sharp(beta=2", "quotes around a name that holds a comma"),
        ("sharp(**{'beta': 2})", "write parameters as"),
        ("sharp(beta=print(2))", "write parameters as"),
        ("sharp(beta=2) + 1", "write parameters as"),
    ],
)
def test_what_is_wrong_is_named(name, message):
    with pytest.raises(UserError, match=message.replace("(", r"\(")):
        find(name, KNOWN)


@given(st.text(alphabet="sharp(beta=2,) '*:{}[]\"\n\0", max_size=40))
def test_any_text_is_a_strategy_or_one_sentence(name):
    try:
        find(name, KNOWN)
    except UserError as error:
        assert str(error)


def test_plain_dataclasses_serve_too():
    @dataclass(frozen=True)
    class Plain:
        beta: float = 1.0
        name = "plain"
        needs_head = False

    assert configure("plain(beta=3)", Plain(), {"beta": 3}) == Plain(3)
    assert split("plain(beta=3)") == ("plain", {"beta": 3})
