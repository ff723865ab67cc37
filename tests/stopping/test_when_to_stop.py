import numpy as np
import pytest

from alutils.errors import UserError
from alutils.stopping import audit_order, audit_rows, when_to_stop
from alutils.stopping import estimating as room
from tests.strategies.problems import blobs

N, LABELLED = 400, 120


def problem():
    embeddings, classes = blobs(N, 6, 3)
    draw = np.random.default_rng(0)
    names = np.array(["low", "mid", "top"])[np.where(draw.random(N) < 0.2, 0, classes)]
    order = audit_order([str(i) for i in range(N)], 0)
    batch = np.full(N, -1)
    for number in range(4):
        batch[order[batch[order] < 0][:15]] = number
        batch[draw.choice(np.flatnonzero(batch < 0), 15, replace=False)] = number
    labels = np.where(batch >= 0, names, "")
    audit = audit_rows(order, np.where(batch >= 0, 0, -1))
    return embeddings, labels, audit, batch


def test_report_has_every_number_in_it():
    embeddings, labels, audit, batch = problem()
    found = when_to_stop(embeddings, labels, audit, batch, more=50)
    assert (found.n_rows, found.n_labelled, found.n_classes) == (N, 120, 3)
    assert found.accuracy.n == len(audit) >= 60
    assert found.accuracy.low < found.accuracy.accuracy < found.accuracy.high
    assert found.rest.low < found.rest.accuracy < found.rest.high
    assert found.stability["batch"].tolist() == [1, 2, 3]
    assert found.forecast.more == 50
    assert found.forecast.points["n_labelled"].iloc[-1] == 120
    assert found.forecast.points["accuracy"].iloc[-1] == found.accuracy.accuracy
    assert found.notes == ()
    words = str(found)
    for part in (
        "120 of 400 texts have a label, of 3 classes.",
        f"  on new texts like these: {found.accuracy.accuracy:.0%}".replace("%", " %"),
        "  on the 280 texts without a label: ",
        f"the audit: {len(audit)} texts that were drawn at random",
        "Predictions changed by each of the last 3 batches",
        "The next 50 labels should change accuracy by",
        "is for you to decide",
        "100 more labels drawn at random would make that ±",
    ):
        assert part in words
    assert max(map(len, words.splitlines())) <= 85
    assert str(when_to_stop(embeddings, labels, audit, batch, more=50)) == words


def test_without_audit_rows_all_that_needs_no_label_is_there():
    embeddings, labels, _, batch = problem()
    found = when_to_stop(embeddings, labels, [], batch)
    assert found.accuracy is found.rest is found.forecast is None
    assert len(found.stability) == 3
    assert "Accuracy cannot be estimated: labels that were chosen" in str(found)
    assert "Label some texts drawn at random" in str(found)


def test_few_audit_rows_no_batches_no_labels():
    embeddings, labels, audit, batch = problem()
    found = when_to_stop(embeddings, labels, audit[:8])
    assert found.forecast is None
    assert found.accuracy.n == 8
    assert "from an audit of 8: it takes 20." in str(found)
    assert "takes the number of each batch" in str(found)
    assert when_to_stop(embeddings, labels, audit).forecast is not None
    nothing = when_to_stop(embeddings, np.full(N, -1), [], batch)
    assert "There are no labels yet" in str(nothing)
    assert nothing.accuracy is None


def test_one_class_and_every_label():
    embeddings, labels, audit, batch = problem()
    one = when_to_stop(embeddings, np.where(labels == "", "", "low"), audit, batch)
    assert one.accuracy.accuracy == 1
    assert "each of the last 3 batches: 0.0 %, 0.0 %, 0.0 %." in str(one)
    everything = np.where(labels == "", "mid", labels)
    done = when_to_stop(embeddings, everything, np.arange(N), np.zeros(N, int))
    assert done.rest is done.forecast is None
    assert done.accuracy.n == N


def test_too_much_work_is_left_out_and_said(monkeypatch):
    embeddings, labels, audit, batch = problem()
    monkeypatch.setattr(room, "too_much", lambda at, sizes: sum(sizes) > 10)
    found = when_to_stop(embeddings, labels, audit, batch)
    assert found.accuracy is not None
    assert found.rest is found.forecast is None
    assert "120 labels of 3 classes take too long to fit often" in str(found)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"audit": [0, 0]}, "distinct"),
        ({"audit": [[0, 1]]}, "distinct"),
        ({"audit": [N]}, f"row {N}, but there are rows 0 to {N - 1}"),
        ({"audit": [-1]}, "audit has row -1"),
        ({"audit": [0.5]}, "audit must be whole numbers"),
        ({"audit": "unlabelled"}, "has no label"),
        ({"batch": [1, 2]}, "one number per row"),
        ({"batch": ["a"] * N}, "batch must be whole numbers"),
        ({"more": 0}, "more must be a whole number from 1, but is 0"),
        ({"more": True}, "more must be"),
        ({"seed": -1}, "seed must be"),
        ({"seed": 1.5}, "seed must be"),
    ],
)
def test_bad_arguments(change, said):
    embeddings, labels, audit, batch = problem()
    if change.get("audit") == "unlabelled":
        change = {"audit": np.flatnonzero(labels == "")[:1]}
    arguments = {"audit": audit, "batch": batch, **change}
    with pytest.raises(UserError, match=said):
        when_to_stop(embeddings, labels, **arguments)
