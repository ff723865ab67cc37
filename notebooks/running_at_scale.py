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
# # Running at scale
#
# A study is a list of cells that do not depend on each other, so it runs on as many workers as there are. One engine gives
# the work out, [Dask](https://docs.dask.org), on one machine and on a thousand; what differs is one flag:
#
# ```bash
# alutils run PROFILE --workers 8                          # eight processes of this machine; by default one for each core or GPU
# alutils run PROFILE --scheduler tcp://10.0.0.1:8786      # the workers of any Dask cluster
# ```
#
# - **Nothing large travels.** A worker gets the names of some cells and the labels of their texts. It opens the embeddings by path, and
#   writes each result itself, as soon as it is done. So all machines need one folder in common, `ALUTILS_HOME`.
# - **Embedding is spread the same way**: a cluster's workers each take shards of 1,024 texts. On one machine the
#   embedder uses all cores, or the GPU, by itself.
# - **Results do not depend on the workers.** Every cell runs on one thread, and its random numbers are named by what they are
#   for. The table below says whether that held.
# - **You see how far it is**: cells done, failed and running, and the time left. After half a minute the address of Dask's
#   dashboard is printed.
# - **Anything may die.** [What can go wrong](../book/what_can_go_wrong.md) says what happens then.

# %% tags=["parameters"]
profile: str = "paper"  # the study to plan: a file in data/profiles
workers: str | None = (
    None  # a file that `python -m benchmarks.workers` wrote; null takes data/benchmarks/workers.json
)
million: str | None = (
    None  # a file that `python -m benchmarks.million` wrote; null takes data/benchmarks/million.json
)

# %% tags=["hide-input"]
import os
from pathlib import Path

import pandas as pd
from IPython.display import Markdown

from alutils import planning, speed
from alutils.figures import count, data_size, duration, names, plain, table
from alutils.page_needs import needs_of_page, page_parameters

root = Path(os.environ.get("ALUTILS_PROJECT", "."))
on_workers = speed.read_workers(workers)
rows = speed.speed_up(on_workers.rows)


def origin(measured: speed.Speed) -> str:
    commit = (measured.about["git"] or {"commit": "unknown"})["commit"][:10]
    machine = measured.about["machine"]
    return f"{measured.about['date']}, commit {commit}, {machine['processor']}, {machine['cores']} cores"


two = rows[rows["workers"] == 2].iloc[0]
same = rows["identical"].all()
Markdown(
    f"**Two workers are {two['speed_up']:.2f} times as fast as one process**, and cost {two['overhead_seconds']:.2f} s of a core for each cell. "
    + (
        f"All {len(rows)} runs gave the same results to the last bit."
        if same
        else "**The results were not the same**: " + names(rows.loc[~rows["identical"], "where"])
    )
)

# %% [markdown]
# ## What workers save, and what they cost
#
# One study of real texts, run from an empty store in each of these places, one after the other. *Overhead* is what the
# workers' time holds beyond the cells themselves: opening embeddings, waiting for the last cell, and what Dask does.
# Starting the workers is part of the whole and shown by itself; those of a scheduler have started before. Workers on one machine share its memory and
# caches, so each cell takes longer than alone, and more workers than cores only share the cores.

# %% tags=["hide-input"]
display(
    table(
        pd.DataFrame(
            {
                "where": row.where,
                "whole study": duration(row.wall_seconds),
                "cells, added up": duration(row.cell_seconds),
                "times as fast": f"{row.speed_up:.2f}",
                "overhead per cell": f"{row.overhead_seconds:.2f} s",
                "start": f"{row.start_seconds:.1f} s",
                "same bits": "yes" if row.identical else "no",
            }
            for row in rows.itertuples()
        )
    ),
    Markdown(
        f"{count(int(rows['cells'].iloc[0]))} cells. Measured by `python -m benchmarks.workers`: {origin(on_workers)}."
    ),
)

# %% [markdown]
# ## What the study would take
#
# Predicted from what the cells of the archived study took, not run. `alutils plan PROFILE` says the same for any profile, with all
# that it assumes.

# %% tags=["hide-input"]
model = planning.find(root)
pages = page_parameters(root, profile).items()
plan = planning.make({page: needs_of_page(page, given).grids for page, given in pages}, model)
resources = planning.resources(plan, model, workers=2, cores=2)
display(
    Markdown(
        f"The profile `{profile}`: {count(len(plan.cells))} cells, {count(int(plan.cells['seeds'].sum()))} runs."
    ),
    table(pd.DataFrame(resources)),
)

# %% [markdown]
# A GPU is taken to be no faster than a core at the cells, since none was timed on one; what it shortens for sure is
# embedding. Memory and disk are the most that is needed at once.
#
# ## A million texts
#
# The embeddings of a dataset are a file that is opened, not read, so a pool may be larger than one likes to think about. This one
# has a million rows, drawn by a seeded generator around real embeddings.

