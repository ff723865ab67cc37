"""Commands about studies: plan, run, archive and verify one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alutils.cli.aligned import aligned
from alutils.cli.options import (
    Mirror,
    ProfileName,
    RetryFailed,
    Root,
    Scheduler,
    TrustRemoteCode,
    Workers,
    archive_folder,
    environment,
    use_archive,
    where,
)
from alutils.errors import CellsFailed, UserError
from alutils.progress import say

if TYPE_CHECKING:
    from alutils.cell import Cell


def run_profile(
    profile: str,
    root: Root = Path(),
    workers: Workers = None,
    scheduler: Scheduler = None,
    retry_failed: RetryFailed = False,
    mirror: Mirror = None,
    trust_remote_code: TrustRemoteCode = None,
) -> None:
    """Run the cells of a profile that have no result yet, without building the book."""
    environment(mirror, trust_remote_code)
    compute(root, profile, where(workers, scheduler), retry_failed=retry_failed)


def compute(
    root: Path, name: str, workers: int | str | None, *, retry_failed: bool = False
) -> dict[str, dict[str, object]]:
    """Validate a profile and run it; return its notebooks with their parameters."""
    from alutils.evidence import evidence
    from alutils.page_needs import needs_of_profile
    from alutils.profile import read_profile
    from alutils.quality import measure_quality
    from alutils.study import run_study

    needs = needs_of_profile(root, name)
    failed: dict[Cell, str] = {}
    hint = ""
    if needs.grids:  # a profile may be notebooks without experiments
        try:
            run_study(needs.grids, workers=workers, retry_failed=retry_failed)
        except CellsFailed as error:
            failed |= error.reasons
            hint = f"to try them again: alutils run {name} --retry-failed"
        measure_quality(needs.measured, workers=workers)
    for kind, grids in needs.evidence.items():
        try:
            evidence(kind, grids, workers=workers)
        except CellsFailed as error:
            failed |= error.reasons
    if failed:  # said only now, when everything else is finished
        raise CellsFailed(failed, hint)
    return read_profile(root, name).notebooks


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
    use_archive(root, profile)
    model = planning.find(root)
    pages = page_parameters(root, profile).items()
    plan = planning.make({page: needs_of_page(page, given).grids for page, given in pages}, model)
    cores = available_workers()
    parts = planning.blocks(plan, model, workers=workers or cores, cores=cores, root=root)
    print(f"Profile {profile}: {about}")
    for part in parts:
        print()
        print(part if isinstance(part, str) else aligned(part))


def archive_results(profile: str, root: Root = Path(), mirror: Mirror = None) -> None:
    """Gather the results of a profile into data/results/PROFILE, which travels with the code."""
    from alutils import archive, archiving, claims, reproduction
    from alutils.page_needs import needs_of_profile

    environment(mirror)
    folder = archive_folder(root, profile)
    if folder.is_dir() and not reproduction.changed_code(archive.read(folder)):
        use_archive(root, profile)  # what it has of evidence and quality is not measured again
    needs = needs_of_profile(root, profile)
    found = archiving.write(folder, profile, needs.grids, root, needs.evidence, needs.measured)
    use_archive(root, profile)
    left_out = ""
    if found.missing:
        left_out = f"; {found.missing:,} have no result yet and are left out, and so are the claims"
        (folder / claims.ON_RECORD).unlink(missing_ok=True)  # of an older archive
    else:
        claims.write(folder, claims.find_all(root, profile))
    say(f"{found.cells:,} cells are in the archive{left_out}")
    print(folder)


def fit_rule(
    profile: Annotated[str, typer.Argument(help="A file in data/profiles.")] = "offline",
    root: Root = Path(),
) -> None:
    """Make the rule of `alutils advise` from the archive of a profile."""
    from alutils.advice import rule
    from alutils.findings.held_out_rule import made_from
    from alutils.page_needs import page_parameters

    if not use_archive(root, profile):
        raise UserError(
            f"there is no archive of {profile!r} to make a rule from: alutils archive {profile}"
        )
    parameters = page_parameters(root, profile)
    if "rule" not in parameters:
        raise UserError(f"the profile {profile!r} has no page 'rule', whose parameters are needed")
    path = root.resolve() / "alutils" / "advice" / rule.FILE
    rule.write(made_from(parameters["rule"]), path)
    print(path)


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

    environment(mirror, trust_remote_code)
    if not use_archive(root, profile):
        grids = needs_of_profile(root, profile).grids
        print(verification.verify(grids, sample=sample, workers=workers))
        return
    archived = archive.read(archive_folder(root, profile))
    recorded = claims.on_record(archived.folder)
    print(claims.check(claims.find_all(root, profile), recorded, exactly=True))
    cells = None if everything else sample
    report = reproduction.reproduce(archived, sample=cells, workers=workers)
    print(report)
    if everything and not report.not_here:
        again = claims.find_all(root, profile, records=report.records)
        print(claims.check(again, recorded, exactly=False))
