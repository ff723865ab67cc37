"""Commands that list and show what there is: datasets, embedders, strategies."""

from __future__ import annotations

import typer

from alutils.cli.aligned import aligned
from alutils.cli.options import Mirror, environment

datasets_app = typer.Typer(help="List the datasets, or show one.", invoke_without_command=True)
strategies_app = typer.Typer(
    help="List the strategies, or show one; those without a head also choose the initial pool.",
    invoke_without_command=True,
)


@datasets_app.callback()
def list_datasets(context: typer.Context, mirror: Mirror = None) -> None:
    """List the datasets with what is available here."""
    from alutils.datasets import cards

    environment(mirror)
    if context.invoked_subcommand is None:
        print(aligned(cards.listing()))


@datasets_app.command("show")
def show_dataset(name: str, mirror: Mirror = None) -> None:
    """Print the card of a dataset and some of its texts."""
    from alutils.datasets import cards

    environment(mirror)
    print(cards.show(name))


def list_embedders() -> None:
    """List the embedders with what is available here."""
    from alutils.embedders import cards

    print(aligned(cards.listing()))


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
        print(aligned(rows))


@strategies_app.command("show")
def show_strategy(name: str) -> None:
    """Print what a strategy chooses, needs and costs, its parameters and its source."""
    from alutils import strategies
    from alutils.strategies.cards import card

    print(card(strategies.get(name)))
