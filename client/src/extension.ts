/** Where VS Code enters. Activation registers and returns; nothing is waited for. */

import * as path from 'node:path';
import * as vscode from 'vscode';
import * as commands from './commands.ts';
import { EndpointView } from './endpoints/view.ts';
import { Environments } from './environments.ts';
import { namesFramework } from './hints.ts';
import { NoInterpreter } from './interpreter.ts';
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
    running = server;
    context.subscriptions.push(
        log,
        environments,
        item,
        server,
        server.onDidChangeCondition((condition) => item.show(condition, server.interpreter)),
        server.onDidGiveUp((message) => complain(message, 'Restart')),
        commands.register(server, log),
        new RulePages(server).register(),
        new EndpointView(server, context.workspaceState),
        environments.onDidChange(() => attempt(log, () => server.reconsider())),
        vscode.workspace.onDidGrantWorkspaceTrust(() => attempt(log, () => server.reconsider())),
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
    if (isStarted || !isEnabled()) {
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
        void (isEnabled() ? start(server, log) : attempt(log, () => server.stop()));
    } else if (change.affectsConfiguration('unlag.interpreter') && isStarted) {
        void attempt(log, () => server.restart());
    } else if (change.affectsConfiguration('unlag')) {
        void attempt(log, () => server.configure());
    }
}

function isEnabled(): boolean {
    return vscode.workspace.getConfiguration('unlag').get('enable', true);
}

const BUTTONS: Readonly<Record<string, string>> = {
    'Select Interpreter': 'unlag.selectInterpreter',
    Restart: 'unlag.restart',
    'Show Log': 'unlag.showLog',
};

/** Does what nobody waits for; says what went wrong, and offers what helps. */
async function attempt(log: vscode.LogOutputChannel, step: () => Promise<void>): Promise<void> {
    try {
        await step();
    } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        log.error(message);
        const help = error instanceof NoInterpreter ? 'Select Interpreter' : 'Restart';
        await complain(message, help);
    }
}

async function complain(message: string, help: string): Promise<void> {
    const pressed = await vscode.window.showErrorMessage(message, help, 'Show Log');
    const command = BUTTONS[pressed ?? ''];
    if (command !== undefined) {
        await vscode.commands.executeCommand(command);
    }
}
