"""
The command that prints the description of the HTTP surfaces.
"""

import click

__all__ = ["openapi"]


@click.command()
@click.option(
    "--server",
    metavar="URL",
    default="http://127.0.0.1:8080",
    show_default=True,
    help="Where the surfaces are.",
)
def openapi(*, server: str) -> None:
    """
    Print the description of the HTTP surfaces in OpenAPI 3.1, for programs that make clients.

    A running server shows the same at /openapi.json, and at /docs for people.

    \b
    Example: smscore openapi --server https://sms.example.com > openapi.json
    """
    from smscore_http.openapi import description

    click.echo(description(server=server.rstrip("/")))
