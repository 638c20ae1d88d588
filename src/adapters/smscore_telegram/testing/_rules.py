"""
Which parameters the methods of the Bot API take, as far as a gateway needs them.

Stricter than Telegram, which ignores parameters that it does not know.
"""

from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["LONGEST_TEXT", "METHODS", "fault_in"]

LONGEST_TEXT = 4096
_LONGEST_POLL = 50
_UPDATE_KINDS = {"message", "my_chat_member"}

Check = Callable[[Any], bool]


def _is_chat(value: Any) -> bool:
    return isinstance(value, int) or (isinstance(value, str) and value.lstrip("-").isdigit())


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_number(value: Any) -> bool:
    return type(value) is int and value >= 0


def _is_wait(value: Any) -> bool:
    return _is_number(value) and value <= _LONGEST_POLL


def _is_preview(value: Any) -> bool:
    return value in ({"is_disabled": True}, {"is_disabled": False})


def _are_kinds(value: Any) -> bool:
    return isinstance(value, list) and set(value) <= _UPDATE_KINDS


def _is_markup(value: Any) -> bool:
    if value == {"remove_keyboard": True}:
        return True
    if not isinstance(value, dict) or "keyboard" not in value:
        return False
    flags = {key: flag for key, flag in value.items() if key != "keyboard"}
    buttons = [button for row in value["keyboard"] for button in row]
    return (
        set(flags) <= {"resize_keyboard", "one_time_keyboard", "is_persistent"}
        and all(isinstance(flag, bool) for flag in flags.values())
        and all(set(button) <= {"text", "request_contact"} for button in buttons)
        and all(isinstance(button.get("text"), str) and button["text"] for button in buttons)
    )


METHODS: Mapping[str, tuple[Mapping[str, Check], Mapping[str, Check]]] = {
    # What must be there, and what may be.
    "getMe": ({}, {}),
    "getChat": ({"chat_id": _is_chat}, {}),
    "sendMessage": (
        {"chat_id": _is_chat, "text": _is_text},
        {"link_preview_options": _is_preview, "reply_markup": _is_markup},
    ),
    "getUpdates": (
        {},
        {
            "offset": _is_number,
            "limit": _is_number,
            "timeout": _is_wait,
            "allowed_updates": _are_kinds,
        },
    ),
    "setWebhook": (
        {"url": _is_text},
        {
            "secret_token": _is_text,
            "allowed_updates": _are_kinds,
            "max_connections": lambda value: _is_number(value) and 1 <= value <= 100,
        },
    ),
    "deleteWebhook": ({}, {"drop_pending_updates": lambda value: isinstance(value, bool)}),
}


def fault_in(method: str, parameters: Mapping[str, Any]) -> str | None:
    """What is wrong with the parameters of a method, if anything is."""
    needed, allowed = METHODS[method]
    if missing := needed.keys() - parameters.keys():
        return f"parameter {min(missing)} is missing"
    checks = {**needed, **allowed}
    for name, value in parameters.items():
        if name not in checks:
            return f"there is no parameter {name}"
        if not checks[name](value):
            return f"parameter {name} is not of its kind"
    return None
