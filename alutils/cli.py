"""The command line: `alutils ...`."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import Annotated

from alutils.errors import BookFailed, NotReproduced, UserError
from alutils.progress import say

STOPPED = "alutils: stopped; what was finished is kept, and the same command goes on from there"

try:
    import typer
except KeyboardInterrupt:  # it takes a moment, and `main` is not there yet
    say(STOPPED)
    sys.exit(130)

app = typer.Typer(
    help="Active learning on frozen text embeddings: run studies, build the book.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
datasets_app = typer.Typer(help="List the datasets, or show one.", invoke_without_command=True)
app.add_typer(datasets_app, name="datasets")
strategies_app = typer.Typer(
    help="List the strategies, or show one; those without a head also choose the initial pool.",
    invoke_without_command=True,
)
app.add_typer(strategies_app, name="strategies")

Root = Annotated[Path, typer.Option(help="Folder of the project.")]
Mirror = Annotated[
    Path | None,
    typer.Option(
        help="Folder of hub datasets, <owner>/<name>/<split>.parquet (or ALUTILS_MIRROR)."
    ),
]
Workers = Annotated[
    int | None, typer.Option(min=1, help="Processes at once; by default one for each core.")
]
ProfileName = Annotated[str, typer.Option("--profile", help="A file in data/profiles.")]
TrustRemoteCode = Annotated[
    list[str] | None,
    typer.Option(help="Let this embedder run the Python code that its hub page ships; repeatable."),
]


def _environment(mirror: Path | None = None, trust: list[str] | None = None) -> None:
    """Pass options on to every process that is started from here."""
    if mirror is not None:
        if not mirror.is_dir():
            raise UserError(
                f"--mirror {mirror} is not a folder: name the one that holds the datasets"
            )
        os.environ["ALUTILS_MIRROR"] = str(mirror.resolve())
    if trust:
        os.environ["ALUTILS_TRUST_REMOTE_CODE"] = ",".join(trust)


def _table(rows: list[dict[str, object]]) -> str:
    """Lay out rows as aligned text; a column takes the width of its longest value."""
    head = list(rows[0])
    lines = [[name.upper().replace("_", " ") for name in head]]
    lines += [[_words(row[name]) for name in head] for row in rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    padded = ("  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)) for line in lines)
    return "\n".join(line.rstrip() for line in padded)


def _words(value: object) -> str:
    match value:
        case None | False:
            return ""
        case True:
            return "yes"
        case int():
            return f"{value:,}"
        case _:
            return str(value)


@datasets_app.callback()
def list_datasets(context: typer.Context, mirror: Mirror = None) -> None:
    """List the datasets with what is available here."""
    from alutils.datasets import cards

    _environment(mirror)
    if context.invoked_subcommand is None:
        print(_table(cards.listing()))


@datasets_app.command("show")
def show_dataset(name: str, mirror: Mirror = None) -> None:
    """Print the card of a dataset and some of its texts."""
    from alutils.datasets import cards

    _environment(mirror)
    print(cards.show(name))


@app.command("embedders")
def list_embedders() -> None:
    """List the embedders with what is available here."""
    from alutils.embedders import cards

    print(_table(cards.listing()))


@strategies_app.callback()
def list_strategies(context: typer.Context) -> None:
    """List the strategies; those without a head also choose the initial pool."""
    from alutils import strategies
    from alutils.strategies.cards import card

    if context.invoked_subcommand is None:
        rows: list[dict[str, object]] = []
        for name in strategies.names():
            strategy = strategies.get(name)
            use = "query" if strategy.needs_head else "query, initial pool"
            rows.append({"strategy": name, "use": use, "chooses": card(strategy).summary})
        print(_table(rows))


@strategies_app.command("show")
def show_strategy(name: str) -> None:
    """Print what a strategy chooses, needs and costs, its parameters and its source."""
    from alutils import strategies
    from alutils.strategies.cards import card

    print(card(strategies.get(name)))


@app.command("run")
def run_profile(
    profile: str,
    root: Root = Path(),
    workers: Workers = None,
    mirror: Mirror = None,
    trust_remote_code: TrustRemoteCode = None,
) -> None:
    """Run the cells of a profile that have no result yet, without building the book."""
    _environment(mirror, trust_remote_code)
    _run_profile(root, profile, workers)


def _run_profile(root: Path, name: str, workers: int | None) -> dict[str, dict[str, object]]:
    """Validate a profile and run it; return its notebooks with their parameters."""
    from alutils.evidence import evidence
    from alutils.page_needs import needs_of_profile
    from alutils.profile import read_profile
    from alutils.quality import measure_quality
    from alutils.study import run_study

    needs = needs_of_profile(root, name)
    if needs.grids:  # a profile may be notebooks without experiments
        run_study(needs.grids, workers=workers)
        measure_quality(needs.measured, workers=workers)
    for kind, grids in needs.evidence.items():
        evidence(kind, grids, workers=workers)
    return read_profile(root, name).notebooks


@app.command("plan")
def plan_profile(
    profile: str,
    root: Root = Path(),
    workers: Workers = None,
) -> None:
    """Say what a profile will take: cells, time, memory, disk. Nothing is computed or read."""
    from alutils import planning
    from alutils.execution import available_workers
    from alutils.page_needs import needs_of_page, page_parameters
    from alutils.profile import read_profile

    about = read_profile(root, profile).about.strip()
    _use_archive(root, profile)
    model = planning.find(root)
    pages = page_parameters(root, profile).items()
    plan = planning.make({page: needs_of_page(page, given).grids for page, given in pages}, model)
    cores = available_workers()
    parts = planning.blocks(plan, model, workers=workers or cores, cores=cores, root=root)
    print(f"Profile {profile}: {about}")
    for part in parts:
        print()
        print(part if isinstance(part, str) else _table(part))


@app.command("archive")
def archive_results(profile: str, root: Root = Path(), mirror: Mirror = None) -> None:
    """Gather the results of a profile into data/results/PROFILE, which travels with the code."""
    from alutils import archiving, claims
    from alutils.page_needs import needs_of_profile

    _environment(mirror)
    folder = _archive_folder(root, profile)
    needs = needs_of_profile(root, profile)
    found = archiving.write(folder, profile, needs.grids, root, needs.evidence, needs.measured)
    _use_archive(root, profile)
    left_out = ""
    if found.missing:
        left_out = f"; {found.missing:,} have no result yet and are left out, and so are the claims"
        (folder / claims.ON_RECORD).unlink(missing_ok=True)  # of an older archive
    else:
        claims.write(folder, claims.find_all(root, profile))
    say(f"{found.cells:,} cells are in the archive{left_out}")
    print(folder)


@app.command("fit-rule")
def fit_rule(
    profile: Annotated[str, typer.Argument(help="A file in data/profiles.")] = "offline",
    root: Root = Path(),
) -> None:
    """Make the rule of `alutils advise` from the archive of a profile."""
    from alutils.advice import rule
    from alutils.findings.rule import made_from
    from alutils.page_needs import page_parameters

    if not _use_archive(root, profile):
        raise UserError(
            f"there is no archive of {profile!r} to make a rule from: alutils archive {profile}"
        )
    parameters = page_parameters(root, profile)
    if "rule" not in parameters:
        raise UserError(f"the profile {profile!r} has no page 'rule', whose parameters are needed")
    path = root.resolve() / "alutils" / "advice" / rule.FILE
    rule.write(made_from(parameters["rule"]), path)
    print(path)


@app.command("advise")
def advise_strategy(
    embeddings: Annotated[
        Path, typer.Argument(help="Embeddings, a row for each text: .npy or .safetensors.")
    ],
    classes: Annotated[int, typer.Option(help="Classes that the texts are to be sorted into.")],
    budget: Annotated[int, typer.Option(help="Labels that can be paid for.")],
) -> None:
    """Say which initial pool and which strategy to use on embeddings without labels, and why."""
    from alutils.advice import advise
    from alutils.advice.vectors import read_vectors

    print(advise(read_vectors(embeddings), classes, budget))


@app.command("book")
def build_the_book(
    profile: ProfileName = "quick",
    root: Root = Path(),
    workers: Workers = None,
    mirror: Mirror = None,
    trust_remote_code: TrustRemoteCode = None,
) -> None:
    """Run a profile, or take what its archive in data/results has, and build the book from it."""
    from alutils.book import build_book
    from alutils.execution import available_workers

    _environment(mirror, trust_remote_code)
    _use_archive(root, profile)
    notebooks = _run_profile(root, profile, workers)
    page = build_book(root, notebooks, workers or available_workers())
    say("The book is ready. Open it in a browser:")
    print(page)


@app.command(
    "run-notebook",
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    epilog="Parameters follow as -p NAME VALUE, as often as you like; values are YAML.",
)
def run_one_notebook(
    context: typer.Context,
    name: str,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Where the executed notebook goes.")
    ] = None,
    root: Root = Path(),
    mirror: Mirror = None,
    trust_remote_code: TrustRemoteCode = None,
) -> None:
    """Run one notebook with new parameters: `alutils run-notebook initial_pool -p seeds 10`."""
    from alutils.book import run_notebook, source
    from alutils.parameters import parse_cli

    given = parse_cli(_pairs(context.args))
    _environment(mirror, trust_remote_code)
    target = output or root / "_build" / "runs" / f"{name}.ipynb"
    print(run_notebook(source(root, name), given, target))


def _pairs(words: list[str]) -> list[tuple[str, str]]:
    """Take ``-p NAME VALUE -p NAME VALUE ...`` apart."""
    pairs, rest = [], list(words)
    while rest:
        option, name, value = (*rest, "-p", "-p")[:3]
        if option != "-p":
            raise UserError(
                f"{option!r} is not understood: write each parameter as -p NAME VALUE, a value "
                "with spaces in quotes; options are listed by alutils run-notebook --help"
            )
        if "=" in name:
            wanted = " ".join(name.split("=", 1))
            raise UserError(f"-p {name} is not understood: write it with a space, -p {wanted}")
        if name == "-p" or value == "-p":
            what = "a -p has no name" if name == "-p" else f"parameter {name!r} has no value"
            raise UserError(f"{what}: write each parameter as -p NAME VALUE")
        pairs.append((name, value))
        del rest[:3]
    return pairs


@app.command("verify")
def verify_profile(
    profile: ProfileName = "quick",
    sample: Annotated[int, typer.Option(min=1, help="Number of cells to compute again.")] = 6,
    everything: Annotated[
        bool, typer.Option("--all", help="Compute every cell again whose texts can be had.")
    ] = False,
    root: Root = Path(),
    workers: Workers = None,
    mirror: Mirror = None,
    trust_remote_code: TrustRemoteCode = None,
) -> None:
    """Compute cells of a profile again, from the texts on; compare them and the claims.

    With an archive of the profile in data/results, that is what is verified; else the results that
    are stored here.
    """
    from alutils import archive, claims, reproduction, verification
    from alutils.page_needs import needs_of_profile

    _environment(mirror, trust_remote_code)
    if not _use_archive(root, profile):
        grids = needs_of_profile(root, profile).grids
        print(verification.verify(grids, sample=sample, workers=workers))
        return
    archived = archive.read(_archive_folder(root, profile))
    recorded = claims.on_record(archived.folder)
    print(claims.check(claims.find_all(root, profile), recorded, exactly=True))
    cells = None if everything else sample
    report = reproduction.reproduce(archived, sample=cells, workers=workers)
    print(report)
    if everything and not report.not_here:
        again = claims.find_all(root, profile, records=report.records)
        print(claims.check(again, recorded, exactly=False))


def _archive_folder(root: Path, profile: str) -> Path:
    return root.resolve() / "data" / "results" / profile


def _use_archive(root: Path, profile: str) -> bool:
    """Let everything from here on take results from the profile's archive, if it has one."""
    folder = _archive_folder(root, profile)
    if not folder.is_dir():
        return False
    os.environ["ALUTILS_ARCHIVE"] = str(folder)
    return True


def main() -> None:
    """Run the command line; a user's mistake ends with one sentence and exit code 2."""
    for stream in sys.stdout, sys.stderr:
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal may know ASCII only
    try:
        app()
    except UserError as error:
        say(f"alutils: {error}")
        sys.exit(2)
    except (BookFailed, NotReproduced) as error:
        say(f"alutils: {error}")
        sys.exit(1)
    except (KeyboardInterrupt, SystemExit) as end:
        if isinstance(end, SystemExit) and end.code != 130:  # which typer makes of Ctrl-C
            raise
        say(STOPPED)
        sys.exit(130)
