"""
JSON Schema of the shapes that bodies are read into and answers are made of.
"""

from typing import Any

import msgspec

__all__ = ["Json", "Schemas"]

Json = dict[str, Any]
"""An object of a JSON document."""

_NULL = {"type": "null"}


class Schemas:
    """Of each shape its schema; and what has a name, in the order of its use."""

    def __init__(self) -> None:
        self.components: Json = {}
        self.responses: Json = {}

    def of(self, shape: Any) -> Json:
        """The schema of an annotated type, a struct, a tuple of them, or a schema already."""
        if isinstance(shape, dict):
            return shape
        if isinstance(shape, tuple):
            return {"anyOf": [self.of(one) for one in shape]}
        (schema,), components = msgspec.json.schema_components(
            (shape,), ref_template="#/components/schemas/{name}"
        )
        for name, component in components.items():
            self.components.setdefault(name, _component(component))
        return _plain(schema)

    def of_parameter(self, shape: Any) -> Json:
        """That of what is absent or a string: nothing there is null."""
        schema = _without_null(self.of(shape))
        return {key: rule for key, rule in schema.items() if key != "required"}


def _component(schema: Json) -> Json:
    """A struct as its reader, or its writer, means it."""
    if "properties" not in schema:
        return schema
    properties = {name: _plain(field) for name, field in schema["properties"].items()}
    required = [
        name
        for name, field in properties.items()
        if _is_required(field) or name in schema["required"]
    ]
    described: Json = {
        "type": "object",
        "description": schema["description"].replace("``", "`").strip(),
        "properties": {name: _accepted(field) for name, field in properties.items()},
    }
    return {**described, "required": required} if required else described


def _is_required(field: Json) -> bool:
    """Answers have fields that are always the same; bodies have some that must not be absent."""
    return field.get("required") is True or field.get("default") is not None


def _accepted(field: Json) -> Json:
    """Null is as good as absent, unless the field must be there."""
    rules = {key: rule for key, rule in field.items() if key not in ("default", "required")}
    return _without_null(rules) if field.get("required") is True else rules


def _without_null(schema: Json) -> Json:
    if "anyOf" not in schema:
        return schema
    return _plain({**schema, "anyOf": [one for one in schema["anyOf"] if one != _NULL]})


def _plain(schema: Json) -> Json:
    """Without a choice where there is none."""
    if len(options := schema.get("anyOf", ())) != 1:
        return schema
    return {**options[0], **{key: rule for key, rule in schema.items() if key != "anyOf"}}
