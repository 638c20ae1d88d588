"""
The client for TypeScript and JavaScript: built, checked, packed, installed, and at work on a
running server.
"""

import json
import os
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import Any

import pytest
from pages import blocks
from server_process import Server

from smscore.ports.webhooks import Call
from smscore_http.openapi import description
from smscore_webhook._signature import signed_headers

pytestmark = pytest.mark.peers

PACKAGE = Path(__file__).parents[3] / "clients/typescript"
OLDEST_NODE = 20
PATIENCE = 120.0


@pytest.fixture(scope="session")
def tools() -> Path:
    """What the package is built with; it is installed beside it."""
    modules = PACKAGE / "node_modules"
    if shutil.which("npm") is None or not (modules / "typescript").exists():
        pytest.skip("the tools of clients/typescript are missing; 'make test-peers' installs them")
    version = run("node", "--version", cwd=PACKAGE)
    if int(version.strip("v").split(".")[0]) < OLDEST_NODE:
        pytest.skip(f"the client needs Node {OLDEST_NODE}, and this is {version}")
    return modules


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A directory of all test processes of this run."""
    own = tmp_path_factory.getbasetemp()
    return own if worker_id == "master" else own.parent


@pytest.fixture(scope="session")
def package(tools: Path, shared: Path) -> Path:
    """A copy of the package with its tests compiled, and packed as it would be published."""
    copy = shared / "typescript-client"
    with once(copy) as is_first:
        if is_first:
            ignored = shutil.ignore_patterns("node_modules", "build", "dist", "*.tgz")
            shutil.copytree(PACKAGE, copy, ignore=ignored)
            (copy / "node_modules").symlink_to(tools)
            run("node_modules/.bin/tsc", cwd=copy)
            run("npm", "pack", cwd=copy)
    return copy


@pytest.fixture(scope="session")
def project(package: Path, tools: Path, shared: Path) -> Path:
    """
    A project of somebody else: nothing but the package is installed, and the examples of its README
    are the programs, compiled with the types of Node alone.
    """
    project = shared / "typescript-project"
    with once(project) as is_first:
        if is_first:
            project.mkdir()
            (project / "package.json").write_text('{"type": "module"}')
            (tarball,) = package.glob("*.tgz")
            run("npm", "install", "--offline", "--no-audit", "--no-fund", str(tarball), cwd=project)
            write_examples(project, tools)
            run(str(tools / ".bin/tsc"), cwd=project)
    return project


@contextmanager
def once(target: Path) -> Iterator[bool]:
    """Whether this is the first one here; the others wait until that one is done."""
    done = target.with_suffix(".done")
    with target.with_suffix(".lock").open("w") as lock:
        flock(lock, LOCK_EX)
        yield not done.exists()
        done.touch()


def write_examples(project: Path, tools: Path) -> None:
    for number, block in enumerate(blocks((PACKAGE / "README.md").read_text(), "ts")):
        named = re.match(r"// (\w+)\.ts", block)
        (project / f"{named[1] if named else f'example-{number}'}.ts").write_text(block)
    options = {
        "module": "NodeNext",
        "target": "ES2022",
        "lib": ["ES2022"],
        "strict": True,
        "exactOptionalPropertyTypes": True,
        "types": ["node"],
        "typeRoots": [str(tools / "@types")],
    }
    (project / "tsconfig.json").write_text(json.dumps({"compilerOptions": options}))


@pytest.fixture
def server(tmp_path: Path, line: Any) -> Iterator[Server]:
    """A server with a simulated modem, which may call endpoints of this machine."""
    server = Server(tmp_path, credits=1000)
    settings = tmp_path / "smscore.toml"
    modem = settings.read_text().replace('"no-modem-here"', json.dumps(line.port))
    settings.write_text(
        f'{modem}account = "acme"\ngap = 0.0\n\n[webhooks]\nallow = ["127.0.0.0/8"]\n'
    )
    with server:
        yield server


def run(*command: str, cwd: Path, **environment: str) -> str:
    """What a program has said, which has to end well."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, "NO_COLOR": "1", **environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


RUNTIMES = {
    "node": ("node", "--test", "--test-timeout=60000"),
    "deno": ("deno", "test", "--quiet", "--allow-all", "--no-lock", "--no-config", "--no-check"),
    "bun": ("bun", "test", "--timeout=60000"),
}


@pytest.fixture(params=RUNTIMES)
def run_tests(
    request: pytest.FixtureRequest, peers_directory: Path, tmp_path: Path
) -> Callable[..., None]:
    """Runs the tests in a folder on one of the runtimes that the client is for."""
    name, *arguments = RUNTIMES[request.param]
    program = peers_directory / "node_modules/.bin" / name
    if name != "node" and not program.exists():
        pytest.skip(f"there is no {program}; 'make test-peers' installs it")

    def run_tests(folder: Path, **environment: str) -> None:
        found = sorted(f"./{path.name}" for path in folder.glob("*.test.js"))
        assert found
        command = (name if name == "node" else str(program), *arguments, *found)
        run(*command, cwd=folder, DENO_DIR=str(tmp_path / "deno"), **environment)

    return run_tests


