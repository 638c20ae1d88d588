# Judges requests and objects of the Bot API by aiogram's classes. A line in: [name, content]; the
# name of a method with the parameters that somebody gave it, or the name of a type with an object.
# A line out: what is wrong with it, or null.
import json
import sys

from aiogram import methods, types
from pydantic import BaseModel, ValidationError


def unknown_in(model: BaseModel, content: object, place: str) -> list[str]:
    """Fields that no class has a place for: aiogram keeps them all the same."""
    found = []
    for name, value in (content or {}).items():
        field = next(
            (own for own, one in type(model).model_fields.items() if name in (own, one.alias)),
            None,
        )
        if field is None:
            found.append(f"{place}.{name} is unknown")
            continue
        inner = getattr(model, field)
        pairs = zip(inner, value, strict=True) if isinstance(inner, list) else [(inner, value)]
        for one, its_content in flat(pairs):
            if isinstance(one, BaseModel):
                found += unknown_in(one, its_content, f"{place}.{name}")
    return found


def flat(pairs):
    for one, content in pairs:
        if isinstance(one, list):
            yield from flat(zip(one, content, strict=True))
        else:
            yield one, content


def fault_in(name: str, content: object) -> str | None:
    method = getattr(methods, name[0].upper() + name[1:], None)
    kind = method or getattr(types, name)
    try:
        # Strictly: a number that is written as a text is none. But times are numbers in answers.
        model = kind.model_validate_json(json.dumps(content), strict=method is not None)
    except ValidationError as error:
        return str(error)
    return "; ".join(unknown_in(model, content, name)) or None


for line in sys.stdin:
    sys.stdout.write(json.dumps(fault_in(*json.loads(line))) + "\n")
    sys.stdout.flush()
