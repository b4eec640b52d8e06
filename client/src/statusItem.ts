/** The item in the status bar: what the server does, a click away from its log. */

import * as vscode from 'vscode';
import type { Interpreter } from './interpreter.ts';
import { type Condition, shown } from './status.ts';

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
    show(condition: Condition, interpreter: Interpreter | undefined): void {
        const words = shown(condition);
        if (words === undefined) {
            this.item.hide();
            return;
        }
        this.item.text = words.text;
        this.item.tooltip = tooltip(words.tooltip, interpreter);
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

function tooltip(said: string, interpreter: Interpreter | undefined): vscode.MarkdownString {
    const text = new vscode.MarkdownString('', true);
    text.isTrusted = {
        enabledCommands: [
            'unlag.checkWorkspace',
            'unlag.showEndpoints',
            'unlag.restart',
            'unlag.showLog',
        ],
    };
    text.appendMarkdown('**Unlag** ').appendText(said).appendMarkdown('\n\n');
    text.appendMarkdown('[Check workspace](command:unlag.checkWorkspace) · ');
    text.appendMarkdown('[Endpoints](command:unlag.showEndpoints) · ');
    text.appendMarkdown('[Restart](command:unlag.restart) · [Log](command:unlag.showLog)');
    if (interpreter !== undefined) {
        text.appendMarkdown('\n\n').appendText(
            `Python ${interpreter.version}, ${interpreter.origin}`,
        );
    }
    return text;
}
