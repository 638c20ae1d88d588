"""
A program that receives what modems of the make iSMS push, as its makers describe such a program.

It is run for one request, by the rules of CGI (RFC 3875): reads as many bytes as CONTENT_LENGTH
says, takes the document for what comes last in them, reads it in the encoding that it declares,
and adds what it has read to the file RECEIVED as one line of JSON. Its answer is the word ANSWER.
"""

import json
import os
import sys
from pathlib import Path
from urllib.parse import unquote_to_bytes
from xml.etree import ElementTree


def main() -> None:
    form = sys.stdin.buffer.read(int(os.environ["CONTENT_LENGTH"]))
    fields, _, document = form.rpartition(b"XMLDATA=")
    root = ElementTree.fromstring(unquote_to_bytes(document))
    pairs = [pair.partition(b"=") for pair in fields.split(b"&") if pair]
    received = {
        "kind": os.environ["CONTENT_TYPE"],
        "push_id": os.environ["HTTP_IDEMPOTENCY_KEY"],
        **{name.decode(): unquote_to_bytes(value).decode() for name, _, value in pairs},
        **{element.tag: element.text for element in root.iter()},
    }
    with Path(os.environ["RECEIVED"]).open("a") as file:
        file.write(json.dumps(received) + "\n")
    sys.stdout.write(f"Content-Type: text/plain\r\n\r\n{os.environ['ANSWER']}\r\n")


if __name__ == "__main__":
    main()
