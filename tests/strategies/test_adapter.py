"""Strategies of scikit-activeml under the contract of ours."""

import inspect
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import alutils
from alutils import strategies
from alutils.cell import Cell
from alutils.errors import UserError
from alutils.heads import SoftmaxRegression
from alutils.loop import Problem, Replicates, run_cell
from alutils.running import Request
from alutils.strategies import adapter
from alutils.strategies.adapter_classes import MODELS, PINNED, runnable
from alutils.study import check_names
from tests.strategies.problems import blobs, draw_labelled, selection, streams, toy
from tests.test_house import constraints

skactiveml = pytest.importorskip("skactiveml", reason="needs scikit-activeml")
from skactiveml import pool  # noqa: E402

from alutils.strategies.adapter_head import COMMITTEE, HeadClassifier, model_for  # noqa: E402

OFFERED = [n for n in pool.__all__ if hasattr(getattr(pool, n), "query")]
OFFERED += [
    n for n in pool.multiannotator.__all__ if hasattr(getattr(pool.multiannotator, n), "query")
]
NEEDS_HEAD = {
    "Badge", "BatchBALD", "Clue", "ContrastiveAL", "DropQuery", "Falcun", "GreedyBALD",
    "ProbabilisticAL", "QueryByCommittee", "UncertaintySampling",
}  # fmt: skip
HEAD_FREE = {
    "CoreSet", "CostEmbeddingAL", "GreedySamplingX", "MaxHerding", "ProbCover", "Quire",
    "RandomSampling", "TypiClust",
}  # fmt: skip
REFUSED = {
    "DiscriminativeAL": "a classifier of its own",
    "EpistemicUncertaintySampling": "scikit-activeml's own classifiers only",
    "ExpectedErrorReduction": "for every candidate and class",
    "ExpectedModelChangeMaximization": "for regression",
    "ExpectedModelOutputChange": "for regression",
    "ExpectedModelVarianceReduction": "for regression",
    "FourDs": "the mixture",
    "GreedySamplingTarget": "for regression",
    "IntervalEstimationThreshold": "among annotators",
    "KLDivergenceMaximization": "for regression",
    "MonteCarloEER": "for every candidate and class",
    "ParallelUtilityEstimationWrapper": "wraps another strategy",
    "RegressionTreeBasedAL": "for regression",
    "SingleAnnotatorWrapper": "wraps another strategy",
    "SubSamplingWrapper": "wraps another strategy",
    "ValueOfInformationEER": "for every candidate and class",
}  # fmt: skip


def typed(class_name: str) -> str:
    needed = "(metric='rbf')" if class_name == "ProbabilisticAL" else ""
    return f"skactiveml:{class_name}{needed}"


def run(name: str, problem, k: int) -> np.ndarray:
    return strategies.select(name, problem, k, streams(problem.geometry.seeds)).numpy()


def test_every_class_is_run_or_refused():
    assert set(OFFERED) == NEEDS_HEAD | HEAD_FREE | set(REFUSED)
    assert set(runnable()) == NEEDS_HEAD | HEAD_FREE
    listed = inspect.getdoc(adapter.SkactivemlStrategy).split("Needs:")[1].split("Cost:")[0]
    with_head, without = listed.split("without one")
    assert all(name in with_head for name in NEEDS_HEAD)
    assert all(name in without for name in HEAD_FREE)
    assert not any(name in listed for name in REFUSED)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("class_name", sorted(NEEDS_HEAD | HEAD_FREE))
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_what_runs_keeps_the_contract(class_name, dtype):
    name, problem = typed(class_name), toy("random", dtype=dtype)
    assert strategies.get(name).needs_head == (class_name in NEEDS_HEAD)
    np.random.seed(4)  # noqa: NPY002
    before = np.random.get_state(), torch.get_rng_state(), problem.pool.clone()  # noqa: NPY002
    rows = run(name, problem, 7)  # which checks that rows are distinct and unlabelled
    after = np.random.get_state(), torch.get_rng_state(), problem.pool  # noqa: NPY002
    assert before[0][2:] == after[0][2:] and (before[0][1] == after[0][1]).all()
    assert all(torch.equal(a, b) for a, b in zip(before[1:], after[1:], strict=True))

    np.random.seed(5)  # noqa: NPY002
    assert (rows == run(name, problem, 7)).all()
    points, classes = blobs(60, 7, 3)
    for r, labelled in enumerate(draw_labelled(60, 12, 3)):
        alone = selection(points, classes, [labelled], [r], dtype=dtype)
        assert (run(name, alone, 7)[0] == rows[r]).all()
    if class_name in HEAD_FREE:
        assert run(name, selection(points, classes, [[], []], dtype=dtype), 7).shape == (2, 7)


