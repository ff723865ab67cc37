from dataclasses import dataclass

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic.dataclasses import dataclass as checked

from alutils import heads, strategies
from alutils.errors import UserError
from alutils.naming import configure, find, split


@checked(frozen=True)
class Sharp:
    beta: pydantic.PositiveFloat = 1.0
    name = "sharp"
    needs_head = False

    def query(self, selection, k, streams):
        raise NotImplementedError


KNOWN = {"sharp": Sharp(), "random": strategies.get("random")}


def test_parameters_in_brackets():
    assert find("strategy", "sharp", KNOWN) is KNOWN["sharp"]
    assert find("strategy", "sharp()", KNOWN) is KNOWN["sharp"]
    assert find("strategy", "sharp(beta=2)", KNOWN) == Sharp(beta=2)
    assert find("strategy", "sharp(beta=2)", KNOWN).name == "sharp"
    assert vars(find("strategy", "sharp(beta=2)", KNOWN)) == {"beta": 2.0}  # what a key names


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
        ("sharp(beta=1, beta=2)", "write parameters as in sharp(name=value)"),
        ("random(beta=2)", "random has no parameters"),
        ("Sh-Arp", "did you mean 'sharp'"),
        ("shrp(beta=2)", "did you mean 'sharp'"),
        ("sharp(2)", "write parameters as"),
        ("sharp(beta=2", "quotes around a name that holds a comma"),
        ("sharp(**{'beta': 2})", "write parameters as"),
        ("sharp(beta=print(2))", "write parameters as"),
        ("sharp(beta=2) + 1", "write parameters as"),
    ],
)
@pytest.mark.parametrize("kind", ["strategy", "head"])
def test_what_is_wrong_is_named(kind, name, message):
    with pytest.raises(UserError, match=message.replace("(", r"\(").replace(")", r"\)")) as raised:
        find(kind, name, KNOWN)
    sentence = str(raised.value)
    assert sentence.startswith((f"{kind} ", f"there is no {kind} ", "there is no parameter of"))


@given(st.text(alphabet="sharp(beta=2,) '*:{}[]\"\n\0", max_size=40))
def test_any_text_is_a_part_or_one_sentence(name):
    try:
        find("strategy", name, KNOWN)
    except UserError as error:
        assert str(error)


@dataclass(frozen=True)
class Plain:
    beta: float = 1.0
    name = "plain"
    needs_head = False


def test_plain_dataclasses_serve_too():
    made = configure("plain(beta=3)", Plain(), {"beta": 3})
    assert made == Plain(3.0) and type(made) is Plain
    assert vars(made)["beta"].__class__ is float  # so that 3 and 3.0 have one key
    assert split("plain(beta=3)") == ("plain", {"beta": 3})
    with pytest.raises(UserError, match=r"strategy .*: beta cannot be 'x': input"):
        configure("plain(beta='x')", Plain(), {"beta": "x"})


def test_classes_of_scikit_activeml_are_spelled_for_the_reader():
    with pytest.raises(UserError, match=r"'skactivml:Clue': .* written skactiveml:Clue"):
        strategies.get("skactivml:Clue(query_strategy='x')")


def test_heads_have_parameters_too():
    assert heads.get("softmax") is heads.HEADS["softmax"]
    assert heads.get("softmax(C=1)") == heads.SoftmaxRegression(C=1.0)
    assert heads.get("mlp(hidden=64, penalty=1)") == heads.Mlp(hidden=64, penalty=1.0)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("softmax(C=0)", "head 'softmax(C=0)': C should be above 0, but is 0"),
        ("softmax(C=-1)", "head 'softmax(C=-1)': C should be above 0, but is -1"),
        ("softmax(C=1e999)", "C cannot be inf: it should be finite"),
        ("softmax(C='1')", "C cannot be '1': write 1.0"),
        ("softmax(C=None)", "C cannot be None: input should be a valid number"),
        ("softmax(tolerance=0)", "tolerance should be above 0, but is 0"),
        ("softmax(c=1)", "no parameter of softmax 'c'"),
        ("softmax(1)", "head 'softmax(1)' is not understood: write parameters as in softmax("),
        ("mlp(hidden=0)", "head 'mlp(hidden=0)': hidden cannot be 0: input should be greater"),
        ("mlp(hidden=1.5)", "hidden cannot be 1.5: input should be a valid integer"),
        ("mlp(penalty=-1)", "penalty cannot be -1: input should be greater than or equal to 0"),
        ("mlp(steps=True)", "steps cannot be True: write 1"),
        ("mlp(learning_rate=1e999)", "learning_rate cannot be inf: it should be finite"),
        ("MLP", "there is no head 'MLP': did you mean 'mlp'"),
        ("sofmax(C=1)", "there is no head 'sofmax': did you mean 'softmax'"),
    ],
)
def test_bad_heads_are_named(name, message):
    with pytest.raises(UserError) as raised:
        heads.get(name)
    assert message in str(raised.value)
