"""
The command that prints the description of the HTTP surfaces.
"""

import json

import click

from smscore_server._options import json_option, unneeded_config_option

__all__ = ["openapi"]


@click.command()
@click.option(
    "--server",
    metavar="URL",
    default="http://127.0.0.1:8080",
    show_default=True,
    help="Where the surfaces are.",
)
@json_option
@unneeded_config_option
def openapi(*, server: str, as_json: bool) -> None:
    """
    Print the description of the HTTP surfaces in OpenAPI 3.1.

    Programs make clients of it. A running server shows the same at /openapi.json, and at /docs for
    people. It is JSON in any case; without --json it is indented.

    \b
    Example: smscore openapi --server https://sms.example.com > openapi.json
    JSON: the document
    """
    from smscore_http.openapi import description

    document = description(server=server.rstrip("/"))
    if as_json:
        click.echo(document)
    else:
        click.echo(json.dumps(json.loads(document), indent=2, ensure_ascii=False))
