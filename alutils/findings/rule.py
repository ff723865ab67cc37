"""A rule for a new dataset, tested on datasets that it was not made from (question Q5).

`alutils.advice` makes the rule; here it is compared with always the same
(`alutils.findings.held_out_rule` has the tables).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from alutils.advice.advising import WORDS as FEATURES
from alutils.advice.evaluation import (
    BOLD,
    FIXED,
    RULE,
)
from alutils.advice.tree import LEAST, Split, Tree, best_fixed, depth_of, questions
from alutils.figures.style import names, plain, points
from alutils.figures.theme import style
from alutils.findings.family import effect_of
from alutils.findings.finding import Finding, Number, Verdict
from alutils.findings.held_out_rule import (
    OTHERS,
    Tables,
    Test,
    comparisons,
    held_out,
    left_out,
    regret_table,
    sort_out,
)
from alutils.findings.held_out_rule import grids as grids  # the page's needs
from alutils.findings.judging import (
    both_intervals,
    interval_words,
    judge,
    needs,
    number,
    signed_rank_words,
)
from alutils.findings.words import several
from alutils.statistics import signed_rank_tests

WORDS = {
    RULE: "the rule",
    BOLD: "a bold tree",
    "task_bold": "a bold tree, classes and budget alone",
    FIXED: "best fixed choice",
}

COLOURS = {RULE: "#111111", BOLD: "#5a5a5a", "task_bold": "#8c8c8c", FIXED: "#b8860b"}


def policy_words(policy: str) -> str:
    """Write a policy, or a fixed choice."""
    return WORDS.get(policy, f"always {plain(policy)}")


def policy_colour(policy: str) -> str:
    """Return the colour of a policy, or of a fixed choice."""
    return COLOURS.get(policy) or style(policy)[0]


def behind_words(row: pd.Series, *, fixed: bool = False) -> str:
    """Write a regret with its interval over datasets, or within these (`fixed`)."""
    end = "_fixed" if fixed else ""
    return points(row["mean"], row[f"low{end}"], row[f"high{end}"]).replace("+", "")


def chosen_words(chosen: pd.Series) -> str:
    """Write what was chosen in some contexts, the most frequent first."""
    counts = chosen.value_counts()
    if len(counts) == 1:
        return plain(str(counts.index[0]))
    return ", ".join(f"{plain(str(name))} ({n} of {len(chosen)})" for name, n in counts.items())


def finding(
    strategies: pd.DataFrame,
    pools: pd.DataFrame,
    *more: pd.DataFrame,
    measured: pd.DataFrame,
) -> Finding:
    """Judge whether a rule chooses better than always the same.

    Parameters
    ----------
    strategies, pools, more : pandas.DataFrame
        Records of `grids`, in order.
    measured : pandas.DataFrame
        As returned by `alutils.quality.measure_quality`, of all pairs there.

    Returns
    -------
    Finding
        Of the strategy; the initial pool and datasets held out are among the numbers. Judged is
        the rule; if it never departs from the best fixed choice, which tests nothing, the bold
        tree.
    """
    tables = sort_out(strategies, pools, *more)
    test = left_out(strategies, measured)
    n_datasets = strategies["dataset"].nunique()
    if test is None or n_datasets <= LEAST:
        return _too_few(n_datasets)
    judged = RULE if test.departs else BOLD
    effect = both_intervals(test.minus(RULE, FIXED)).iloc[0]
    bold = both_intervals(test.minus(BOLD, FIXED)).iloc[0]
    tested = test.minus(judged, FIXED)
    verdict = judge(both_intervals(tested).iloc[0])
    behind = regret_table(test).set_index("policy")
    fixed = names(dict.fromkeys(test.held.chosen[FIXED]))
    ranks = signed_rank_tests(tested.assign(strategy=judged), unit=["dataset"]).iloc[0]
    sentence = (
        f"On {several(n_datasets, 'dataset')}, each set aside in turn, "
        + (
            f"the rule gains {interval_words(effect)} over the best fixed choice of the others "
            f"({fixed})"
            if test.departs
            else f"the rule never departs from the best fixed choice of the others ({fixed})"
        )
        + f"; a bold tree gains {interval_words(bold)}. Behind the best in hindsight are "
        + ", ".join(
            f"{policy_words(name)} by {behind_words(effect_of(behind, name))}"
            for name in dict.fromkeys([RULE, *test.policies])
            if name not in (FIXED, "task_bold", BOLD)
        )
        + f".{_held_words(tables, test, measured)}"
    )
    return Finding(
        question="Does a rule made from label-free diagnostics choose better than any fixed "
        "strategy?",
        verdict=verdict,
        sentence=sentence,
        test="Nested leave-one-dataset-out; difference in AULC from the best fixed choice, paired "
        f"by seed ({'the rule' if judged == RULE else 'the bold tree, as the rule never departs'}"
        f"), datasets drawn again (unit: dataset); signed-rank test: {signed_rank_words(ranks)}.",
        change=_change(verdict, tested, fixed),
        numbers=_numbers(test, behind, tables, measured),
    )


def _too_few(n_datasets: int) -> Finding:
    return Finding(
        question="Does a rule made from label-free diagnostics choose better than any fixed "
        "strategy?",
        verdict="cannot tell",
        sentence=f"{several(n_datasets, 'dataset').capitalize()} cannot tell: one is set aside, "
        f"and each side of a split must rest on {LEAST}.",
        test="None.",
        change=f"Needs {LEAST + 1} datasets or more.",
    )


def _change(verdict: Verdict, tested: pd.DataFrame, fixed: str) -> str:
    if verdict == "cannot tell":
        words = needs(tested)
        return f"Needs {words}."
    if verdict == "holds":
        return "Datasets unlike these, on which what was measured means something else."
    return (
        f"More datasets, so that a leaf can be clear; or choices that leave more to decide than "
        f"{fixed} does."
    )


def _held_words(tables: Tables, test: Test, measured: pd.DataFrame) -> str:
    if tables.held_out is None:
        return ""
    new = held_out(test.contexts, tables.held_out, measured)
    effect = both_intervals(new.minus(RULE, FIXED)).iloc[0]
    behind = effect_of(regret_table(new).set_index("policy"), RULE)
    gain = (
        f"gains {interval_words(effect)} over {plain(best_fixed(test.contexts.gains))}"
        if new.departs
        else f"says {plain(best_fixed(test.contexts.gains))} throughout"
    )
    return (
        f" On {names(new.contexts.datasets)}, which had no part in making it, it {gain} and is "
        f"{behind_words(behind)} behind hindsight."
    )


def _numbers(
    test: Test, behind: pd.DataFrame, tables: Tables, measured: pd.DataFrame
) -> dict[str, Number]:
    found = {}
    for row in comparisons(test).to_dict("records"):
        policy, other = row["policy"], row["other"]
        label = f"{policy_words(policy)} minus {policy_words(other)}, AULC, datasets set aside"
        found[f"{policy}_minus_{other}"] = number(pd.Series(row), label)
    for policy, regret in behind.iterrows():
        label = (
            f"{policy_words(str(policy))}, AULC behind the best in hindsight, datasets set aside"
        )
        found[f"regret_{policy}"] = Number(
            label, regret["mean"], regret["low"], regret["high"], "datasets"
        )
    pool = left_out(tables.pools, measured, "initial_pool")
    assert pool is not None
    found["pool_rule_minus_fixed"] = number(
        both_intervals(pool.minus(RULE, FIXED)).iloc[0],
        "the rule for the initial pool minus the best fixed one, AULC, datasets set aside",
    )
    if tables.held_out is not None:
        new = held_out(test.contexts, tables.held_out, measured)
        for other in (FIXED, *(name for name in OTHERS if name in new.contexts.areas)):
            found[f"held_out_rule_minus_{other}"] = number(
                both_intervals(new.minus(RULE, other)).iloc[0],
                f"the rule minus {policy_words(other)}, AULC, datasets held out",
            )
    return found


def nodes(tree: Tree, panel: str, fixed: str) -> pd.DataFrame:
    """Write the nodes of a tree for its picture.

    Parameters
    ----------
    tree : Split or Leaf
        What to draw.
    panel : str
        Its title.
    fixed : str
        The best fixed choice, which a leaf without a clear winner falls back on.

    Returns
    -------
    pandas.DataFrame
        As for `alutils.figures.decision_trees`.
    """
    rows = []
    waiting: list[tuple[str, Tree]] = [("", tree)]
    while waiting:
        place, node = waiting.pop()
        if isinstance(node, Split):
            words = f"{FEATURES[node.feature]}\nat most {node.threshold:.3g}?"
            rows.append({"node": place, "words": words, "choice": "", "unsure": False})
            waiting += [(f"{place}n", node.above), (f"{place}y", node.below)]
            continue
        lead = points(node.lead, node.low, node.high).replace(" points", "")
        size = several(node.n_datasets, "dataset")
        if node.best == fixed:
            words = f"{plain(fixed)}\n{size}"
        elif node.clear:
            words = f"{plain(node.best)}\n{lead}\n{size}"
        else:
            words = f"{plain(node.best)}?\n{lead}\n{size}\nno clear winner:\nuse {plain(fixed)}"
        unsure = node.best != node.choice
        rows.append({"node": place, "words": words, "choice": node.choice, "unsure": unsure})
    return pd.DataFrame(rows).assign(panel=panel)


def asked_words(test: Test) -> str:
    """Say which questions the rules ask that were made without each dataset, and how many do."""
    asked = [name for tree in test.held.trees.values() for name in dict.fromkeys(questions(tree))]
    counts = pd.Series(asked, dtype=object).value_counts()
    if counts.empty:
        return ""
    return "; asked for are " + ", ".join(f"{FEATURES[str(k)]} ({n})" for k, n in counts.items())


def tree_words(test: Test) -> str:
    """Say how many questions the rules asked that were made without each dataset."""
    depths = [depth_of(tree) for tree in test.held.trees.values()]
    asked = np.count_nonzero(depths)
    if not asked:
        return f"none of the {len(depths)} rules asks a question: all say always the same"
    return f"{asked} of {len(depths)} rules ask a question, {max(depths)} at most"
