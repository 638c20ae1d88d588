"""
Prints the public names, one a line: what plugins and hosts may rely on.

`make public-names` writes them to public_names.txt, which a test compares with what is there.
"""

import importlib

from import_everything import modules, packages

PUBLIC = (
    "smscore.domain",
    "smscore.errors",
    "smscore.hookspecs",
    "smscore.ports",
    "smscore.registry",
    "smscore.testing",
    "smscore_http.hookspecs",
    "smscore_modem.simulator",
    "smscore_telegram.testing",
)


def is_public(module: str) -> bool:
    if any(part.startswith("_") for part in module.split(".")):
        return False
    return module in packages() or any(
        module == name or module.startswith(f"{name}.") for name in PUBLIC
    )


def main() -> None:
    for module in filter(is_public, modules()):
        for name in sorted(getattr(importlib.import_module(module), "__all__", ())):
            print(f"{module}:{name}")


if __name__ == "__main__":
    main()
