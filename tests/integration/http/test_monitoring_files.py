"""
The board and the alerts that come with the documentation ask for what is there.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families as read_text

from smscore.testing import FakeSender
from smscore_http.metrics._families import FAMILIES

DOCS = Path(__file__).parents[3] / "docs"
BOARD = json.loads((DOCS / "monitoring/board.json").read_text("utf-8"))
ALERTS = (DOCS / "monitoring/alerts.yml").read_text("utf-8")
PAGE = (DOCS / "operating.md").read_text("utf-8")

NAME = re.compile(r"\b(?:smscore|process)_[a-z0-9_]+\b")
SELECTION = re.compile(r"\b((?:smscore|process)_[a-z0-9_]+)\{([^}]*)\}")
LABEL = re.compile(r"([a-z]+)\s*(?:=~|!~|!=|=)")
GIVEN = {"instance", "job", "le"}  # by whoever scrapes, and by each histogram


def expressions() -> Iterator[str]:
    for panel in BOARD["panels"]:
        yield from (target["expr"] for target in panel.get("targets", ()))
    yield from re.findall(r"expr: (?:>-\n)?((?:.|\n)*?)\n +(?:for|labels):", ALERTS)


def test_each_expression_asks_for_numbers_that_are_there(make_site):
    alerts = {"receivers": {"ops": {"url": "https://ops.example/"}}}
    site = make_site(http={"metrics": "open"}, alerts=alerts, webhook_sender=FakeSender())
    read = read_text(site.client.get("/metrics").text)
    told = {sample.name for family in read for sample in family.samples}
    # There is no modem that tells its signal.
    told.add("smscore_channel_signal_dbm")

    assert len(list(expressions())) > 30
    for expression in expressions():
        names = set(NAME.findall(expression))
        assert names or "up{" in expression
        assert names <= told, expression


def test_each_expression_selects_by_labels_that_are_there():
    labels = {family.name: set(family.labels) for family in FAMILIES}
    for expression in expressions():
        for name, selection in SELECTION.findall(expression):
            family = re.sub(r"_(bucket|sum|count)$", "", name)
            asked = set(LABEL.findall(re.sub(r'"[^"]*"', "", selection)))
            assert asked <= labels.get(family, set()) | GIVEN, expression


def test_the_page_for_operators_names_what_is_there():
    section = PAGE.partition("## Metrics")[2].partition("\n## ")[0]
    named = set(re.findall(r"`(smscore_[a-z_]+)`", section))

    assert len(named) > 10
    assert named <= {family.name for family in FAMILIES}


def test_the_panels_of_the_board_do_not_overlap():
    taken = set()
    for panel in BOARD["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert place["x"] + place["w"] <= 24
        taken |= cells
    assert len({panel["id"] for panel in BOARD["panels"]}) == len(BOARD["panels"])
