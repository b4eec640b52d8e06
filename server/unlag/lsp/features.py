"""Registers the features: wires each to the protocol and to the module that knows what it does."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from logging import ERROR, WARNING
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams, JsonRpcMethodNotFound
from pygls.lsp.server import LanguageServer
from pygls.protocol import default_converter

import unlag
from unlag.fixes import Refusal
from unlag.lsp import clients, code_actions, log, transport, watching
from unlag.lsp.inbox import Inbox
from unlag.lsp.log import logger
from unlag.lsp.progress import Teller
from unlag.lsp.protocol import Protocol
from unlag.lsp.session import Session
from unlag.lsp.settings import options_from, settings_from
from unlag.lsp.view import Analysed, Report

if TYPE_CHECKING:
    from unlag.lsp.edits import Editor


class Server(LanguageServer):
    """pygls' server with our session in it."""

    protocol: Protocol

    def __init__(self) -> None:
        super().__init__(
            "unlag", unlag.__version__, protocol_cls=Protocol, converter_factory=default_converter
        )
        self.inbox = Inbox()
        self._editor: Editor | None = None
        self.session = Session(self.inbox, self.protocol.publish, self.protocol.in_json)
        self.protocol.session = self.session
        self.folders: tuple[str, ...] = ()
        self.has_settings = False
        self.asks_jedi = False
        self.teller: Teller
        self._tasks: set[asyncio.Task[None]] = set()
        for name, handler, options in FEATURES:
            self.feature(name, options)(handler)

    def request(
        self, method: str, params: object, then: Callable[[Any], None] = lambda answer: None
    ) -> None:
        """Ask the client for something and go on; `then` gets its answer."""

        async def ask() -> None:
            try:
                then(await self.protocol.send_request_async(method, params))
            except Exception as error:
                logger.warning("The client did not answer %s: %s", method, log.described(error))

        task = asyncio.ensure_future(ask())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @property
    def editor(self) -> Editor:
        """Makes edits; loaded when the first is wanted."""
        if self._editor is None:
            from unlag.lsp.edits import Editor

            self._editor = Editor()
        return self._editor

    def report_server_error(self, error: Exception, source: object) -> None:
        """One line in the log: a pop-up is for what the user asked for."""
        is_theirs = isinstance(error, JsonRpcInvalidParams | JsonRpcMethodNotFound)
        logger.log(WARNING if is_theirs else ERROR, "%s", log.described(error))


# -- the life of a session


def initialize(ls: Server, params: types.InitializeParams) -> None:
    """Read the client's introduction."""
    given = params.initialization_options
    options, troubles = options_from(given)
    ls.asks_jedi = options.jedi
    settings, more = settings_from(given.get("settings") if isinstance(given, dict) else None)
    for trouble in (*troubles, *more):
        logger.warning("%s", trouble)
    ls.session.client = clients.client_of(params.capabilities, options)
    ls.session.settings = settings
    ls.has_settings = isinstance(given, dict) and "settings" in given
    ls.folders = clients.folders_of(params)
    if not ls.session.client.has_rule_pages:
        ls.command(code_actions.EXPLAIN)(explain_rule)
    if params.process_id is not None:
        transport.watch_process(params.process_id, lambda: ls.protocol.on_exit(1))


def initialized(ls: Server, params: types.InitializedParams) -> None:
    """Start the analysis."""
    loop = asyncio.get_running_loop()
    ls.teller = Teller(ls.session.client, ls.protocol.notify, _progress_creator(ls))

    def report(item: Report) -> None:
        loop.call_soon_threadsafe(_receive, ls, item)

    ls.inbox.put(settings=ls.session.settings)
    ls.session.follow(ls.folders)
    arguments = (ls.inbox, report, ls.asks_jedi)
    threading.Thread(target=_analyse, args=arguments, name="analysis", daemon=True).start()
    if ls.session.client.has_configuration and not ls.has_settings:
        _ask_for_settings(ls)
    if ls.session.client.has_watching:
        ls.request(types.CLIENT_REGISTER_CAPABILITY, watching.registration())


