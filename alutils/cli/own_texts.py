"""Commands for your own texts: what to label next, whether to go on, what to begin with."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alutils.cli.options import TrustRemoteCode, environment
from alutils.errors import UserError
from alutils.progress import say, several
from alutils.spelling import printable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from alutils.labelling import Pile, Proposal
    from alutils.tables import Table

Texts = Annotated[Path, typer.Argument(help="Your texts: .csv, .tsv, .jsonl or .parquet.")]
TextColumn = Annotated[str, typer.Option("--text", help="Column of the texts.")]
LabelColumn = Annotated[
    str | None,
    typer.Option("--label", help="Column of the labels, empty where not known; by default label."),
]
IdColumn = Annotated[
    str | None, typer.Option("--id", help="Column that tells rows apart; by default their numbers.")
]
Labels = Annotated[
    list[Path] | None,
    typer.Option(
        help="More labels: a table with ids, or an export of Label Studio or Argilla; repeatable."
    ),
]
Embedder = Annotated[str, typer.Option(help="One of `alutils embedders`.")]
Embeddings = Annotated[
    Path | None,
    typer.Option(help="Embeddings you have, a row for each row of the file: .npy or .safetensors."),
]
Output = Annotated[
    Path | None,
    typer.Option("-o", "--output", help="Where the batch goes, or the batches before it are."),
]
Encoding = Annotated[
    str | None, typer.Option(help="Of text files that are not UTF-8, such as cp1252.")
]
Seed = Annotated[int, typer.Option(min=0, help="Another seed draws other random numbers.")]

SURE = 0.8  # probability from which a prediction is counted as sure
MANY_TEXTS = 200_000


def select_texts(
    texts: Texts,
    text: TextColumn = "text",
    label: LabelColumn = None,
    id_column: IdColumn = None,
    labels: Labels = None,
    embedder: Embedder = "minilm",
    embeddings: Embeddings = None,
    strategy: Annotated[
        str | None,
        typer.Option(help="One of `alutils strategies`; by default the study's best fixed choice."),
    ] = None,
    initial_pool: Annotated[
        str | None, typer.Option(help="Strategy for the first texts, before there are labels.")
    ] = None,
    k: Annotated[int, typer.Option("-k", help="Texts that are to wait for a label.")] = 100,
    audit: Annotated[
        float, typer.Option(help="Share of labels drawn at random, to estimate accuracy.")
    ] = 0.1,
    seed: Seed = 0,
    output: Output = None,
    tool: Annotated[
        str | None, typer.Option("--for", help="Write tasks for label-studio or argilla.")
    ] = None,
    classes: Annotated[
        str | None,
        typer.Option(
            help="Names to choose from in the tool, with commas between; one that has a comma goes "
            "in double quotes."
        ),
    ] = None,
    encoding: Encoding = None,
    trust_remote_code: TrustRemoteCode = None,
) -> None:
    """Choose which of your texts to label next.

    The batch is written as a table with all your columns and a reason for each text, or as tasks
    for a labelling tool. Fill in its column of labels and give the same command again: it reads
    them, and adds as many texts as were labelled.
    """
    from alutils import exchange
    from alutils.labelling import propose
    from alutils.labelling.batch_files import check_target, endings, write_batch, write_tasks
    from alutils.labelling.proposal import check, check_left
    from alutils.tables import check_place

    environment(trust=trust_remote_code)
    # What is wrong with the arguments is said before texts are embedded, which may take long.
    check(strategy, initial_pool, k, audit)
    if tool is None and classes is not None:
        raise UserError("--classes is what people choose from in a tool: name the tool with --for")
    named = _named(classes or "")
    target = output or _default_output(texts, tool)
    check_place(target, endings(tool))
    # A table goes on after what is there already; tasks take its place.
    _check_other(target, [texts, *(labels or [] if tool else [])])
    pile = _pile(texts, text, label, id_column, labels, None if tool else target, encoding)
    check_target(target, tool, pile, encoding)
    check_left(pile)
    vectors = _vectors(pile, embedder, embeddings)
    if warning := _why_slow(pile):
        say(warning)
    proposal = propose(
        pile, vectors, strategy=strategy, initial_pool=initial_pool, k=k, audit=audit, seed=seed
    )
    for remark in proposal.remarks:
        say(remark)
    if not len(proposal.texts):
        one = proposal.waiting == 1
        wait, them = ("waits", "it") if one else ("wait", "them")
        say(f"{several(proposal.waiting, 'text')} {wait} for a label already: label {them} first")
    elif tool is None:
        write_batch(target, pile, proposal, encoding)
    else:
        setup = write_tasks(target, tool, pile, proposal, named)
        if setup is not None:
            say(f"{exchange.get(tool).title} is set up with {setup}")
        elif not named and not pile.classes:
            say("no class is known yet: name them with --classes, and the tool's setup is written")
    if len(proposal.texts):
        say(_what_was_chosen(proposal))
        say(
            f"fill in the column {pile.label!r} of {target}, then give the same command again"
            if tool is None
            else f"load it into {exchange.get(tool).title}, and name what it exports with --labels"
        )
    if target.exists():
        print(target)


def report_progress(
    texts: Texts,
    text: TextColumn = "text",
    label: LabelColumn = None,
    id_column: IdColumn = None,
    labels: Labels = None,
    embedder: Embedder = "minilm",
    embeddings: Embeddings = None,
    more: Annotated[int, typer.Option(min=1, help="Labels whose expected gain is wanted.")] = 100,
    seed: Seed = 0,
    encoding: Encoding = None,
    trust_remote_code: TrustRemoteCode = None,
) -> None:
    """Say how good the labels in hand make a classifier, and what more of them would add.

    With the options of `alutils select`, and its seed: the accuracy is estimated from the texts
    that it drew at random. Name the batch that was filled in with --labels.
    """
    from alutils.labelling.pile import check_two_classes
    from alutils.labelling.progress import report

    environment(trust=trust_remote_code)
    pile = _pile(texts, text, label, id_column, _or_default(labels, texts), None, encoding)
    check_two_classes(pile)
    found = report(pile, _vectors(pile, embedder, embeddings), more=more, seed=seed)
    print(printable(str(found), keep="\n"))  # it calls texts by their ids


def predict_labels(
    texts: Texts,
    text: TextColumn = "text",
    label: LabelColumn = None,
    id_column: IdColumn = None,
    labels: Labels = None,
    embedder: Embedder = "minilm",
    embeddings: Embeddings = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Where they go.")] = None,
    encoding: Encoding = None,
    trust_remote_code: TrustRemoteCode = None,
) -> None:
    """Write all your texts with the label that was given, or the likeliest one.

    Name the batch that was filled in with --labels.
    """
    from alutils.labelling.pile import check_two_classes
    from alutils.labelling.predictions import check_target, predicted, write_predictions
    from alutils.tables import KINDS, check_place

    environment(trust=trust_remote_code)
    target = output or Path(f"{texts.stem}_sorted{texts.suffix}")
    check_place(target, KINDS)
    labels = _or_default(labels, texts)
    _check_other(target, [texts, *labels])
    check_target(target)
    pile = _pile(texts, text, label, id_column, labels, None, encoding)
    check_two_classes(pile)
    table = predicted(pile, _vectors(pile, embedder, embeddings))
    write_predictions(target, table)
    say(_what_was_predicted(table))
    print(target)


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


def _why_slow(pile: Pile) -> str | None:
    """Say that the choice, which reports no progress, is going to take long."""
    from alutils.labelling.head_that_chose import MANY

    n_classes = len(pile.classes)
    if pile.n_labelled * n_classes > MANY:
        return f"{pile.n_labelled:,} labels of {n_classes:,} classes: choosing may take minutes"
    if len(pile.texts) > MANY_TEXTS:
        return f"choosing from {len(pile.texts):,} texts may take a minute"
    return None


def _what_was_chosen(proposal: Proposal) -> str:
    n_drawn = int(proposal.audit.sum())
    n_chosen = len(proposal.texts) - n_drawn
    parts = [f"{n_chosen:,} chosen by {proposal.strategy}"] if n_chosen else []
    parts += [f"{n_drawn:,} drawn at random to estimate accuracy"] if n_drawn else []
    more = f"; {proposal.waiting:,} more wait already" if proposal.waiting else ""
    return f"{several(len(proposal.texts), 'text')} to label: {', '.join(parts)}{more}"


def _what_was_predicted(table: Table) -> str:
    given = table.columns["al_given"].count("yes")
    sure = [each for each in table.columns["al_confidence"] if each is not None]
    guessed = several(len(sure), "row")
    surest = sum(each >= SURE for each in sure)
    return (
        f"{several(given, 'row')} with a label that was given, {guessed} with the likeliest; of "
        f"these {surest:,} are at least {SURE:.0%} sure"
    ).replace("%", " %")


def _named(classes: str) -> list[str]:
    """Split names of classes at commas, except in quotes."""
    try:
        found = next(csv.reader([classes], skipinitialspace=True, strict=True), [])
    except csv.Error as error:
        raise UserError(
            f"--classes cannot be read ({error}): put commas between names, and a name that has a "
            "comma in double quotes"
        ) from error
    return [name.strip() for name in found if name.strip()]


def _check_other(target: Path, sources: list[Path]) -> None:
    from alutils.tables import is_there

    for source in sources:
        if is_there(target) and is_there(source) and target.samefile(source):
            raise UserError(f"-o names {source} itself, which would be lost: name another file")


def _default_output(texts: Path, tool: str | None) -> Path:
    from alutils import exchange

    suffix = texts.suffix if tool is None else exchange.get(tool).suffix
    return Path(f"{texts.stem}_to_label{suffix}")


def _or_default(labels: list[Path] | None, texts: Path) -> list[Path]:
    """Return the files of labels, which are what `alutils select` wrote if none is named."""
    from alutils.tables import is_there

    written = _default_output(texts, None)
    if labels is None and is_there(written):
        say(f"with the labels in {written}")
        return [written]
    return labels or []


def _pile(
    texts: Path,
    text: str,
    label: str | None,
    id_column: str | None,
    labels: list[Path] | None,
    output: Path | None,
    encoding: str | None,
) -> Pile:
    """Read the texts and every label there is, those of an earlier output last."""
    from alutils.labelling import read_pile
    from alutils.labelling.answers import proposed_before, with_answers

    pile = read_pile(texts, text, label, id_column, encoding)
    for path in labels or []:
        pile = with_answers(pile, path, encoding)
    if output is not None and output.exists():
        proposed_before(output, pile, encoding)  # nothing else is ever written over
        pile = with_answers(pile, output, encoding)
    for remark in pile.remarks:
        say(remark)
    for names in pile.classes_alike():
        told = ", ".join(map(repr, names))
        say(f"{told} count as {len(names)} classes: write them alike if they are one")
    known = f", of {several(len(pile.classes), 'class', 'classes')}" if pile.n_labelled else ""
    say(f"{texts}: {several(len(pile.texts), 'text')}, {pile.n_labelled:,} labelled{known}")
    return pile


def _vectors(pile: Pile, embedder: str, embeddings: Path | None) -> NDArray[np.float32]:
    """Return an embedding for each distinct text."""
    import numpy as np

    from alutils.advice.vectors import read_vectors
    from alutils.embedders.texts import embed

    if embeddings is None:
        return embed(pile.texts, embedder)
    vectors = read_vectors(embeddings)
    if vectors.ndim != 2:
        raise UserError(
            f"{embeddings} must hold a row for each text and a column for each dimension, but its "
            f"shape is {vectors.shape}"
        )
    if len(vectors) != pile.table.n_rows:
        raise UserError(
            f"{embeddings} has {len(vectors):,} rows, but {pile.path} has {pile.table.n_rows:,}: "
            "give one embedding for each row, in the same order"
        )
    chosen = vectors[pile.first]
    finite = chosen.dtype.kind != "f" or np.isfinite(chosen).all(axis=1)
    if not np.all(finite):
        row = pile.first[np.argmin(finite)] + 1
        raise UserError(
            f"{embeddings} has NaN or infinite numbers for row {row:,} of {pile.path}: embed that "
            "text again, or leave it out of both"
        )
    return chosen
