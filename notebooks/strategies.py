# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # What does each strategy choose?
#
# Every strategy of this project, at work on the same texts, the same embeddings and the same first labels. The pictures show
# one run; the numbers are means over several. What a strategy *gains* from its choices is another question:
# [Which strategy wins?](query_strategies.ipynb)

# %% tags=["parameters"]
dataset: str = "hpo_organ_systems"  # where the texts come from
embedder: str = "minilm"  # what turns them into vectors
strategies: list[str] | None = None  # strategies to show; null shows all there are
initial_size: int = 20  # labels drawn at random before the first query
query_size: int = 20  # rows each query chooses
cycles: int = 4  # heads fitted; one query less is made
seeds: int = 8  # replicates of every run; the first is drawn
pool_size: int | None = 2000  # pool texts sampled; null takes all
test_size: int | None = 1000  # test texts sampled; null takes all

# %% tags=["hide-input"]
from html import escape

import pandas as pd
import seaborn as sns
from IPython.display import HTML, Markdown
from sklearn.manifold import TSNE

from alutils import figures, picks, statistics
from alutils import strategies as registry
from alutils.figures import names, percent, plain
from alutils.loop import Replicates
from alutils.strategies.cards import card, card_html
from alutils.study import Grid, open_problems, run_study

shown = list(dict.fromkeys(["random", *(strategies or registry.names())]))
grid = Grid(
    datasets=[dataset],
    embedders=[embedder],
    strategies=shown,
    initial_size=initial_size,
    query_size=query_size,
    cycles=cycles,
    seeds=seeds,
    pool_size=pool_size,
    test_size=test_size,
)
records = run_study(grid)
(problem,) = open_problems(grid.cells()).values()
replicates = Replicates(problem, range(seeds))
described = picks.describe(records, replicates)
Markdown(
    f"{len(shown)} strategies choose {query_size} of {len(replicates.pool):,} texts of {plain(dataset)} "
    f"({problem.n_classes} classes, embedded by {plain(embedder)}), {cycles - 1} times in a row, after {initial_size} random labels."
)

# %% [markdown]
# ## Four habits
#
# Strategies differ in what their choices have in common. **Doubt** is the share of the pool of which the head was surer than of
# the chosen texts: a half for a blind choice, one for the most doubtful texts only. **Spread** is how far the
# texts of one batch are from each other, **remoteness** how far they are from their neighbours in the pool (outliers are
# remote), both relative to Random. **New classes** counts classes that got their first label. The dashed line is Random.

# %% tags=["hide-input"]
MEASURES = {
    "doubt": "doubt",
    "spread": "spread\n/ Random's",
    "remoteness": "remoteness\n/ Random's",
    "new_classes": "new classes\nper query",
}
per_seed = described.groupby(["strategy", "seed"], sort=False)[list(MEASURES)].mean()
for measure in ("spread", "remoteness"):  # paired: the same seed has the same first labels
    per_seed[measure] /= (
        per_seed[measure].xs("random", level="strategy").reindex(per_seed.index, level="seed")
    )
long = per_seed.reset_index().melt(
    ["strategy", "seed"], list(MEASURES), var_name="measure", value_name="value"
)
habits = statistics.intervals(long, "value", ["strategy", "measure"])
mean = habits.pivot(index="strategy", columns="measure", values="mean")
order = list(mean["doubt"].sort_values(ascending=False).index)
habits = statistics.arrange(habits, strategy=order, measure=list(MEASURES))
extreme = {m: (mean[m].idxmax(), mean[m].idxmin()) for m in MEASURES}
figures.traits(
    habits,
    MEASURES,
    "strategy-habits",
    alt=f"""Dot plot of {len(order)} strategies by four measures of their choices. Most doubtful: {plain(extreme["doubt"][0])},
    least: {plain(extreme["doubt"][1])}. Most spread out: {plain(extreme["spread"][0])}, least:
    {plain(extreme["spread"][1])}. Most remote: {plain(extreme["remoteness"][0])}, least:
    {plain(extreme["remoteness"][1])}. Most new classes: {plain(extreme["new_classes"][0])}, fewest:
    {plain(extreme["new_classes"][1])}.""",
    caption=f"""The most doubtful texts are chosen by {plain(extreme["doubt"][0])}, the most remote by {plain(extreme["remoteness"][0])},
    the least remote by {plain(extreme["remoteness"][1])}; {plain(extreme["new_classes"][0])} meets most new classes. Means over
    {seeds} seeds with 95 % intervals; strategies in the order of doubt.""",
)

