"""Names of libraries and of Python itself that compute at once from what they are given.

Constant tables for the proof in `_trivial`; what is not here is unknown.
"""

from __future__ import annotations

TYPES = frozenset(
    {"str", "int", "float", "bool", "bytes", "complex", "datetime.datetime", "datetime.date",
     "datetime.time", "datetime.timedelta", "datetime.timezone", "uuid.UUID", "decimal.Decimal"}
)  # fmt: skip
"""Types whose operators, methods and attributes only compute."""

CONTAINERS = ("list.", "dict.", "set.", "tuple.", "frozenset.")

FUNCTIONS = frozenset(
    {
        "str", "int", "float", "bool", "bytes", "len", "list", "dict", "set", "tuple", "frozenset", "min",
        "max", "sum", "any", "all", "abs", "round", "sorted", "range", "enumerate", "zip", "reversed", "repr",
        "datetime.datetime", "datetime.date", "datetime.timedelta", "datetime.datetime.now",
        "datetime.datetime.utcnow", "datetime.date.today", "time.time", "time.monotonic",
        "time.perf_counter", "uuid.UUID", "uuid.uuid4", "decimal.Decimal", "os.getenv", "os.environ.get",
        "secrets.compare_digest",
    }
)  # fmt: skip
"""Calls that give something inert, where everything they are given is inert."""

KEEPERS = frozenset(
    {
        "fastapi.HTTPException", "fastapi.exceptions.HTTPException", "starlette.exceptions.HTTPException",
        "starlette.responses.Response", "starlette.responses.PlainTextResponse",
        "starlette.responses.HTMLResponse", "starlette.responses.RedirectResponse", "isinstance", "id",
        "typing.cast", "ValueError", "TypeError", "KeyError", "RuntimeError", "LookupError",
        "PermissionError",
    }
)  # fmt: skip
"""Calls that only look at, or keep, whatever they are given."""

BASES = frozenset(
    {"object", "abc.ABC", "typing.Generic", "typing.Protocol", "typing.NamedTuple", "Exception",
     "ValueError", "RuntimeError", "LookupError", "KeyError", "TypeError", "typing_extensions.Protocol",
     "fastapi.HTTPException", "starlette.exceptions.HTTPException", "str", "int", "enum.Enum",
     "enum.StrEnum", "enum.IntEnum"}
)  # fmt: skip
"""Classes outside the project whose constructor and attributes do nothing of their own."""

MODELS = frozenset({"pydantic.BaseModel", "pydantic.main.BaseModel"})
SETTINGS = frozenset(
    {"pydantic_settings.BaseSettings", "pydantic_settings.main.BaseSettings",
     "pydantic.BaseSettings"}
)  # fmt: skip
"""Reading their fields is free; building one reads the environment and files."""

VALIDATORS = frozenset(
    {"validator", "root_validator", "field_validator", "model_validator", "computed_field",
     "field_serializer", "model_serializer", "cached_property"}
)  # fmt: skip

REQUEST = frozenset(
    {"starlette.requests.Request", "starlette.requests.HTTPConnection",
     "starlette.websockets.WebSocket"}
)  # fmt: skip
REQUEST_ATTRIBUTES = frozenset(
    {"app", "state", "headers", "query_params", "path_params", "cookies", "client", "method",
     "url", "base_url", "scope"}
)  # fmt: skip
"""Attributes of a request that are in memory."""

CONSTANTS = (
    "datetime.timezone.utc", "http.HTTPStatus.", "fastapi.status.HTTP_", "starlette.status.HTTP_",
)  # fmt: skip

PLAIN_DECORATORS = frozenset({"dataclass", "final", "total_ordering", "runtime_checkable"})
"""Decorators of classes that leave what a constructor does in sight."""
