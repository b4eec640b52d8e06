/** Where VS Code enters. Activation registers and returns; nothing is waited for. */

import * as path from 'node:path';
import * as vscode from 'vscode';
import * as commands from './commands.ts';
import { attempt, complain } from './complaints.ts';
import { EndpointView } from './endpoints/view.ts';
import { Environments } from './environments.ts';
import { namesFramework } from './hints.ts';
import { RulePages } from './rules.ts';
import { Server } from './server.ts';
import { StatusItem } from './statusItem.ts';

let running: Server | undefined;

export function activate(context: vscode.ExtensionContext): void {
    const log = vscode.window.createOutputChannel('Unlag', { log: true });
    const environments = new Environments();
    const folder = path.join(context.extensionPath, 'client', 'dist', 'server');
    const server = new Server(folder, environments, log);
    const item = new StatusItem();
    const reconsider = () => attempt(log, () => server.reconsider());
    running = server;
    context.subscriptions.push(
        log,
        environments,
        item,
        server,
        server.onDidChangeCondition((condition) => item.show(condition, server)),
        server.onDidGiveUp((message) => complain(message, ['Restart'])),
        commands.register(server, log),
        new RulePages(server).register(),
        new EndpointView(server, context.workspaceState),
        environments.onDidChange(reconsider),
        vscode.workspace.onDidGrantWorkspaceTrust(reconsider),
        vscode.workspace.onDidChangeWorkspaceFolders(async () => {
            await startWhereWanted(server, log);
            await reconsider();
        }),
        vscode.workspace.onDidOpenTextDocument((document) => {
            if (document.languageId === 'python') {
                void start(server, log);
            }
        }),
        vscode.workspace.onDidChangeConfiguration((change) => follow(change, server, log)),
    );
    void startWhereWanted(server, log);
}

export async function deactivate(): Promise<void> {
    await running?.stop();
}

async function startWhereWanted(server: Server, log: vscode.LogOutputChannel): Promise<void> {
    const folders = (vscode.workspace.workspaceFolders ?? []).map(({ uri }) => uri.fsPath);
    const isOpen = vscode.workspace.textDocuments.some(({ languageId }) => languageId === 'python');
    if (isOpen || (await namesFramework(folders))) {
        await start(server, log);
    }
}

let isStarted = false;

async function start(server: Server, log: vscode.LogOutputChannel): Promise<void> {
    if (isStarted || !server.isEnabled) {
        return;
    }
    isStarted = true;
    void vscode.commands.executeCommand('setContext', 'unlag.isActive', true);
    await attempt(log, () => server.ensure());
}

function follow(
    change: vscode.ConfigurationChangeEvent,
    server: Server,
    log: vscode.LogOutputChannel,
): void {
    if (change.affectsConfiguration('unlag.enable')) {
        isStarted = false;
        void vscode.commands.executeCommand('setContext', 'unlag.isActive', false);
        void (server.isEnabled ? start(server, log) : attempt(log, () => server.stop()));
    } else if (change.affectsConfiguration('unlag.interpreter') && isStarted) {
        void attempt(log, () => server.restart());
    } else if (change.affectsConfiguration('unlag')) {
        void attempt(log, () => server.configure());
    }
}