# %% tags=["hide-input"]
large = speed.read_million(million)
first, dearest = large.rows.iloc[0], large.rows.loc[large.rows["peak_bytes"].idxmax()]
held = (large.rows["peak_bytes"] <= large.rows["allowed_bytes"]).all()
display(
    Markdown(
        f"{count(int(first['rows']))} texts of {first['dim']} dimensions and {first['classes']} classes, {first['cycles']} cycles with queries of "
        f"{first['query_size']}. The most memory, {data_size(dearest['peak_bytes'])}, is {plain(dearest['strategy'])}'s with {dearest['seeds']} seeds; the bar was "
        f"{data_size(first['allowed_bytes'])}, Python and PyTorch included, mapped files not, and it {'held for all' if held else 'did **not** hold for all'}. "
        f"The store opens the file in {1000 * large.rows['find_seconds'].max():.0f} ms."
    ),
    table(
        pd.DataFrame(
            {
                "strategy": plain(row.strategy),
                "seeds": row.seeds,
                "memory at the peak": data_size(row.peak_bytes),
                "until it is scaled": f"{row.open_seconds:.1f} s",
                "a cycle": f"{row.cycle_seconds:.1f} s",
                "accuracy": f"{row.accuracy:.3f}",
            }
            for row in large.rows.itertuples()
        )
    ),
    Markdown(f"Measured by `python -m benchmarks.million`: {origin(large)}."),
)

# %% [markdown]
# ## When a cell fails, or a worker, or the scheduler
#
# A cell that fails stops no other. When all are done, those that failed are named by their reason, and the exit code is 1:
#
# ```text
# alutils: 2 cells failed; all others are finished and kept:
#   OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.
#     trec6 / nv_embed_v2 / random -> badge
#     trec6 / nv_embed_v2 / random -> coreset
# to try them again: alutils run paper --retry-failed
# ```
#
# The store keeps the whole story of each, in the folder `results/failed`. Without `--retry-failed` the same command does not try them again: with the same code
# and data they would most likely fail the same way.
#
# A worker that dies is replaced by whatever started it, and its cells are done again, those that it had finished excepted. A cell that is begun
# three times or more on workers that die is given up and counts as failed; before, it is tried apart from the cells that shared a task with it. If the scheduler is
# lost, the command says so and ends; started again, it goes on from what is finished.
#
# ## Clusters, worked out
#
# Whatever starts the workers, three things must hold, and the command sees to them:
# the same alutils on the scheduler and on each worker, `ALUTILS_HOME` on a folder that all share, and one thread per
# worker. Where versions of Dask differ, Dask warns. A worker with a GPU says so (`--resources "GPU=1"`); if one does when the command begins, work goes only to workers that do, one task at a time.
#
# ### By hand, on machines that you can log in to
#
# ```bash
# export ALUTILS_HOME=/shared/alutils
# dask scheduler                                                # on one machine; prints its address
# dask worker tcp://10.0.0.1:8786 --nthreads 1 --nworkers 16    # on each machine, one worker for each core
# alutils run offline --scheduler tcp://10.0.0.1:8786           # anywhere
# ```
#
# ### Several GPUs in one machine: dask-cuda
#
# `alutils run` gives each GPU of a machine a worker by itself. [dask-cuda](https://docs.rapids.ai/api/dask-cuda/stable/) does so on
# the machines of a cluster, with one line on each:
#
# ```bash
# dask cuda worker tcp://10.0.0.1:8786 --nthreads 1 --resources "GPU=1"
# ```
#
# ### SLURM: dask-jobqueue
#
# A script on the login node (`pip install dask-jobqueue`) asks SLURM for workers as long as there is work; a worker leaves before
# its time limit (`--lifetime`), another takes its place, and the cell that it had is done again:
#
# ```python
# from dask_jobqueue import SLURMCluster
#
# if __name__ == "__main__":
#     cluster = SLURMCluster(
#         queue="gpu",
#         cores=1,
#         processes=1,
#         memory="32GB",
#         walltime="04:00:00",
#         job_extra_directives=["--gres=gpu:1"],
#         job_script_prologue=["export ALUTILS_HOME=/shared/alutils"],
#         worker_extra_args=["--resources", "GPU=1", "--lifetime", "230m", "--lifetime-stagger", "5m"],
#         scheduler_options={"port": 8786},
#     )
#     cluster.adapt(minimum_jobs=1, maximum_jobs=64)
#     input(f"{cluster.scheduler_address}; Enter ends the cluster ")
# ```
#
# ### Kubernetes: the Dask operator
#
# With the operator installed and an image that has alutils, one volume that all pods can write to is the home:
#
# ```python
# from dask_kubernetes.operator import KubeCluster, make_cluster_spec
#
# spec = make_cluster_spec(
#     name="alutils",
#     image="registry.example/alutils:1.0",
#     n_workers=8,
#     env={"ALUTILS_HOME": "/data/alutils"},
#     worker_command="dask worker --nthreads 1 --resources GPU=1",
# )
# worker = spec["spec"]["worker"]["spec"]
# worker["volumes"] = [{"name": "home", "persistentVolumeClaim": {"claimName": "alutils-home"}}]
# worker["containers"][0]["volumeMounts"] = [{"name": "home", "mountPath": "/data/alutils"}]
# worker["containers"][0]["resources"] = {"limits": {"nvidia.com/gpu": 1}}
# cluster = KubeCluster(custom_cluster_spec=spec)
# print(cluster.scheduler_address)
# ```
#
# The command then runs in a pod that mounts the same volume: `alutils run paper --scheduler tcp://alutils-scheduler:8786`.
#
# These examples were written against the named libraries' own documentation; here there was no SLURM, no Kubernetes and no GPU to run them on. The
# scheduler with workers in processes of their own is tested, and measured above. Workers and scheduler trust each other and whoever connects: keep
# their ports inside your network, or use [TLS](https://distributed.dask.org/en/stable/tls.html).
