"""Reads a client's introduction: what it can take, its options and settings, its folders.

Believes nothing that is not said: a capability that is left out is taken not to be there.
"""

from __future__ import annotations

from collections.abc import Iterable

from lsprotocol import types
from pygls.capabilities import ServerCapabilitiesBuilder, get_capability

from unlag.lsp import uris
from unlag.lsp.convert import Client
from unlag.lsp.settings import Options


def client_of(capabilities: types.ClientCapabilities, options: Options) -> Client:
    """What the client can take."""

    def has(name: str) -> bool:
        return bool(get_capability(capabilities, name))

    encoding = ServerCapabilitiesBuilder.choose_position_encoding(capabilities)
    lazy = get_capability(capabilities, "text_document.code_action.resolve_support.properties")
    formats = get_capability(capabilities, "text_document.hover.content_format")
    return Client(
        encoding=getattr(encoding, "value", encoding),
        has_related=has("text_document.publish_diagnostics.related_information"),
        has_rule_pages=options.rule_pages == "vscode",
        has_description=has("text_document.publish_diagnostics.code_description_support"),
        has_document_changes=has("workspace.workspace_edit.document_changes"),
        has_lazy_edits="edit" in (lazy or ()) and has("text_document.code_action.data_support"),
        has_progress=has("window.work_done_progress"),
        has_lens_refresh=has("workspace.code_lens.refresh_support"),
        has_watching=has("workspace.did_change_watched_files.dynamic_registration"),
        has_configuration=has("workspace.configuration"),
        has_markdown=types.MarkupKind.Markdown in (formats or (types.MarkupKind.Markdown,)),
        wants_status=options.wants_status,
    )


def folders_of(params: types.InitializeParams) -> tuple[str, ...]:
    """The folders the client works in, absolute; empty where it has none open."""
    if params.workspace_folders is not None:
        return paths_of(params.workspace_folders)
    if params.root_uri is not None:
        path = uris.to_path(params.root_uri)
        return (path,) if path is not None else ()
    return (params.root_path,) if params.root_path else ()


def paths_of(folders: Iterable[types.WorkspaceFolder]) -> tuple[str, ...]:
    """The paths of those folders that lie on this machine."""
    paths = (uris.to_path(folder.uri) for folder in folders)
    return tuple(path for path in paths if path is not None)
