"""
One call of one surface, and how OpenAPI writes it down.
"""

from collections.abc import Mapping
from typing import Any

import attrs

from smscore_http.openapi._common import HEADERS
from smscore_http.openapi._schemas import Json, Schemas

__all__ = ["JSON", "Example", "Link", "Operation", "Parameter", "Response"]

JSON = "application/json"


@attrs.frozen(kw_only=True)
class Parameter:
    """A part of the path, of the query, or a header. Its shape may describe it as well."""

    name: str
    place: str
    shape: Any
    description: str = ""
    is_required: bool = False

    def written(self, schemas: Schemas) -> Json:
        """As OpenAPI writes it down."""
        schema = schemas.of_parameter(self.shape)
        described = schema.pop("description", "")
        return {
            "name": self.name,
            "in": self.place,
            "description": self.description or described,
            **({"required": True} if self.is_required or self.place == "path" else {}),
            "schema": schema,
        }


@attrs.frozen(kw_only=True)
class Response:
    """
    One answer; ``shape`` is None where there is no body.

    What several calls answer has a ``name``, under which it is written down once.
    """

    description: str
    name: str | None = None
    shape: Any = None
    content_type: str = JSON
    headers: tuple[str, ...] = ()  # names among those of all
    perhaps: tuple[str, ...] = ()  # the same, of those that are not always there
    examples: Mapping[str, Any] = attrs.Factory(dict)

    def written(self, schemas: Schemas) -> Json:
        """As OpenAPI writes it down."""
        if self.name is None:
            return self._written(schemas)
        if self.name not in schemas.responses:
            schemas.responses[self.name] = self._written(schemas)
        return {"$ref": f"#/components/responses/{self.name}"}

    def _written(self, schemas: Schemas) -> Json:
        written: Json = {"description": self.description}
        if self.headers or self.perhaps:
            written["headers"] = {
                **{name: {**HEADERS[name], "required": True} for name in self.headers},
                **{name: HEADERS[name] for name in self.perhaps},
            }
        if self.shape is not None:
            written["content"] = {
                self.content_type: _with_examples(schemas.of(self.shape), self.examples)
            }
        return written


@attrs.frozen(kw_only=True)
class Example:
    """A request, and what is answered: ``said`` is the body of the answer."""

    name: str
    said: Any
    body: Any = None
    parameters: Mapping[str, Any] = attrs.Factory(dict)
    status: int = 200


@attrs.frozen(kw_only=True)
class Link:
    """A call that can follow, and what its parameters are: expressions of OpenAPI."""

    to: str
    parameters: Mapping[str, str]


@attrs.frozen(kw_only=True)
class Operation:
    """A method of a path."""

    path: str
    method: str
    id: str
    summary: str
    tag: str
    description: str = ""
    parameters: tuple[Parameter, ...] = ()
    body: Any = None
    body_types: tuple[str, ...] = (JSON,)
    is_body_required: bool = True
    responses: Mapping[int, Response]
    security: tuple[Mapping[str, tuple[str, ...]], ...] = ()
    examples: tuple[Example, ...] = ()
    links: tuple[Link, ...] = ()  # of what is answered with 200

    def written(self, schemas: Schemas) -> Json:
        """As OpenAPI writes it down."""
        written: Json = {
            "operationId": self.id,
            "tags": [self.tag],
            "summary": self.summary,
            "security": [
                {name: list(scopes) for name, scopes in one.items()} for one in self.security
            ],
        }
        if self.description:
            written["description"] = self.description
        if self.parameters:
            written["parameters"] = [self._parameter(one, schemas) for one in self.parameters]
        if self.body is not None:
            bodies = {one.name: one.body for one in self.examples if one.body is not None}
            written["requestBody"] = {
                "required": self.is_body_required,
                "content": {
                    kind: _with_examples(schemas.of(self.body), bodies) for kind in self.body_types
                },
            }
        written["responses"] = {
            str(status): self._response(status, response, schemas)
            for status, response in sorted(self.responses.items())
        }
        if self.links:
            written["responses"]["200"]["links"] = {
                link.to: {"operationId": link.to, "parameters": dict(link.parameters)}
                for link in self.links
            }
        return written

    def _parameter(self, parameter: Parameter, schemas: Schemas) -> Json:
        values = {
            one.name: one.parameters[parameter.name]
            for one in self.examples
            if parameter.name in one.parameters
        }
        written = parameter.written(schemas)
        return {**written, "examples": _examples(values)} if values else written

    def _response(self, status: int, response: Response, schemas: Schemas) -> Json:
        said = {one.name: one.said for one in self.examples if one.status == status}
        if not said:
            return response.written(schemas)
        examples = {**response.examples, **said}
        return attrs.evolve(response, name=None, examples=examples).written(schemas)


def _with_examples(schema: Json, examples: Mapping[str, Any]) -> Json:
    return {"schema": schema, "examples": _examples(examples)} if examples else {"schema": schema}


def _examples(values: Mapping[str, Any]) -> Json:
    return {name: {"value": value} for name, value in values.items()}