def credentials(server: Server) -> dict[str, str]:
    """What tests and examples look for in their environment."""
    with server.gateway() as gateway:
        operator = gateway.administration
        operator.create_account("slow", tariff="standard", home_country="DE")
        slow = operator.create_key("slow").secret
    return {
        "SMSCORE_URL": server.url,
        "SMSCORE_KEY": server.site.bearer["Authorization"].removeprefix("Bearer "),
        "SMSCORE_KEY_OF_STANDARD_PLAN": slow,
    }


def test_the_package_is_well_written(package: Path) -> None:
    run("node_modules/.bin/prettier", "--check", ".", cwd=package)


def test_its_own_tests_pass(run_tests: Callable[..., None], package: Path) -> None:
    run_tests(package / "build/test")


def test_it_does_what_it_says_on_a_running_server(
    run_tests: Callable[..., None], package: Path, server: Server
) -> None:
    run_tests(package / "build/test/live", **credentials(server))

    # Each test sends to numbers, or texts, of its own: what is there twice was sent twice.
    sent = Counter((one.message.recipient.value, one.message.text) for one in server.stored())
    assert len(sent) > 30
    assert set(sent.values()) == {1}


def test_its_types_are_those_of_the_server(tools: Path, tmp_path: Path) -> None:
    document, schema = tmp_path / "openapi.json", tmp_path / "schema.ts"
    document.write_bytes(description(server="http://localhost"))

    run("node", "tools/generate.mjs", str(document), str(schema), cwd=PACKAGE)

    assert schema.read_text() == (PACKAGE / "src/schema.ts").read_text(), (
        "in clients/typescript: smscore openapi > openapi.json && npm run generate -- openapi.json"
    )


# Installed elsewhere.


def test_the_tarball_holds_what_is_needed_and_nothing_else(project: Path) -> None:
    installed = project / "node_modules/smscore-client"
    found = {str(path.relative_to(installed)) for path in installed.rglob("*") if path.is_file()}

    modules = {path.stem for path in (PACKAGE / "src").glob("*.ts")}
    assert found == {"LICENSE", "README.md", "package.json"} | {
        f"dist/{module}.{kind}" for module in modules for kind in ("js", "d.ts")
    }
    assert [path.name for path in (project / "node_modules").iterdir() if path.is_dir()] == [
        "smscore-client"
    ]


NAMES = "NoAnswer,Refused,Smscore,SmscoreError,WebhookRejected,verifyWebhook"


def test_it_can_be_imported_and_required(project: Path) -> None:
    wanted = f"const {{ {NAMES} }} = client; console.log([{NAMES}].every(Boolean))"
    (project / "imports.mjs").write_text(f"import * as client from 'smscore-client'; {wanted}")
    (project / "requires.cjs").write_text(f"const client = require('smscore-client'); {wanted}")

    assert run("node", "imports.mjs", cwd=project) == "true"
    assert run("node", "--experimental-require-module", "requires.cjs", cwd=project) == "true"


def test_the_examples_of_the_readme_run(project: Path, server: Server) -> None:
    environment = credentials(server)

    said = [
        run("node", str(example), cwd=project, **environment)
        for example in sorted(project.glob("example-*.js"))
    ]

    sending, listing, failing = said
    assert sending.splitlines() == ["queued 1", "1", "1"]
    *messages, first_page, second_page = listing.splitlines()
    assert [one.partition(" ")[2] for one in messages] == ["See you at 8", "Your parcel is here"]
    assert [first_page, second_page] == ["2 true", "1 false"]
    assert failing == "422 invalid_phone_number"


def test_the_handler_of_the_readme_hears_what_is_genuine(project: Path) -> None:
    secret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
    body = b'{"event":"message.failed","to":"+491701234567","error_code":"no_route"}'
    call = Call(
        url="https://example.org/",
        event_id="evt_0000000000000001",
        sequence=1,
        body=body,
        secrets=(secret,),
        at=datetime.now(UTC),
    )
    request = {"method": "POST", "headers": dict(signed_headers(call))}
    (project / "post.mjs").write_text(
        "import { POST } from './hook.js';\n"
        "const [request, ...bodies] = JSON.parse(process.argv[2]);\n"
        "for (const body of bodies) {\n"
        "    const posted = new Request('https://example.org/', { ...request, body });\n"
        "    console.log((await POST(posted)).status);\n"
        "}\n"
    )
    bodies = [body.decode(), body.decode().replace("+", "-")]

    said = run(
        *("node", "post.mjs", json.dumps([request, *bodies])),
        cwd=project,
        SMSCORE_WEBHOOK_SECRET=secret,
    )

    assert said.splitlines() == ["evt_0000000000000001 +491701234567 no_route", "204", "400"]
