/** What is changed on the way from the server to the editor: links to rule pages, and progress. */

import * as vscode from 'vscode';
import type { Middleware } from 'vscode-languageclient/node';
import { asCommands, forEditor } from './links.ts';

export const middleware: Middleware = {
    handleDiagnostics(uri, diagnostics, next) {
        next(uri, diagnostics.map(withOwnLink));
    },
    async provideHover(document, position, token, next) {
        const hover = await next(document, position, token);
        return hover && new vscode.Hover(hover.contents.map(withCommands), hover.range);
    },
    // the status item shows it
    handleWorkDoneProgress() {},
};

function withOwnLink(diagnostic: vscode.Diagnostic): vscode.Diagnostic {
    const { code } = diagnostic;
    if (typeof code === 'object') {
        const target = forEditor(code.target.toString(), vscode.env.uriScheme);
        diagnostic.code = { value: code.value, target: vscode.Uri.parse(target) };
    }
    return diagnostic;
}

function withCommands(content: vscode.MarkdownString | vscode.MarkedString): vscode.MarkdownString {
    const markdown = new vscode.MarkdownString(asCommands(textOf(content)));
    markdown.isTrusted = { enabledCommands: ['unlag.explainRule'] };
    return markdown;
}

function textOf(content: vscode.MarkdownString | vscode.MarkedString): string {
    return typeof content === 'string' ? content : content.value;
}
