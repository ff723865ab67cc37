"""Rules for a new dataset: worlds in which the answer is known, and what must not be seen."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file
from typer.testing import CliRunner

import alutils
from alutils.advice import evaluation, make_rule, shipped
from alutils.advice import rule as rules
from alutils.advice.contexts import CONTEXT, Contexts, budgets_of, contexts_of, places_of
from alutils.advice.tree import LEAST, Leaf, Split, Tree, ask, best_fixed, depth_of, grow, leaves
from alutils.advice.vectors import read_vectors
from alutils.cli import app
from alutils.errors import UserError
from alutils.statistics import aulc

ROOT = Path(__file__).parent.parent


def world(deciding: bool, seed: int = 0, n_datasets: int = 9, seeds: int = 4) -> Contexts:
    """Contexts in which hubness decides between two choices, or in which one is always best."""
    rng = np.random.default_rng(seed)
    rows, features = [], []
    for d in range(n_datasets):
        for embedder, budget in itertools.product(("e1", "e2"), (200, 400)):
            hubness, noise = rng.uniform(0, 10), rng.normal()
            known = {"n_classes": 2.0 + d, "labels_per_class": budget / (2 + d)}
            features.append({**known, "hubness": hubness, "isotropy": noise})
            first, second = (0.05, 0.0) if hubness < 5 else (0.0, 0.05)
            if not deciding:
                first, second = 0.05, 0.0
            for run in range(seeds):
                luck = rng.normal(0, 0.002, 3) + 0.6 + 0.02 * rng.normal()
                place = (f"d{d}", embedder, budget, run)
                rows.append((*place, luck[0], luck[1] + first, luck[2] + second))
    areas = pd.DataFrame(rows, columns=[*CONTEXT, "seed", "random", "first", "second"])
    areas = areas.set_index([*CONTEXT, "seed"])
    return Contexts(pd.DataFrame(features, places_of(areas).unique()), areas)


def difference(contexts: Contexts, policy: str = "rule") -> float:
    areas = evaluation.areas_of(contexts, evaluation.leave_one_out(contexts).chosen)
    return float(evaluation.differences(areas, policy, "fixed")["difference"].mean())


def test_a_feature_that_decides_is_found_and_wins_on_datasets_set_aside() -> None:
    contexts = world(deciding=True)
    tree = evaluation.fitted(contexts.features, contexts.gains)
    assert isinstance(tree, Split)
    assert (tree.feature, depth_of(tree)) == ("hubness", 1)
    assert tree.threshold == pytest.approx(5, abs=1)
    assert [leaf.choice for leaf in leaves(tree)] == ["first", "second"]
    # One of two is right by chance, so that always the same loses half of 0.05.
    assert difference(contexts) == pytest.approx(0.025, abs=0.01)
    part = rules.make_part(contexts)
    assert part.better and part.used == tree


@pytest.mark.parametrize("seed", range(3))
def test_where_nothing_decides_the_fixed_choice_is_recommended(seed: int) -> None:
    contexts = world(deciding=False, seed=seed)
    part = rules.make_part(contexts)
    assert part.fixed == "first"
    assert not part.better
    assert part.used == part.always
    assert difference(contexts) == 0
    assert part.over_random.mean == pytest.approx(0.05, abs=0.01)


def test_what_is_chosen_for_a_dataset_does_not_depend_on_its_results() -> None:
    contexts = world(deciding=True)
    chosen = evaluation.leave_one_out(contexts)
    for dataset in contexts.datasets[:3]:
        spoilt = contexts.areas.copy()
        here = spoilt.index.isin([dataset], "dataset")
        spoilt.loc[here] = np.random.default_rng(0).normal(size=spoilt.loc[here].shape)
        again = evaluation.leave_one_out(Contexts(contexts.features, spoilt))
        before, after = (
            each.chosen[each.chosen.index.isin([dataset], "dataset")] for each in (chosen, again)
        )
        pd.testing.assert_frame_equal(after, before)
        assert again.trees[dataset] == chosen.trees[dataset]
    assert not again.chosen.equals(chosen.chosen)  # others do depend on them


def test_no_dataset_is_learnt_from_and_asked_about() -> None:
    contexts = world(deciding=True)
    with pytest.raises(ValueError, match="'d1' is both"):
        evaluation.choose(contexts, contexts.of(["d1"]))
    one = contexts.of(["d1"])
    assert evaluation.fitted(one.features, one.gains) == grow(one.features, one.gains, 0)


def best_by_trying(contexts: Contexts) -> float:
    """Highest mean gain of any single question: every feature and threshold, one by one."""
    gains, features = contexts.gains, contexts.features
    names = features.index.get_level_values("dataset")
    weight = np.array([1 / (names == name).sum() for name in names])
    found = (weight @ gains.to_numpy()).max()
    for values in features.to_numpy().T:
        for value in values:
            low = values <= value
            if min(names[low].nunique(), names[~low].nunique()) < LEAST:
                continue
            sides = [(weight[side] @ gains.to_numpy()[side]).max() for side in (low, ~low)]
            found = max(found, sum(sides))
    return float(found / names.nunique())


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), n_datasets=st.integers(2, 8))
def test_one_question_is_the_best_of_all_questions(seed: int, n_datasets: int) -> None:
    rng = np.random.default_rng(seed)
    contexts = world(deciding=True, seed=seed, n_datasets=n_datasets, seeds=1)
    noisy = contexts.areas + 0.05 * rng.normal(size=contexts.areas.shape)
    contexts = Contexts(contexts.features.round(0), noisy)  # ties among the features
    tree = grow(contexts.features, contexts.gains, 1)
    chosen = [leaf.best for leaf in ask(tree, contexts.features)]
    taken = [
        contexts.gains.loc[place, name]
        for place, name in zip(contexts.gains.index, chosen, strict=True)
    ]
    mean = pd.Series(taken, contexts.gains.index).groupby(level="dataset").mean().mean()
    assert mean == pytest.approx(best_by_trying(contexts))


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), depth=st.integers(0, 2))
def test_every_leaf_rests_on_enough_datasets_and_falls_back_on_the_fixed_choice(
    seed: int, depth: int
) -> None:
    contexts = world(deciding=bool(seed % 2), seed=seed, seeds=1)
    tree = grow(contexts.features, contexts.gains, depth)
    fixed = best_fixed(contexts.gains)
    assert depth_of(tree) <= depth
    asked = ask(tree, contexts.features)
    for leaf in leaves(tree):
        assert leaf.n_datasets >= LEAST
        assert leaf.n_contexts == sum(each is leaf for each in asked)
        assert leaf.choice == (leaf.best if leaf.clear else fixed)


def test_a_lead_is_the_mean_of_datasets_with_students_interval() -> None:
    from scipy import stats

    contexts = world(deciding=True)
    tree = grow(contexts.features, contexts.gains, 1)
    leaf = next(each for each in leaves(tree) if each.best != best_fixed(contexts.gains))
    here = [each is leaf for each in ask(tree, contexts.features)]
    ahead = contexts.gains[leaf.best] - contexts.gains[best_fixed(contexts.gains)]
    means = ahead[here].groupby(level="dataset").mean()
    low, high = stats.t.interval(0.95, len(means) - 1, means.mean(), stats.sem(means))
    assert (leaf.lead, leaf.low, leaf.high) == pytest.approx((means.mean(), low, high))


def test_what_is_not_known_goes_above() -> None:
    leaf = Leaf(choice="a", best="a", lead=0, low=0, high=0, n_datasets=3, n_contexts=3)
    tree: Tree = Split(
        feature="x", threshold=1, below=leaf, above=leaf.model_copy(update={"choice": "b"})
    )
    asked = ask(tree, pd.DataFrame({"x": [0.5, 1.0, 1.5, np.nan]}))
    assert [each.choice for each in asked] == ["a", "a", "b", "b"]


def records() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    rows = [
        (d, e, s, run, cycle, 10 * (cycle + 1), rng.uniform())
        for d, e, s in itertools.product(("d1", "d2"), ("e1", "e2"), ("margin", "random", "tcm"))
        for run in range(3)
        for cycle in range(9)
    ]
    columns = ["dataset", "embedder", "strategy", "seed", "cycle", "n_labelled", "accuracy"]
    sizes = {"initial_size": 10, "query_size": 10, "cycles": 9, "pool_size": 100, "test_size": 50}
    return pd.DataFrame(rows, columns=columns).assign(
        initial_pool="random", head="softmax", **sizes
    )


def measured() -> pd.DataFrame:
    pairs = pd.MultiIndex.from_product([["d1", "d2"], ["e1", "e2"]], names=["dataset", "embedder"])
    table = pairs.to_frame(index=False)
    return table.assign(
        n_classes=[2, 2, 5, 5], n_pool=100, hubness=[1.0, 2, 3, 4], isotropy=[np.nan, 1, 1, 1],
        probe_accuracy=0.9,
    )  # fmt: skip


def test_contexts_have_the_areas_of_curves_up_to_each_budget() -> None:
    table = records()
    assert budgets_of(table) == [20, 40, 90]
    contexts = contexts_of(table, measured(), "strategy")
    for budget in (20, 40, 90):
        twin = aulc(table[table["n_labelled"] <= budget])
        twin = twin.pivot_table("aulc", ["dataset", "embedder", "seed"], "strategy")
        areas = contexts.areas[contexts.areas.index.isin([budget], "budget")]
        here = areas.reset_index("budget", drop=True)
        pd.testing.assert_frame_equal(here, twin, check_like=True, check_names=False)
    assert next(iter(contexts.gains)) == "random"
    assert (contexts.gains["random"] == 0).all()


def test_no_measure_that_looks_at_labels_is_a_feature() -> None:
    features = contexts_of(records(), measured(), "strategy").features
    # Isotropy is not known of one pair.
    assert list(features) == ["n_classes", "labels_per_class", "hubness"]
    assert features.loc[("d2", "e1", 40), "labels_per_class"] == 8


def test_a_strategy_that_lacks_a_run_is_refused() -> None:
    table = records()
    with pytest.raises(ValueError, match="some levels of strategy lack"):
        contexts_of(
            table[~((table["strategy"] == "tcm") & (table["seed"] == 2))], measured(), "strategy"
        )


def test_regret_of_a_policy_is_that_of_what_it_chose() -> None:
    contexts = world(deciding=False)
    chosen = evaluation.leave_one_out(contexts).chosen.assign(rule="second")
    found = evaluation.regrets(evaluation.areas_of(contexts, chosen), ["rule", "second", "first"])
    mean = found.set_index("policy")["mean"]
    assert mean["rule"] == mean["second"] == pytest.approx(0.05, abs=0.005)
    assert mean["first"] == pytest.approx(0, abs=0.002)


def embeddings(n_rows: int = 300) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(n_rows, 8)).astype(np.float32)


def test_advice_says_what_why_and_how_far_outside() -> None:
    advice = alutils.advise(embeddings(), n_classes=3, budget=100)
    rule = shipped()
    assert advice.strategy in {leaf.choice for leaf in leaves(rule.strategy.used)}
    assert advice.initial_pool in {leaf.choice for leaf in leaves(rule.initial_pool.used)}
    # Eight dimensions are far from any embedding of a text.
    assert any(
        said.startswith("Effective rank is 8") or "ffective rank" in said for said in advice.outside
    )
    assert any(said.startswith("There are 300 rows") for said in advice.outside)
    assert advice.measured["labels_per_class"] == pytest.approx(100 / 3)
    text = str(advice)
    for part in (advice.strategy, advice.initial_pool, "Why", "Take care", "Random needs"):
        assert part in text


def test_advice_follows_a_rule_that_was_better() -> None:
    rule = shipped()
    leaf = rule.strategy.always.model_copy(
        update={"choice": "badge", "best": "badge", "lead": 0.02, "low": 0.01, "high": 0.03}
    )
    tree = Split(feature="n_classes", threshold=4, below=leaf, above=rule.strategy.always)
    over = rules.Interval(mean=0.02, low=0.01, high=0.03)
    part = rule.strategy.model_copy(update={"tree": tree, "over_fixed": over})
    better = rule.model_copy(update={"strategy": part})
    two = alutils.advise(embeddings(), 2, 100, rule=better)
    assert two.strategy == "badge"
    assert any("classes at most 4: there BADGE is ahead" in said for said in two.reasons)
    many = alutils.advise(embeddings(), 9, 100, rule=better)
    assert many.strategy == rule.strategy.fixed
    assert any("no clear winner" in said for said in many.reasons)
    # The same tree without a win on datasets set aside is not followed.
    worse = part.model_copy(update={"over_fixed": rules.Interval(mean=0.01, low=-0.01, high=0.03)})
    assert (
        alutils.advise(
            embeddings(), 2, 100, rule=rule.model_copy(update={"strategy": worse})
        ).strategy
        == rule.strategy.fixed
    )


@pytest.mark.parametrize(
    ("rows", "classes", "budget", "said"),
    [
        (300, 3, 0, "budget must be a whole number of labels"),
        (300, 3, 301, "budget is 301 labels, but there are 300 rows"),
        (300, 1, 100, "n_classes must be a whole number from 2"),
        (5, 2, 4, "too few"),
    ],
)
def test_what_does_not_fit_is_refused(rows: int, classes: int, budget: int, said: str) -> None:
    with pytest.raises(UserError, match=said):
        alutils.advise(embeddings(rows), classes, budget)


def test_embeddings_are_read_from_both_kinds_of_file(tmp_path: Path) -> None:
    vectors = embeddings()
    np.save(tmp_path / "a.npy", vectors)
    save_file({"x": torch.tensor(vectors)}, tmp_path / "a.safetensors")
    save_file({"x": torch.tensor(vectors).bfloat16()}, tmp_path / "b.safetensors")
    assert (read_vectors(tmp_path / "a.npy") == vectors).all()
    assert (read_vectors(tmp_path / "a.safetensors") == vectors).all()
    assert read_vectors(tmp_path / "b.safetensors").dtype == np.float32
    save_file({"x": torch.tensor(vectors).to(torch.float8_e4m3fn)}, tmp_path / "c.safetensors")
    assert read_vectors(tmp_path / "c.safetensors").dtype == np.float32
    np.save(tmp_path / "A.NPY.npy", vectors)
    (tmp_path / "A.NPY.npy").rename(tmp_path / "A.NPY")
    assert (read_vectors(tmp_path / "A.NPY") == vectors).all()
    runs = [
        CliRunner().invoke(
            app, ["advise", str(tmp_path / name), "--classes", "3", "--budget", "100"]
        )
        for name in ("a.npy", "a.safetensors")
    ]
    assert runs[0].exit_code == 0
    assert runs[0].stdout == runs[1].stdout
    assert runs[0].stdout.startswith("Initial pool")


def test_files_that_hold_no_embeddings_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "objects.npy", np.array([{}, []], dtype=object), allow_pickle=True)
    (tmp_path / "empty.npy").write_bytes(b"")
    (tmp_path / "broken.safetensors").write_bytes(b"no tensors")
    save_file({"x": torch.zeros(2, 2), "y": torch.zeros(2, 2)}, tmp_path / "two.safetensors")
    with (tmp_path / "archive.npy").open("wb") as file:
        np.savez(file, np.zeros((30, 2), dtype=np.float32))
    np.save(tmp_path / "flat.npy", np.zeros(30, dtype=np.float32))
    np.save(tmp_path / "nan.npy", np.full((30, 2), np.nan, dtype=np.float32))
    (tmp_path / "text.csv").write_text("1,2")
    header = b'{"x": {"dtype": "F4", "shape": [2], "data_offsets": [0, 1]}}'
    packed = len(header).to_bytes(8, "little") + header + bytes(1)
    (tmp_path / "four_bits.safetensors").write_bytes(packed)
    for name, said in {
        "four_bits.safetensors": "which NumPy does not have",
        "absent.npy": "there is no file",
        "objects.npy": "cannot be read as an array of numbers",
        "empty.npy": "cannot be read as an array of numbers",
        "broken.safetensors": "cannot be read as safetensors",
        "archive.npy": "cannot be read as an array of numbers",
        "two.safetensors": r"holds 2 tensors \('x', 'y'\)",
        "flat.npy": "one row per text",
        "nan.npy": "NaN",
        "text.csv": "neither .npy nor .safetensors",
    }.items():
        result = CliRunner().invoke(
            app, ["advise", str(tmp_path / name), "--classes", "2", "--budget", "10"]
        )
        assert isinstance(result.exception, UserError), name
        with pytest.raises(UserError, match=said):
            raise result.exception


def test_the_rule_in_the_package_is_that_of_the_archive(monkeypatch: pytest.MonkeyPatch) -> None:
    from alutils.findings.held_out_rule import made_from
    from alutils.page_needs import page_parameters

    monkeypatch.setenv("ALUTILS_ARCHIVE", str(ROOT / "data" / "results" / "offline"))
    again = made_from(page_parameters(ROOT, "offline")["rule"])
    assert flat(again.model_dump()) == pytest.approx(flat(shipped().model_dump()), abs=1e-9), (
        "run: alutils fit-rule offline"
    )


def flat(value: object, at: str = "") -> dict[str, object]:
    if isinstance(value, dict):
        parts = value.items()
    elif isinstance(value, list | tuple):
        parts = dict(enumerate(value)).items()
    else:
        return {at: value}
    return {k: v for name, each in parts for k, v in flat(each, f"{at}/{name}").items()}


def test_a_rule_survives_its_file(tmp_path: Path) -> None:
    rules.write(shipped(), tmp_path / "rule.json")
    text = (tmp_path / "rule.json").read_text()
    assert rules.Rule.model_validate_json(text) == shipped()


def test_savings_are_medians_of_datasets_as_a_share_of_the_budget() -> None:
    from alutils.statistics import labels_saved

    made = make_rule(records(), records(), measured())
    saved = labels_saved(records(), "random")
    for saving in made.savings:
        here = saved[
            (saved["strategy"] == saving.strategy) & (saved["n_labelled"] == saving.budget)
        ]
        middle = [np.median(group["saved"]) / saving.budget for _, group in here.groupby("dataset")]
        assert saving.share.mean == pytest.approx(np.mean(middle))
        assert 2 * saving.budget <= 90
