/** Rule pages: from a link or a command to the rule's own documentation, shown as Markdown. Needs no network. */

import * as vscode from 'vscode';
import { ruleOf } from './links.ts';
import type { Server } from './server.ts';

const SCHEME = 'unlag-rule';

interface Rule {
    readonly code: string;
    readonly name: string;
    readonly summary: string;
}

export class RulePages implements vscode.TextDocumentContentProvider, vscode.UriHandler {
    private readonly server: Server;

    constructor(server: Server) {
        this.server = server;
    }

    /** Makes links and `unlag.explainRule` lead here. */
    register(): vscode.Disposable {
        return vscode.Disposable.from(
            vscode.workspace.registerTextDocumentContentProvider(SCHEME, this),
            vscode.window.registerUriHandler(this),
            vscode.commands.registerCommand('unlag.explainRule', (code?: string) =>
                this.explain(code),
            ),
        );
    }

    /** `vscode://unlag.unlag/rule/LAG101`. */
    async handleUri(uri: vscode.Uri): Promise<void> {
        const code = ruleOf(uri.path);
        if (code !== undefined) {
            await this.explain(code);
        }
    }

    /** The page's text; `uri` is one of ours. */
    async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
        const code = uri.query;
        const { markdown } = await this.server.request<{ markdown: string }>('unlag/rulePage', {
            code,
        });
        return markdown;
    }

    private async explain(code: string | undefined): Promise<void> {
        const { rules } = await this.server.request<{ rules: Rule[] }>('unlag/rules', {});
        const rule = code === undefined ? await picked(rules) : named(rules, code);
        if (rule === undefined) {
            return;
        }
        const path = `/${rule.code} ${rule.name}.md`;
        const page = vscode.Uri.from({ scheme: SCHEME, path, query: rule.code });
        await vscode.commands.executeCommand('markdown.showPreview', page);
    }
}

function named(rules: readonly Rule[], word: string): Rule | undefined {
    const found = rules.find(({ code, name }) => [code, name].includes(word));
    if (found === undefined) {
        void vscode.window.showWarningMessage(`Unlag has no rule ${word}.`);
    }
    return found;
}

/** A rule of the user's choice, those found at the cursor first. */
async function picked(rules: readonly Rule[]): Promise<Rule | undefined> {
    const codes = codesAtCursor();
    const here = rules.filter(({ code }) => codes.has(code));
    const others = rules.filter(({ code }) => !codes.has(code));
    const items = [
        ...(here.length > 0 ? [heading('found at the cursor'), ...here.map(item)] : []),
        ...(here.length > 0 ? [heading('all others')] : []),
        ...others.map(item),
    ];
    const options = { title: 'Unlag: Explain Rule', matchOnDetail: true };
    return (await vscode.window.showQuickPick(items, options))?.rule;
}

interface Item extends vscode.QuickPickItem {
    readonly rule?: Rule;
}

function item(rule: Rule): Item {
    const { code, name, summary } = rule;
    const detail = `${summary.charAt(0).toUpperCase()}${summary.slice(1)}`;
    return { label: `${code} ${name}`, detail, rule };
}

function heading(label: string): Item {
    return { label, kind: vscode.QuickPickItemKind.Separator };
}

function codesAtCursor(): Set<unknown> {
    const editor = vscode.window.activeTextEditor;
    const diagnostics = editor ? vscode.languages.getDiagnostics(editor.document.uri) : [];
    return new Set(
        diagnostics
            .filter(({ source, range }) => {
                return source === 'unlag' && editor?.selection.intersection(range) !== undefined;
            })
            .map(({ code }) => (typeof code === 'object' ? code.value : code)),
    );
}
