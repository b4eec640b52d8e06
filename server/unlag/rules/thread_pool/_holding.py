"""Calls that hold a thread for long: sleeps, network calls without a timeout, models that answer."""

from __future__ import annotations

from unlag.project.links import Hazard
from unlag.rules.view import FunctionView
from unlag.source import facts
from unlag.source.facts import Call

_SHORTEST_SLEEP = 0.5
_WITHOUT_TIMEOUT = ("requests.", "urllib.request.urlopen")
_NO_REQUESTS = ("iter_content", "iter_lines")
_LANGUAGE_MODELS = (
    "openai.", "anthropic.", "litellm.", "google.genai.models.", "google.genai.chats.",
    "google.generativeai.", "vertexai.", "ollama.", "groq.", "mistralai.", "cohere.", "replicate.",
)  # fmt: skip
_ANSWERING = frozenset(
    {"generate_content", "generate_content_stream", "generate_images", "completion", "text_completion",
     "chat", "generate", "send_message", "run", "complete"}
)  # fmt: skip
_ANSWERERS = frozenset({"Completions", "Messages", "Responses"})
_LOCAL_MODELS = (
    "transformers.", "sentence_transformers.", "torch.nn.", "torch.jit.ScriptModule", "sklearn.", "keras.",
    "tensorflow.", "faster_whisper.", "onnxruntime.", "spacy.", "xgboost.", "lightgbm.", "catboost.",
)  # fmt: skip
_INFERRING = frozenset(
    {"__call__", "forward", "generate", "predict", "predict_proba", "predict_on_batch", "encode", "rank",
     "transcribe", "run", "invoke"}
)  # fmt: skip

SLEEPS, WAITS, INFERS = "sleeps", "waits", "infers"


def holds(function: FunctionView, function_id: str, hazard: Hazard) -> bool:
    """Whether a hazard of the function with that id holds its thread for long."""
    return bool(how(function, function_id, hazard))


def how(function: FunctionView, function_id: str, hazard: Hazard) -> str:
    """SLEEPS, WAITS or INFERS; empty where a call is short, bounded, or only made after a failure."""
    if hazard.flags & (facts.IN_EXCEPT | facts.ONCE):
        return ""
    if _infers(hazard):
        return INFERS
    if hazard.cost not in ("sleep", "network"):
        return ""
    call = function.call_at(hazard, function_id)
    if call is None:
        return ""
    if hazard.cost == "sleep":
        polls = hazard.flags & facts.IN_LOOP and function_id != function.entry.id
        return SLEEPS if _is_long(call) and not polls else ""
    return WAITS if _is_unbounded(hazard.name, call) else ""


def _is_long(call: Call) -> bool:
    seconds = call.argument(0, "secs") or call.keyword("interval") or ""
    if not seconds.startswith("#"):
        return True
    try:
        return float(seconds[1:]) >= _SHORTEST_SLEEP
    except ValueError:
        return True


def _is_unbounded(name: str, call: Call) -> bool:
    timeout = call.keyword("timeout")
    if any(argument.startswith("*") for argument in call.arguments):
        return False
    if name.startswith("httpx."):
        return timeout == "None"
    if not name.startswith(_WITHOUT_TIMEOUT) or name.endswith(_NO_REQUESTS):
        return False
    by_position = name == "urllib.request.urlopen" and call.argument(2) is not None
    return (timeout is None and not by_position) or timeout == "None"


def _infers(hazard: Hazard) -> bool:
    owner, _, member = hazard.name.rpartition(".")
    if hazard.kind == "cpu":
        return hazard.name.startswith(_LOCAL_MODELS) and member in _INFERRING
    if hazard.cost != "network" or not hazard.name.startswith(_LANGUAGE_MODELS):
        return False
    return member in _ANSWERING or (
        member in ("create", "parse", "stream") and owner.rpartition(".")[2] in _ANSWERERS
    )
