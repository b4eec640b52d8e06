/** The item in the status bar: what the server does, a click away from its log. */

import * as vscode from 'vscode';
import type { Server } from './server.ts';
import { bySource, type Condition, plain, shown } from './status.ts';

export class StatusItem implements vscode.Disposable {
    private readonly item = vscode.window.createStatusBarItem(
        'unlag.status',
        vscode.StatusBarAlignment.Right,
        90,
    );

    constructor() {
        this.item.name = 'Unlag';
        this.item.command = 'unlag.showLog';
    }

    /** Brings the item up to date. */
    show(condition: Condition, server: Server): void {
        const words = shown(condition);
        if (words === undefined) {
            this.item.hide();
            return;
        }
        this.item.text = words.text;
        this.item.tooltip = tooltip(words.tooltip, condition, server);
        this.item.accessibilityInformation = { label: `Unlag: ${words.tooltip}` };
        this.item.backgroundColor = words.isError
            ? new vscode.ThemeColor('statusBarItem.errorBackground')
            : undefined;
        this.item.show();
    }

    dispose(): void {
        this.item.dispose();
    }
}

const LINKS: readonly (readonly [string, string])[] = [
    ['Endpoints', 'unlag.showEndpoints'],
    ['Restart', 'unlag.restart'],
    ['Log', 'unlag.showLog'],
];

function tooltip(said: string, condition: Condition, server: Server): vscode.MarkdownString {
    const text = new vscode.MarkdownString('', true);
    const scope = server.listsWorkspace
        ? (['List open files only', 'unlag.checkOpenFiles'] as const)
        : (['Check workspace', 'unlag.checkWorkspace'] as const);
    const links = [scope, ...LINKS];
    text.isTrusted = { enabledCommands: links.map(([, command]) => command) };
    text.appendMarkdown(`**Unlag** ${plain(said)}`);
    if (condition.kind === 'ready') {
        for (const [source, libraries] of bySource(condition.libraries)) {
            text.appendMarkdown(`\n\n${plain(`${nameOf(source)}: ${libraries}`)}`);
        }
    }
    if (server.interpreter !== undefined) {
        const { version, origin } = server.interpreter;
        text.appendMarkdown(`\n\n${plain(`Server: Python ${version}, ${origin}`)}`);
    }
    const written = links.map(([title, command]) => `[${title}](command:${command})`);
    return text.appendMarkdown(`\n\n---\n\n${written.join(' · ')}`);
}

/** A path as a person in this workspace calls it. */
function nameOf(source: string): string {
    return source === '' ? 'Known' : vscode.workspace.asRelativePath(source);
}