@pytest.mark.parametrize(("class_name", "reason"), REFUSED.items())
def test_what_cannot_run_is_refused_by_name(class_name, reason):
    with pytest.raises(UserError, match=f"^skactiveml:{class_name} cannot be run here: .*{reason}"):
        strategies.get(f"skactiveml:{class_name}")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("skactiveml:Cleu", "no scikit-activeml strategy 'Cleu': did you mean 'Clue'"),
        ("skactiveml:", "choose from Badge, BatchBALD, Clue"),
        ("skactiveml:vote_entropy", "no scikit-activeml strategy 'vote_entropy'"),
        ("skactiveml:IntervalEstimationAnnotModel", "no scikit-activeml strategy"),
        (
            "skactiveml:DropQuery(drop_rate=0.5)",
            "of skactiveml:DropQuery 'drop_rate': did you mean 'dr",
        ),
        ("skactiveml:Quire(classes=[0])", "no parameter of skactiveml:Quire 'classes'"),
        ("skactiveml:CoreSet(random_state=0)", "no parameter of skactiveml:CoreSet 'random_state'"),
        ("skactiveml:ProbabilisticAL", "name one, as in skactiveml:ProbabilisticAL.metric='rbf'"),
        ("skactiveml:Clue(", "is not understood: write parameters as"),
    ],
)
def test_what_is_wrong_with_a_name_is_said(name, message):
    with pytest.raises(UserError, match=message):
        strategies.get(name)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "DropQuery(dropout_rate=2.0)",
            r"DropQuery\(dropout_rate=2.0\) failed in .* `dropout_rate`",
        ),
        ("Clue(method='none')", "Clue.* failed in scikit-activeml .ValueError.: `method` must be"),
        ("Clue(predict_dict={'extra_outputs': 'logits'})", "^a head has no output 'logits'"),
    ],
)
def test_what_goes_wrong_in_a_query_is_one_sentence(name, message):
    with pytest.raises(UserError, match=message) as caught:
        run(f"skactiveml:{name}", toy("random"), 5)
    assert "\n" not in str(caught.value)


def test_without_scikit_activeml_the_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "skactiveml", None)
    with pytest.raises(UserError, match=f"pip install scikit-activeml=={PINNED}"):
        strategies.get("skactiveml:Clue")
    assert constraints()["scikit-activeml"] == PINNED


def test_the_package_is_imported_only_when_it_is_asked_for():
    script = (
        "import sys; from alutils import strategies; strategies.get('margin');"
        "assert 'skactiveml' not in sys.modules"
    )
    subprocess.run(
        [sys.executable, "-c", script], check=True, cwd=Path(alutils.__file__).parents[1]
    )


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ([20, 21], "returned 2 rows, 2 of them distinct and unlabelled, when asked for 3"),
        ([20, 21, 21], "returned 3 rows, 2 of them distinct"),
        ([0, 20, 21], "returned 3 rows, 2 of them distinct"),
        ([20, 21, 60], "returned 3 rows, 2 of them distinct"),
        ([[20, 21, 22]], "returned 3 rows, 3 of them distinct"),
    ],
)
def test_rows_that_break_the_contract_are_named_as_theirs(monkeypatch, found, message):
    monkeypatch.setattr(pool.RandomSampling, "query", lambda self, X, y, **_: found)
    problem = selection(*blobs(60, 4, 3), [[0, 1, 2]])
    with pytest.raises(UserError, match=f"skactiveml:RandomSampling {message}"):
        run("skactiveml:RandomSampling", problem, 3)


