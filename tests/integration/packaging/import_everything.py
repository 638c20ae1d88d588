"""
Imports every module of every installed package of ours, and says which could not be.

Run by itself in an environment that has the wheel with its dependencies and nothing else, where
a library that only the tests' tools bring along shows. ``--below DIRECTORY`` also refuses modules
that come from anywhere else, such as a source tree that is still importable.
"""

import argparse
import importlib
import importlib.util
import pkgutil
import sys
from collections.abc import Iterator
from pathlib import Path

# Modules for people who have the library in question anyway, because they write tests with it.
# The last ones are for people who have the extra.
OPTIONAL = {
    "smscore.testing": {"hypothesis", "pytest"},
    "smscore_modem.simulator": {"pytest"},
    "smscore_http.metrics": {"prometheus_client"},
    "smscore_email.testing": {"aiosmtpd"},
    "smscore_sqlmodel._postgres": {"psycopg"},
    "smscore_tracing": {"opentelemetry"},
    "smscore_smtp._conversation": {"aiosmtpd"},
    "smscore_smtp._hooks": {"aiosmtpd"},
}
if sys.version_info >= (3, 15):
    OPTIONAL["smscore_policy._patterns"] = {"re2"}


def packages() -> list[str]:
    """The top-level packages, whether they come from a wheel or from an editable install."""
    return sorted(
        module.name
        for module in pkgutil.iter_modules()
        if module.ispkg and module.name.partition("_")[0] == "smscore"
    )


def modules() -> Iterator[str]:
    """All modules but those that run when imported: programs, and the steps of migrations."""
    for name in packages():
        yield name
        folders = importlib.util.find_spec(name).submodule_search_locations
        for module in pkgutil.walk_packages(folders, prefix=f"{name}."):
            if not module.name.endswith(".__main__") and ".migrations." not in module.name:
                yield module.name


def failure(name: str, *, below: Path | None) -> str | None:
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if any(name.startswith(key) and error.name in OPTIONAL[key] for key in OPTIONAL):
            return None
        return f"{name}: {error}"
    if below and not Path(module.__file__).is_relative_to(below):
        return f"{name} comes from {module.__file__}"
    return None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--below", type=Path)
    below = parser.parse_args().below
    names = list(modules())
    if not names:
        sys.exit("no package of smscore is installed here")
    failures = [text for name in names if (text := failure(name, below=below))]
    sys.exit("\n".join(failures) or None)


if __name__ == "__main__":
    main()