# %% tags=["hide-input"]
cost = records[records["cycle"] > 0].groupby("strategy")["query_seconds"].median()
coordinates = TSNE(random_state=0, init="pca").fit_transform(replicates.pool.cpu().numpy())
palette = [figures.pale(colour) for colour in sns.color_palette("husl", problem.n_classes)]
view = pd.DataFrame(coordinates, columns=["x", "y"])
view["colour"] = [palette[label] for label in problem.pool_labels]
first = records[records["seed"] == 0]


def anchor(name: str) -> str:
    return figures.slug(f"strategy-{name}")


def twins(name: str) -> list[str]:
    """Strategies that chose the same texts in every run."""
    lists = {n: list(map(tuple, here["chosen"])) for n, here in records.groupby("strategy")}
    return [other for other in shown if other != name and lists[other] == lists[name]]


def times(ratio: float) -> str:
    return f"{ratio:.2f} times as" if abs(ratio - 1) >= 0.005 else "as"


def show(name: str) -> None:
    about, run = card(registry.get(name)), first[first["strategy"] == name]
    chosen = (
        run[["strategy", "cycle", "chosen"]].explode("chosen").rename(columns={"chosen": "row"})
    )
    chosen["row"] = chosen["row"].astype(int)
    habit = mean.loc[name]
    display(HTML(card_html(about, plain(name), anchor(name), f"{1000 * cost[name]:.1f} ms")))
    display(
        figures.picks(
            view,
            chosen,
            f"picks-{name.replace('_', '-')}",
            alt=f"""{len(set(chosen["cycle"])) - 1} maps of the same {len(view):,} texts, coloured by class. {plain(name)} adds
            {query_size} texts in each; over {seeds} seeds they are more doubtful than {percent(habit["doubt"])} of the pool,
            {times(habit["spread"])} spread out and {times(habit["remoteness"])} remote as Random's, and meet
            {habit["new_classes"]:.1f} new classes per query.""",
            caption=f"""More doubtful than {percent(habit["doubt"])} of the pool; """
            + (
                "spread and remoteness of the others are measured in multiples of this; "
                if name == "random"
                else f"{times(habit['spread'])} spread out and {times(habit['remoteness'])} remote as Random's; "
            )
            + f"{habit['new_classes']:.1f} new classes per query."
            + (f" Here it chose the same texts as {names(twins(name))}." if twins(name) else ""),
        )
    )


# Plain HTML, since Markdown links are looked up among the book's own targets.
links = " · ".join(f'<a href="#{anchor(name)}">{escape(plain(name))}</a>' for name in shown)
Markdown(
    f"Go to {links}.\n\n"
    "In the maps below (t-SNE {cite:p}`vandermaaten2008` of the embeddings, which keeps neighbours together and distorts everything else) pale dots are texts, "
    "coloured by class; dark dots are labelled already; large marks are what the strategy chooses next. Costs are the median "
    f"wall time of one query for one seed here, {seeds} seeds advancing together on one thread; what is kept from one query to the next "
    "is not counted. In the words on costs N texts with embeddings of D dimensions are in the pool, in C classes; R seeds advance "
    "together, and each chooses k texts. The cards call texts rows, and seeds replicates."
)

# %% [markdown]
# ## Strategies that look at the embeddings alone
#
# They need no head, so they can also choose the initial pool.

# %% tags=["hide-input"]
for name in shown:
    if not registry.get(name).needs_head:
        show(name)

# %% [markdown]
# ## Strategies that ask the head

# %% tags=["hide-input"]
for name in shown:
    if registry.get(name).needs_head:
        show(name)