def test_what_a_query_is_given(monkeypatch):
    given = []

    def spy(self, X, y, clf, fit_clf=True, candidates=None, batch_size=1):
        given.append((self.random_state, X, y, clf, fit_clf, candidates, batch_size))
        return candidates[:batch_size]

    monkeypatch.setattr(pool.Falcun, "query", spy)
    problem = toy("random", n_replicates=2, dtype=torch.float32)
    run("skactiveml:Falcun", problem, 4)
    for r, (_, X, y, clf, fit_clf, candidates, batch_size) in enumerate(given):
        labelled = problem.labelled[r].numpy()
        assert X.dtype == np.float64 and not X.flags.writeable
        assert (problem.pool.numpy() == X).all()
        assert (np.isnan(y) == ~labelled).all()
        assert (y[labelled] == problem.labels[r].numpy()[labelled]).all()
        assert candidates.tolist() == np.flatnonzero(~labelled).tolist()
        assert (fit_clf, batch_size) == (False, 4)
        assert clf.classes_.tolist() == [0, 1, 2]
        np.testing.assert_allclose(
            clf.predict_proba(X), problem.probabilities()[r].numpy(), atol=1e-6
        )
    assert given[0][0] != given[1][0] and isinstance(given[0][0], int)
    run("skactiveml:Falcun", problem, 4)
    assert [g[0] for g in given[2:]] == [g[0] for g in given[:2]]


def test_a_head_as_a_classifier():
    problem = toy("random", n_replicates=1)
    clf = model_for("clf", problem, 0, streams([0])[0])["clf"]
    X = problem.pool.numpy()[:5]
    expected = problem.probabilities()[0, :5].numpy()
    assert isinstance(clf, HeadClassifier) and clf.fit(X, np.zeros(5)) is clf
    np.testing.assert_allclose(clf.predict_proba(X), expected)
    assert (clf.predict(X) == expected.argmax(axis=1)).all()
    for asked in ({"return_embeddings": True}, {"extra_outputs": "emb"}):
        assert clf.predict_proba(X, **asked)[1] is X
        assert (clf.predict(X, **asked)[0] == expected.argmax(axis=1)).all()


@pytest.mark.parametrize(
    ("plain", "asking"),
    [
        ("Badge", "Badge(clf_embedding_flag_name='return_embeddings')"),
        ("DropQuery", "DropQuery(clf_embedding_flag_name='return_embeddings')"),
        ("ContrastiveAL", "ContrastiveAL(clf_embedding_flag_name='return_embeddings')"),
        ("Clue", "Clue(predict_dict={'extra_outputs': 'emb'})"),
    ],
)
def test_the_embedding_of_a_row_is_the_row(plain, asking):
    problem = toy("random")
    expected = run(f"skactiveml:{plain}", problem, 6)
    assert (run(f"skactiveml:{asking}", problem, 6) == expected).all()


def test_parameters_reach_the_class():
    problem = toy("random")
    by_margin = run("skactiveml:UncertaintySampling(method='margin_sampling')", problem, 8)
    assert (by_margin == run("margin", problem, 8)).all()
    assert (by_margin != run("skactiveml:UncertaintySampling", problem, 8)).any()


def test_a_committee_is_heads_on_bootstrap_samples_of_the_labelled_rows():
    problem, draws = toy("random", n_replicates=2), streams([3, 3])
    members = model_for("ensemble", problem, 1, draws[0])["ensemble"]
    known = problem.labelled[1].nonzero()[:, 0]
    samples = draws[1].integers(len(known), size=(COMMITTEE, len(known)))
    X = problem.pool.numpy()
    for member, sample in zip(members, samples, strict=True):
        rows = known[torch.as_tensor(sample)][None]
        head = SoftmaxRegression().fit(problem.pool, rows, problem.labels[1][rows], 3)
        expected = head.probabilities(problem.pool)[0].numpy()
        np.testing.assert_allclose(member.predict_proba(X), expected, atol=1e-5)
    assert len({member.predict_proba(X)[0, 0] for member in members}) > COMMITTEE // 2


