"""What other worlds did to the findings, in words and tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from alutils.figures.style import names, plain, points, signed
from alutils.findings.family import each_one
from alutils.findings.finding import Finding, Number
from alutils.findings.judging import NONE_OF_TWO, brief_words, number, of_two, resampled_unit
from alutils.findings.robustness import ORDER_MARGIN, OUTCOMES, Compared
from alutils.findings.words import several

FATES = {
    "kept": ("keeps its sign beyond zero", "keep their sign beyond zero"),
    "same": ("changes by less than half a point", "change by less than half a point"),
    "gone": ("is gone", "are gone"),
    "flipped": ("has the other sign", "have the other sign"),
    "open": ("does not differ clearly from zero", "do not differ clearly from zero"),
}
"""What has become of one finding, and of several."""


def finding(compared: Compared, question: str, *, judged: Sequence[str] | None = None) -> Finding:
    """Judge whether the findings hold in other worlds.

    Parameters
    ----------
    compared : Compared
        As returned by `compare`.
    question : str
        Of the page.
    judged : sequence of str, optional
        Worlds that the claim is about; by default all. The others are told and not judged.

    Returns
    -------
    Finding
        It holds where it holds in each of these worlds, and does not where it does not in one.
    """
    worlds = compared.worlds
    about = worlds[worlds["world"].isin(list(worlds["world"] if judged is None else judged))]
    verdict = each_one(about["verdict"])
    told = [_told(row, compared.orders) for _, row in about.iterrows()]
    sentence = " ".join(told) if len(told) < 3 else _in_all(about, compared.orders)
    sentence += _lost_words(compared.effects, list(worlds["world"]))
    if len(about) > 1:
        sentence = f"Of {len(about)} worlds beside the base: {_by_verdict(about)}. {sentence}"
    untold = about[about["verdict"] == "cannot tell"]
    if verdict == "cannot tell":
        first = untold.iloc[0]
        sentence += f" Cannot tell: needs {first['needs']} (for {first['world']})."
    n = compared.n_datasets
    return Finding(
        question=question,
        verdict=verdict,
        sentence=sentence,
        test=(
            "Differences are paired by dataset and seed. Intervals draw datasets again (unit: "
            f"dataset, n = {_sizes(about)}{'; so few say little of others' if n < 5 else ''}). "
            if n > 1
            else "Differences are paired by seed, and intervals draw seeds again on the one "
            "dataset, which says nothing of others. "
        )
        + f"{several(about['findings'].sum(), 'finding')} in all, not corrected for their number; "
        "the base is where they were found, which flatters it. "
        "Orders: Kendall's tau between halves of the seeds, against what the same order would "
        "reach between halves.",
        change="One finding that is gone or has the other sign, or an order that falls short of "
        "luck by more than one pair of strategies in ten, would be enough against it; more "
        "datasets show more differences clearly, and so test more.",
        numbers=_numbers(compared),
    )


def _sizes(worlds: pd.DataFrame) -> str:
    least, most = int(worlds["n_datasets"].min()), int(worlds["n_datasets"].max())
    return f"{least}" if least == most else f"{least} to {most}"


def lost(effects: pd.DataFrame, worlds: Sequence[str]) -> pd.DataFrame:
    """Return the findings of the base that have the other sign in some worlds, or are gone."""
    turned = effects["outcome"].isin(["flipped", "gone"]) & effects["world"].isin(list(worlds))
    return effects[turned]


def _lost_words(effects: pd.DataFrame, worlds: Sequence[str]) -> str:
    said = [
        f"{effect_words(row['one'], row['other'])} under {row['world']} and "
        f"{plain(row['embedder'])} goes from {points(row['base_mean'])} to {brief_words(row)}"
        for _, row in lost(effects, worlds).iterrows()
    ]
    return f" What is lost: {'; '.join(said)}." if said else ""


def effect_words(one: str, other: str) -> str:
    """Write a comparison.

    Examples
    --------
    >>> effect_words("badge", "random")
    'BADGE minus Random'
    """
    return f"{title(one)} minus {title(other)}"


def title(strategy: str) -> str:
    """Write the name of a strategy with a capital letter.

    Examples
    --------
    >>> title("margin"), title("badge")
    ('Margin', 'BADGE')
    """
    return _capital(plain(strategy))


def effect_table(compared: Compared) -> pd.DataFrame:
    """Write every comparison in the base and in every world, with intervals and outcomes.

    Parameters
    ----------
    compared : Compared
        As returned by `compare`.

    Returns
    -------
    pandas.DataFrame
        ``world``, ``comparison``, ``embedder``, ``base``, ``here``, ``change``, ``finding``.
    """
    rows = []
    for _, row in compared.effects.iterrows():
        words = {}
        for column, start in (("base", "base_"), ("here", ""), ("change", "change_")):
            fixed = "_fixed" if np.isnan(row[f"{start}low"]) or of_two(row) else ""
            ends = [row[f"{start}mean"], row[f"{start}low{fixed}"], row[f"{start}high{fixed}"]]
            words[column] = signed([100 * value for value in ends], 1)
        rows.append(
            {
                "world": row["world"],
                "comparison": effect_words(row["one"], row["other"]),
                "embedder": plain(row["embedder"]),
                **words,
                "finding": OUTCOMES[row["outcome"]],
            }
        )
    return pd.DataFrame(rows)


def world_table(compared: Compared) -> pd.DataFrame:
    """Write what every world comes to, with its verdicts.

    Parameters
    ----------
    compared : Compared
        As returned by `compare`.

    Returns
    -------
    pandas.DataFrame
        One row per world; without the columns of what happened in none.
    """
    found = compared.worlds.merge(compared.orders.drop(columns="n_datasets"), on="world")
    rows = pd.DataFrame(
        {
            "world": row["world"],
            "sign": row["sign_verdict"],
            "order": row["order_verdict"],
            "datasets": row["n_datasets"],
            "findings of the base": row["findings"],
            "keep their sign": row["kept"],
            "change by less than half a point": row["same"],
            "gone": row["gone"],
            "other sign": row["flipped"],
            "cannot tell": row["open"],
            "their mean, base": _mean_words(row, "base"),
            "their mean, here": _mean_words(row, "here"),
            "tau of orders": _tau_words(row, "tau"),
            "luck alone": _tau_words(row, "luck"),
        }
        for _, row in found.iterrows()
    )
    rare = ["change by less than half a point", "gone", "other sign", "cannot tell"]
    return rows.drop(columns=[column for column in rare if not rows[column].any()])


def how_to_read(n_datasets: int, n_seeds: int) -> str:
    """Explain the words of a page on other worlds, as Markdown."""
    words = (
        "**How to read this.** A *finding* of the base is a comparison that differs clearly from "
        "zero there: a strategy minus Random, or BADGE minus Margin, under one embedder, in AULC. "
        "In another world it **keeps its sign** where its whole interval is on the same side of "
        "zero, and has the **other sign** where that is beyond zero. Where it includes zero, the "
        "finding may still *change by less than half a point*, which pairs of runs show better; it "
        "is **gone** where what is left is below half a point for sure; else nobody can tell of "
        "it. The **sign** holds where none is gone or turned, most are told to stay, and their "
        "mean is above zero for sure: one or two that nobody can tell of are not enough against "
        "it, since the same world run once more would leave some. The **order** of "
        "strategies is compared by Kendall's tau, between one half of the seeds in the base and "
        "the other half in the world. Orders from few seeds never agree fully, so beside it stands "
        "what the *same* order would reach. The order holds where tau falls short of that by less "
        f"than {ORDER_MARGIN:g} for sure (one pair of strategies in ten changing places) and had "
        "as much to lose; it does not where tau falls short for sure and perhaps by that much. A "
        "world keeps the findings "
        "where sign and order hold."
    )
    if n_datasets == 1:
        words += " **One dataset: intervals draw seeds again, and nobody can tell of others.**"
    if n_seeds == 1:
        words += " **One seed: there is no interval within a dataset.**"
    return words


def picture_words(compared: Compared) -> dict[str, str]:
    """Write what the picture of all comparisons shows: ``alt`` and ``caption``."""
    effects, worlds = compared.effects, compared.worlds
    far = effects.loc[effects["change_mean"].abs() == effects["change_mean"].abs().max()].iloc[0]
    counts = worlds[list(FATES)].sum()
    fates = (
        f"Of {several(counts.sum(), 'finding')} of the base, counted in every world, "
        f"{_fates(counts)}"
        if counts.sum()
        else "No comparison differs clearly from zero in the base"
    )
    return {
        "alt": f"Dots with intervals, a panel for each of {several(len(worlds), 'world')} "
        f"({names(worlds['world'])}), a line for each comparison of two strategies under an "
        "embedder, in grey in the base and in colour in the world. The largest change is that of "
        f"{effect_words(far['one'], far['other'])} under {plain(far['embedder'])}, "
        f"{far['world']}: from {points(far['base_mean'])} to {points(far['mean'])}.",
        "caption": f"{fates}. Means over {several(compared.n_datasets, 'dataset')} (or those that "
        f"the world has); 95 % intervals, {resampled_unit(compared.n_datasets)} drawn again.",
    }


def order_picture_words(compared: Compared) -> dict[str, str]:
    """Write what the picture of orders shows: ``alt`` and ``caption``."""
    orders = compared.orders
    said = "; ".join(f"{row['world']}: {_order_words(row)}" for _, row in orders.iterrows())
    caption = "One seed says nothing of orders."
    if orders["shortfall"].notna().any():
        worst = orders.iloc[int(orders["shortfall"].argmax())]
        ends = "; 95 % intervals, datasets drawn again" * (not orders.apply(of_two, axis=1).all())
        caption = (
            f"Orders agree least under {worst['world']}: {_order_words(worst)}. Within datasets "
            f"and embedders, then averaged{ends}."
        )
    return {
        "alt": "Dots with intervals, a line for each world: how far its order of strategies agrees "
        f"with that of the base, and what luck alone would leave. {said}.",
        "caption": caption,
    }


def without_pairs(measured: pd.DataFrame, again: Callable[[pd.DataFrame], Finding]) -> str:
    """Say what is left of the verdict without contaminated pairs, as Markdown.

    Parameters
    ----------
    measured : pandas.DataFrame
        As returned by `alutils.quality.measure_quality`, of the base.
    again : callable
        Takes the part of `measured` that is not contaminated and judges once more.
    """
    marked = measured["contaminated"].astype(bool)
    if not marked.any():
        return (
            "No embedder here is known to have been trained on one of these datasets: there is "
            "nothing to leave out."
        )
    pairs = [
        f"{plain(row['embedder'])} on {plain(row['dataset'])}"
        for _, row in measured[marked].iterrows()
    ]
    words = f"Contaminated: {names(pairs)}."
    if marked.all():
        return f"{words} Without them nothing is left to compare."
    found = again(measured[~marked])
    return f"{words} Without them: **{found.verdict}**. {found.sentence}"


def only(runs: pd.DataFrame, pairs: pd.DataFrame) -> pd.DataFrame:
    """Keep the runs of some pairs of dataset and embedder."""
    return runs.merge(pairs[["dataset", "embedder"]].drop_duplicates(), on=["dataset", "embedder"])


def _mean_words(row: pd.Series, name: str) -> str:
    if np.isnan(row[f"{name}_mean"]):
        return "no finding"
    ends = ("mean", "low", "high", "low_fixed", "high_fixed")
    effect = pd.Series({end: row[f"{name}_{end}"] for end in ends})
    return brief_words(pd.concat([effect, row[["n_datasets"]]]))


def _tau_words(row: pd.Series, value: str) -> str:
    """Write one of the numbers of an order; without an interval where two datasets have none."""
    ends = [np.nan] * 2 if of_two(row) else [row[f"{value}_low"], row[f"{value}_high"]]
    return signed([row[value], *ends], 2)


def _told(row: pd.Series, orders: pd.DataFrame) -> str:
    words = f"**{_capital(row['world'])}**: "
    if row["findings"]:
        words += (
            f"of {several(row['findings'], 'finding')} of the base {_fates(row)}; their mean goes "
            f"from {points(row['base_mean'])} to {_mean_words(row, 'here')}"
        )
    else:
        words += "no comparison differs clearly from zero in the base"
    words += f"; {_order_words(_order_of(orders, row['world']))}"
    return f"{words} (sign: {row['sign_verdict']}; order: {row['order_verdict']})."


def _in_all(about: pd.DataFrame, orders: pd.DataFrame) -> str:
    counts = about[list(FATES)].sum()
    order = orders[orders["world"].isin(about["world"])]
    words = (
        f"Of {several(counts.sum(), 'finding')} of the base over all these worlds {_fates(counts)}"
        if counts.sum()
        else "No comparison differs clearly from zero in the base of any of these worlds"
    )
    if order["shortfall"].isna().all():
        return f"{words}; one seed says nothing of orders."
    worst = order.iloc[int(order["shortfall"].argmax())]
    return f"{words}. Orders agree least under {worst['world']}: {_order_words(worst)}."


def _fates(counts: pd.Series) -> str:
    return names(
        f"{counts[name]} {one if counts[name] == 1 else more}"
        for name, (one, more) in FATES.items()
        if counts[name]
    )


def _order_of(orders: pd.DataFrame, world: str) -> pd.Series:
    return orders[orders["world"] == world].iloc[0]


def _order_words(order: pd.Series) -> str:
    if np.isnan(order["tau"]):
        return "one seed says nothing of orders"
    shortfall = _tau_words(order, "shortfall")
    tau, luck = (signed([order[name], np.nan, np.nan], 2) for name in ("tau", "luck"))
    return f"tau of the orders is {tau} where luck alone leaves {luck}, a shortfall of {shortfall}"


def _by_verdict(about: pd.DataFrame) -> str:
    said = []
    for word in ("holds", "does not hold", "cannot tell"):
        rows = about.loc[about["verdict"] == word, "world"]
        if len(rows):
            before = "it cannot be told of" if word == "cannot tell" else f"it {word} for"
            said.append(f"{before} {names(rows)}")
    return "; ".join(said)


def _numbers(compared: Compared) -> dict[str, Number]:
    found: dict[str, Number] = {}
    for (_, row), (_, taus) in zip(
        compared.worlds.iterrows(), compared.orders.iterrows(), strict=True
    ):
        world, key = str(row["world"]), _key(row["world"])
        for name, where in (("base", f"base beside {world}"), ("here", world)):
            effect = pd.Series({end: row[f"{name}_{end}"] for end in ("mean", "low", "high")})
            effect["n_datasets"] = row["n_datasets"]
            if not np.isnan(effect["mean"]):
                label = f"findings of the base, each in its direction, mean AULC, {where}"
                found[f"{key}_{name}"] = number(effect, label)
        for _, effect in lost(compared.effects, [world]).iterrows():
            what = effect_words(effect["one"], effect["other"])
            name = f"{key}_{effect['one']}_{effect['other']}_{effect['embedder']}"
            found[name] = number(effect, f"{what}, {plain(effect['embedder'])}, AULC, {world}")
        if row["findings"]:
            share = (row["kept"] + row["same"]) / row["findings"]
            label = f"share of the base's findings that stay, {world}"
            found[f"{key}_stay"] = Number(label, share, kind="share")
        if not np.isnan(taus["tau"]):
            label = f"shortfall of Kendall's tau against luck, {world}"
            value, low, high = (float(taus[f"shortfall{end}"]) for end in ("", "_low", "_high"))
            found[f"{key}_shortfall"] = (
                Number(label, value, unit=NONE_OF_TWO, kind="plain")
                if of_two(taus)
                else Number(label, value, low, high, "datasets", "plain")
            )
    return found


def _key(world: str) -> str:
    return "_".join("".join(c if c.isalnum() else " " for c in world.lower()).split())


def _capital(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}"
