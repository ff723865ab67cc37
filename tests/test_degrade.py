"""Steps after a name: what each does to embeddings, on data where the answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alutils import datasets, embedders
from alutils.catalogue.steps import EMBEDDER_STEPS, Step, base_name, split_steps
from alutils.embedders import degrade
from alutils.errors import UserError
from alutils.study import Grid, open_problems, run_study


def points(n: int = 3000, d: int = 12, seed: int = 0) -> np.ndarray:
    spread = np.linspace(3, 0.2, d)
    shifted = np.random.default_rng(seed).normal(size=(n, d)) * spread + 1
    return shifted.astype(np.float32)


def apply(name: str, rows: np.ndarray, pool: np.ndarray | None = None) -> np.ndarray:
    _, steps = split_steps(f"x+{name}", EMBEDDER_STEPS)
    return degrade.fit(rows if pool is None else pool, steps, "label")(rows, 0)


@pytest.mark.parametrize("size", [0.25, 1, 8])
def test_noise_has_the_size_it_says_in_every_direction(size: float) -> None:
    rows = points()
    added = apply(f"noise({size:g})", rows) - rows
    wanted = size * np.sqrt(np.mean(np.square(rows - rows.mean(axis=0))))
    assert added.std(axis=0) == pytest.approx(np.full(12, wanted), rel=0.08)
    assert np.abs(np.corrcoef(added.T) - np.eye(12)).max() < 0.1


def test_noise_is_one_noise_at_every_size_and_in_every_shard() -> None:
    rows = points()
    one, four = (apply(f"noise({size})", rows) - rows for size in (1, 4))
    np.testing.assert_allclose(4 * one, four, atol=1e-4)
    transform = degrade.fit(rows, [Step("noise", 1.0)], "label")
    shards = [transform(rows[a:b], a) for a, b in ((0, 700), (700, 701), (701, 3000))]
    np.testing.assert_array_equal(np.concatenate(shards), transform(rows, 0))
    other = degrade.fit(rows, [Step("noise", 1.0)], "another")(rows, 0)
    assert np.abs(other - transform(rows, 0)).max() > 1


def test_pca_is_that_of_scikit_learn() -> None:
    from sklearn.decomposition import PCA

    rows = points()
    ours, theirs = apply("pca(4)", rows), PCA(4).fit_transform(rows)
    np.testing.assert_allclose(np.abs(ours), np.abs(theirs), atol=1e-3)
    assert ours.shape == (3000, 4) and ours.dtype == np.float32


def test_all_axes_keep_every_distance() -> None:
    rows = points(60)
    ours = apply("pca(12)", rows)
    np.testing.assert_allclose(
        np.linalg.norm(ours[:30] - ours[30:], axis=1),
        np.linalg.norm(rows[:30] - rows[30:], axis=1),
        rtol=1e-4,
    )


def test_whitening_makes_all_axes_equal_and_half_of_it_goes_half_way() -> None:
    rows = points()
    np.testing.assert_allclose(np.cov(apply("whiten(1)", rows).T), np.eye(12), atol=2e-3)
    half = np.cov(apply("whiten(0.5)", rows).T)
    spread = np.sort(np.linalg.eigvalsh(np.cov(rows.T)))[::-1]
    np.testing.assert_allclose(np.diag(half), np.sqrt(spread), rtol=1e-2)


def test_whitening_leaves_out_axes_on_which_nothing_differs() -> None:
    rows = np.hstack([points(500, 3), np.zeros((500, 2), dtype=np.float32)])
    assert apply("whiten(1)", rows).shape == (500, 3)


def test_projections_are_nested_and_keep_lengths_on_average() -> None:
    rows = points(200, 384) - 1
    small, large = apply("projection(64)", rows), apply("projection(256)", rows)
    np.testing.assert_allclose(small * np.sqrt(64), large[:, :64] * np.sqrt(256), rtol=1e-3)
    ratio = np.square(large).sum(axis=1) / np.square(rows).sum(axis=1)
    assert ratio.mean() == pytest.approx(1, abs=0.05)


def test_bits() -> None:
    rows = points()
    np.testing.assert_array_equal(apply("bits(1)", rows), np.where(rows > 0, 1, -1))
    eight = apply("bits(8)", rows)
    step = (rows.max(axis=0) - rows.min(axis=0)) / 255
    assert (np.abs(eight - rows) <= step / 2 + 1e-5).all()
    assert all(len(np.unique(column)) <= 4 for column in apply("bits(2)", rows).T)
    # What lies outside of the pool's range takes its end.
    beyond = apply("bits(8)", np.full((1, 12), 1e6, dtype=np.float32), pool=rows)
    np.testing.assert_allclose(beyond[0], rows.max(axis=0), rtol=1e-5)


@settings(deadline=None, max_examples=25)
@given(
    name=st.sampled_from(["noise(1)", "pca(3)", "projection(3)", "bits(1)", "whiten(1)"]),
    seed=st.integers(0, 1000),
)
def test_the_test_side_changes_nothing(name: str, seed: int) -> None:
    pool = points(80, 6, seed)
    alone = apply(name, pool)
    both = np.concatenate([pool, 100 * points(20, 6, seed + 1)])
    np.testing.assert_allclose(apply(name, both, pool=pool)[:80], alone, atol=1e-5)


def test_steps_follow_each_other() -> None:
    rows = points()
    one = apply("noise(1)", apply("pca(4)", rows))
    np.testing.assert_allclose(apply("pca(4)+noise(1)", rows), one, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("minilm+nois(1)", "no step 'nois': did you mean 'noise'"),
        ("minilm+noise", "noise needs a number from 0.001 to 1000"),
        ("minilm+noise(x)", "noise needs a number"),
        ("minilm+noise(nan)", "noise needs a number"),
        ("minilm+pca(2.5)", "pca needs a whole number"),
        ("minilm+pca(0)", "pca needs a whole number from 1"),
        ("minilm+bits(9)", "bits needs a whole number from 1 to 8"),
        ("minilm+noise(0.50)", r"write noise\(0.5\) instead of noise\(0.50\)"),
        ("minilm+", "'' is no step"),
        ("minilm+noise(1", "is no step"),
        ("minilm+label_noise(0.1)", "no step 'label_noise'"),
    ],
)
def test_a_step_that_is_wrong_is_one_sentence(name: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        split_steps(name, EMBEDDER_STEPS)


@settings(deadline=None)
@given(st.text(max_size=40))
def test_any_name_is_taken_apart_or_refused(text: str) -> None:
    try:
        base, steps = split_steps(text, EMBEDDER_STEPS)
    except UserError:
        return
    assert "+".join([base, *map(str, steps)]) == text
    if not text.startswith(("file:", "folder:")):
        assert base_name(text) == base


def test_more_dimensions_than_there_are_is_one_sentence() -> None:
    with pytest.raises(UserError, match=r"pca\(13\) cannot be had of .* 12 dimensions"):
        apply("pca(13)", points(50))


def test_entries_of_the_catalogue_with_steps() -> None:
    entry = embedders.entry_of("minilm+pca(64)+bits(1)")
    assert (entry.name, entry.dim) == ("minilm+pca(64)+bits(1)", 64)
    assert embedders.entry_of("minilm+noise(1)").dim == 384


def test_degraded_embeddings_are_stored_and_found_again() -> None:
    dataset = datasets.load("movie_sentiment").sample(200, 50)
    first = embedders.embed(dataset, ["hashing", "hashing+pca(8)"])
    again = embedders.embed(dataset, ["hashing+pca(8)"])["hashing+pca(8)"]
    assert first["hashing+pca(8)"].path == again.path != first["hashing"].path
    wanted = degrade.fit(first["hashing"].pool, [Step("pca", 8.0)], "")(first["hashing"].test, 200)
    np.testing.assert_array_equal(again.test, wanted)


def test_a_study_pairs_what_is_degraded_with_what_is_not() -> None:
    grid = Grid(
        datasets=["movie_sentiment", "movie_sentiment+label_noise(0.2)"],
        embedders=["hashing", "hashing+noise(1)"],
        initial_size=20,
        query_size=10,
        cycles=1,
        seeds=2,
        pool_size=200,
        test_size=50,
    )
    records = run_study(grid, workers=1)
    chosen = records.groupby(["dataset", "embedder"])["chosen"].apply(lambda c: np.stack(list(c)))
    assert len(chosen) == 4
    for rows in chosen:
        np.testing.assert_array_equal(rows, chosen.iloc[0])
    assert (
        len({problem.embedding_fingerprint for problem in open_problems(grid.cells()).values()})
        == 2
    )