def _analyse(inbox: Inbox, report: Callable[[Report], None], asks_jedi: bool) -> None:
    from unlag.lsp.analyst import Analyst

    if asks_jedi:
        from unlag.lsp.oracle.consulting import Consultant

        Consultant(inbox).start()
    Analyst(inbox, report).run()


def _receive(ls: Server, report: Report) -> None:
    if isinstance(report, Analysed):
        was_complete = ls.session.view.is_complete
        ls.session.receive(report)
        if _moves_lenses(ls, report, was_complete=was_complete):
            ls.request(types.WORKSPACE_CODE_LENS_REFRESH, None)
    ls.teller.tell(report)


def _moves_lenses(ls: Server, report: Analysed, *, was_complete: bool) -> bool:
    """Whether lenses can differ in a document that was not edited: the client asks for no others."""
    if not (ls.session.client.has_lens_refresh and ls.session.settings.code_lens):
        return False
    shown = ls.session.buffers.keys()
    is_new = report.view.is_complete and not was_complete
    return bool(shown) and (is_new or bool((report.changed & shown) - report.edited))


def _progress_creator(ls: Server) -> Callable[[str, Callable[[], None]], None]:
    def create(token: str, then: Callable[[], None]) -> None:
        params = types.WorkDoneProgressCreateParams(token)
        ls.request(types.WINDOW_WORK_DONE_PROGRESS_CREATE, params, lambda _: then())

    return create


# -- documents and files


def did_save(ls: Server, params: types.DidSaveTextDocumentParams) -> None:
    """Follow a saved file, for clients that watch none."""
    ls.session.touch(watching.paths_of([params.text_document.uri]))


def did_change_watched_files(ls: Server, params: types.DidChangeWatchedFilesParams) -> None:
    """Follow what happened on disk."""
    ls.session.touch(watching.paths_of(event.uri for event in params.changes))


def did_change_workspace_folders(ls: Server, params: types.DidChangeWorkspaceFoldersParams) -> None:
    """Take in and let go of folders."""
    removed = clients.paths_of(params.event.removed)
    added = clients.paths_of(params.event.added)
    kept = [folder for folder in ls.folders if folder not in removed]
    ls.folders = tuple(dict.fromkeys([*kept, *added]))
    ls.session.follow(ls.folders)


def did_change_configuration(ls: Server, params: types.DidChangeConfigurationParams) -> None:
    """Take in the user's settings, or ask for them where the client only says that they changed."""
    given = params.settings
    if isinstance(given, dict) and "unlag" in given:
        _configure(ls, given["unlag"])
    elif ls.session.client.has_configuration:
        _ask_for_settings(ls)


def _ask_for_settings(ls: Server) -> None:
    params = types.ConfigurationParams([types.ConfigurationItem(section="unlag")])
    ls.request(
        types.WORKSPACE_CONFIGURATION,
        params,
        lambda answer: _configure(ls, answer[0] if answer else None),
    )


def _configure(ls: Server, given: object) -> None:
    settings, troubles = settings_from(given)
    for trouble in troubles:
        logger.warning("%s", trouble)
    ls.session.configure(settings)


def cancel_progress(ls: Server, params: types.WorkDoneProgressCancelParams) -> None:
    """Stop reading files: what is read by now stays known."""
    ls.inbox.cancelled.set()


# -- what the user asks for


async def code_action(ls: Server, params: types.CodeActionParams) -> list[types.CodeAction]:
    """Offer what can be done about the findings here."""
    await ls.session.settled(0.2 if ls.session.view.is_complete else 0.02)
    actions = code_actions.offered(ls.session, params)
    if ls.session.client.has_lazy_edits:
        return actions
    made = [await ls.editor.resolve(ls.session, action) for action in actions]
    return [action for action in made if not isinstance(action, Refusal)]