def request(strategy: str, initial_pool: str = "random") -> Request:
    cell = Cell("toy", "given", initial_pool, strategy, 10, 5, 3)
    problem = Problem("toy", "given", Path("none"), np.zeros(0), np.zeros(0), 3, "data", "vectors")
    return Request(cell, (0, 1), problem)


def test_the_key_names_class_parameters_and_version(monkeypatch):
    found = request("skactiveml:DropQuery(dropout_rate=0.5)").provenance
    setup = found.code["skactiveml:DropQuery(dropout_rate=0.5)"]
    assert "'DropQuery'" in setup and "'dropout_rate': 0.5" in setup
    assert f"'{skactiveml.__version__}'" in setup
    own = {"adapter", "adapter_head", "adapter_classes"}
    assert {f"alutils.strategies.{name}" for name in own} <= set(found.code)
    assert "alutils.naming" not in found.code
    assert not any("adapter" in name for name in request("margin").provenance.code)

    monkeypatch.setattr(skactiveml, "__version__", "9.9")
    newer = request("skactiveml:DropQuery(dropout_rate=0.5)").provenance
    assert newer.key != found.key
    assert "skactiveml:DropQuery" in newer.difference(found.fields())


def test_names_are_checked_before_any_text_is_read():
    cell = Cell("icd10_chapters", "hashing", "skactiveml:CoreSet", "skactiveml:Clue", 10, 5, 2)
    check_names([cell])
    for change, message in (
        ({"strategy": "skactiveml:Cleu"}, "did you mean 'Clue'"),
        ({"initial_pool": "skactiveml:Clue"}, "needs a trained head"),
    ):
        with pytest.raises(UserError, match=message):
            check_names([replace(cell, **change)])


@pytest.fixture
def problem(tmp_path):
    points, classes = blobs(200, 6, 3)
    np.save(tmp_path / "vectors.npy", points.astype(np.float32))
    path = tmp_path / "vectors.npy"
    return Problem("toy", "given", path, classes[:150], classes[150:], 3, "data", "vectors")


@pytest.mark.parametrize(
    ("initial_pool", "strategy"),
    [
        ("random", "skactiveml:Clue"),
        ("skactiveml:TypiClust", "skactiveml:DropQuery(dropout_rate=0.5)"),
    ],
)
def test_a_cell_end_to_end(problem, initial_pool, strategy):
    cell = Cell("toy", "given", initial_pool, strategy, 10, 8, 4)
    records = run_cell(cell, Replicates(problem, [0, 1]))
    assert set(records["strategy"]) == {strategy}
    assert records["n_labelled"].tolist() == [10, 18, 26, 34] * 2
    for seed, run in records.groupby("seed"):
        chosen = np.concatenate(run["chosen"].tolist())
        assert len(set(chosen.tolist())) == 34
        alone = run_cell(cell, Replicates(problem, [seed]))
        assert [c.tolist() for c in alone["chosen"]] == [c.tolist() for c in run["chosen"]]


def test_select():
    embeddings, classes = blobs(60, 6, 3)
    labels = np.where(np.arange(60) < 12, classes, -1)
    rows = alutils.select(embeddings, labels, "skactiveml:Clue", 9)
    assert len(set(rows.tolist())) == 9 and (rows >= 12).all()
    first = alutils.select(embeddings, np.full(60, -1), "skactiveml:GreedySamplingX", 9)
    assert len(set(first.tolist())) == 9
    with pytest.raises(UserError, match="skactiveml:Clue learns from labels"):
        alutils.select(embeddings, np.full(60, -1), "skactiveml:Clue", 9)


def test_every_model_that_a_query_can_ask_for_is_known():
    """One that a later version adds would be run without a head, and fail in the middle."""
    for name in runnable():
        asked = inspect.signature(getattr(pool, name).query).parameters
        needed = {n for n, p in asked.items() if p.default is p.empty} - {"self", "X", "y"}
        assert needed <= set(MODELS)
