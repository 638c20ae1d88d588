"""
An import contract by allow-list: a package imports itself, the standard library, and what is named.

The contracts that import-linter brings along forbid by name, so that a library nobody thought of
passes. Here a new dependency has to be written down in pyproject.toml, where a reader sees it.
"""

import sys

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output
from importlinter.application import contract_utils
from importlinter.application.contract_utils import AlertLevel

__all__ = ["ImportsOnly"]


class ImportsOnly(Contract):
    """
    Direct imports of ``source`` and all inside it reach only ``allowed`` modules.

    An allowed module stands for everything inside it.
    """

    type_name = "imports_only"

    source = fields.StringField()
    allowed = fields.ListField(subfield=fields.StringField())
    ignore_imports = fields.SetField(subfield=fields.ImportExpressionField(), required=False)
    unmatched_ignore_imports_alerting = fields.EnumField(AlertLevel, default=AlertLevel.ERROR)

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: FBT001, ARG002 - given
        removal = contract_utils.remove_ignored_imports_and_report(
            graph=graph,
            ignore_imports=self.ignore_imports,  # type: ignore[arg-type]  # fields become values
            unmatched_alerting=self.unmatched_ignore_imports_alerting,  # type: ignore[arg-type]
        )
        source = str(self.source)
        allowed = (source, *(str(module) for module in self.allowed))  # type: ignore[attr-defined]
        found = [
            f"{importer} imports {imported} (line {_lines(graph, importer, imported)})"
            for importer in sorted({source, *graph.find_descendants(source)})
            for imported in sorted(graph.find_modules_directly_imported_by(importer))
            if not _is_allowed(imported, allowed=allowed)
        ]
        return ContractCheck(
            kept=not found,
            warnings=list(removal.warnings),
            ignored_import_count=removal.ignored_import_count,
            metadata={"found": found},
        )

    def render_broken_contract(self, check: ContractCheck) -> None:
        for line in check.metadata["found"]:
            output.print_error(f"- {line}", bold=False)


def _is_allowed(module: str, *, allowed: tuple[str, ...]) -> bool:
    if module.partition(".")[0] in sys.stdlib_module_names:
        return True
    return any(module == name or module.startswith(f"{name}.") for name in allowed)


def _lines(graph: ImportGraph, importer: str, imported: str) -> str:
    details = graph.get_import_details(importer=importer, imported=imported)
    return ", ".join(str(detail["line_number"]) for detail in details)
