"""
Each import contract bites: one forbidden import, planted in a copy of the tree, breaks it.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("importlinter", reason="import-linter belongs to the extra `dev`")

FOLDERS = ("src", "src/adapters", "src/clients", "src/entrypoints")


@pytest.fixture
def tree(tmp_path: Path, root: Path) -> Path:
    for name in ("src", "tools"):
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(root / name, tmp_path / name, ignore=ignore)
    shutil.copy(root / "pyproject.toml", tmp_path)
    return tmp_path


def broken_contracts(tree: Path) -> list[str]:
    """The numbers of the contracts that do not hold in the tree."""
    answer = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-logo", "--no-cache"],
        cwd=tree,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(str(tree / one) for one in FOLDERS)},
        capture_output=True,
        text=True,
        check=False,
    )
    verdicts = re.findall(r"^(\d)\. .* (KEPT|BROKEN)\b", answer.stdout, re.MULTILINE)
    assert len(verdicts) == 8, answer.stdout + answer.stderr
    return [number for number, verdict in verdicts if verdict == "BROKEN"]


def plant(tree: Path, *, module: str, statement: str) -> None:
    path = tree / module
    path.write_text(f"{path.read_text()}\n{statement}\n" if path.exists() else f"{statement}\n")


def test_all_contracts_hold_as_it_is(tree: Path):
    assert broken_contracts(tree) == []


@pytest.mark.parametrize(
    ("contract", "module", "statement"),
    [
        pytest.param("1", "src/smscore/domain/numbers.py", "import cattrs", id="1-library"),
        pytest.param(
            "1", "src/smscore/domain/numbers.py", "import smscore.ports.clock", id="1-port"
        ),
        pytest.param("2", "src/smscore/ports/clock.py", "import smscore.registry", id="2-upwards"),
        pytest.param("2", "src/smscore/surprise.py", "import smscore.errors", id="2-new-module"),
        pytest.param(
            "2",
            "src/smscore/services/submission.py",
            "import smscore.plugins",
            id="2-service-and-plugins",
        ),
        pytest.param("3", "src/smscore/config.py", "import sqlmodel", id="3-library"),
        pytest.param("3", "src/smscore/bootstrap.py", "import smscore_modem", id="3-bundled"),
        pytest.param("3", "src/smscore/gateway.py", "import pytest", id="3-tests"),
        pytest.param(
            "4",
            "src/smscore/services/submission.py",
            "import smscore.services.dispatch",
            id="4-sibling",
        ),
        pytest.param(
            "4",
            "src/smscore/services/_progress.py",
            "import smscore.services.dispatch",
            id="4-from-the-shared-one",
        ),
        pytest.param(
            "5",
            "src/adapters/smscore_modem/__init__.py",
            "import smscore_sqlmodel",
            id="5-sibling",
        ),
        pytest.param(
            "5",
            "src/entrypoints/smscore_http/__init__.py",
            "import smscore_server",
            id="5-upwards",
        ),
        pytest.param(
            "6",
            "src/adapters/smscore_policy/__init__.py",
            "import smscore.gateway",
            id="6-gateway",
        ),
        pytest.param(
            "6",
            "src/adapters/smscore_identity/__init__.py",
            "from smscore.services import inquiry",
            id="6-service",
        ),
        pytest.param("7", "src/smscore/registry.py", "import pluggy", id="7-core"),
        pytest.param(
            "7", "src/smscore/__init__.py", "from pluggy import HookimplMarker", id="7-top"
        ),
        pytest.param(
            "8", "src/clients/smscore_client/__init__.py", "import smscore", id="8-server"
        ),
        pytest.param("8", "src/clients/smscore_client/_call.py", "import msgspec", id="8-library"),
    ],
)
def test_a_forbidden_import_breaks_its_contract(
    tree: Path, contract: str, module: str, statement: str
):
    plant(tree, module=module, statement=statement)

    assert contract in broken_contracts(tree)
