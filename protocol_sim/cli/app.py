"""The typer application and its one error handler."""

import typer

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.callback()
def root() -> None:
    """DeFi liquidations simulated to the wei, with the loop closed."""


def main() -> None:
    """Run the command line."""
    app()