async def resolve_code_action(ls: Server, action: types.CodeAction) -> types.CodeAction:
    """Make the edit of the chosen action; tell the user why where there is none.

    Nothing is said of all safe fixes at once: editors ask for them whenever a file is saved.
    """
    made = await ls.editor.resolve(ls.session, action)
    if not isinstance(made, Refusal):
        return made
    if action.kind != code_actions.FIX_ALL:
        said = f"Unlag changed nothing. {made.reason}"
        ls.window_show_message(types.ShowMessageParams(types.MessageType.Warning, said))
    return action


async def hover(ls: Server, params: types.HoverParams) -> types.Hover | None:
    """Explain what stands at a place."""
    from unlag.lsp import answers

    markdown = await answers.hover(ls.session, params.text_document.uri, params.position)
    if markdown is None:
        return None
    return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, markdown))


async def code_lens(ls: Server, params: types.CodeLensParams) -> list[types.CodeLens]:
    """Say above each function where it runs."""
    from unlag.lsp import answers

    return await answers.lenses_of(ls.session, params.text_document.uri)


async def endpoint_table(ls: Server, params: Any) -> dict[str, Any]:
    """`unlag/endpoints` {uri?}: the table that `unlag endpoints` prints."""
    uri = params.get("uri") if isinstance(params, dict) else None
    if not isinstance(uri, str | None):
        raise JsonRpcInvalidParams(f"{uri!r} is no URI.")
    from unlag.lsp import answers

    return await answers.endpoint_table(ls.session, uri)


def rule_page(ls: Server, params: Any) -> dict[str, str]:
    """`unlag/rulePage` {code}: the page of a rule."""
    from unlag.lsp import pages

    code = params.get("code") if isinstance(params, dict) else None
    rule = pages.rule(code) if isinstance(code, str) else None
    if rule is None:
        raise JsonRpcInvalidParams(f"{code!r} is no rule. `unlag rules` lists them all.")
    return {"markdown": rule.docs}


def rule_list(ls: Server, params: object) -> dict[str, list[dict[str, str]]]:
    """`unlag/rules`: every rule, for a client that lets one be chosen."""
    from unlag.rules import load

    rows = [{"code": rule.code, "name": rule.name, "summary": rule.summary} for rule in load()]
    return {"rules": rows}


def explain_rule(ls: Server, code: str) -> str:
    """The command behind "Explain", for clients that show no pages themselves."""
    markdown = rule_page(ls, {"code": code})["markdown"]
    ls.window_show_message(types.ShowMessageParams(types.MessageType.Info, markdown))
    return markdown


FEATURES: tuple[tuple[str, Callable[..., Any], Any], ...] = (
    (types.INITIALIZE, initialize, None),
    (types.INITIALIZED, initialized, None),
    (types.TEXT_DOCUMENT_DID_SAVE, did_save, None),
    (types.WORKSPACE_DID_CHANGE_WATCHED_FILES, did_change_watched_files, None),
    (types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS, did_change_workspace_folders, None),
    (types.WORKSPACE_DID_CHANGE_CONFIGURATION, did_change_configuration, None),
    (types.WINDOW_WORK_DONE_PROGRESS_CANCEL, cancel_progress, None),
    (
        types.TEXT_DOCUMENT_CODE_ACTION,
        code_action,
        types.CodeActionOptions(code_action_kinds=list(code_actions.KINDS), resolve_provider=True),
    ),
    (types.CODE_ACTION_RESOLVE, resolve_code_action, None),
    (types.TEXT_DOCUMENT_HOVER, hover, None),
    (types.TEXT_DOCUMENT_CODE_LENS, code_lens, types.CodeLensOptions()),
    ("unlag/endpoints", endpoint_table, None),
    ("unlag/rulePage", rule_page, None),
    ("unlag/rules", rule_list, None),
)
