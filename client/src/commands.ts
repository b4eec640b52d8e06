/** The commands, but for those of rule pages and of the endpoint view, which stand beside what they show. */

import * as vscode from 'vscode';
import type { Position, Location as ProtocolLocation } from 'vscode-languageclient/node';
import { attempt } from './complaints.ts';
import type { Server } from './server.ts';

/** Registers the commands. */
export function register(server: Server, log: vscode.LogOutputChannel): vscode.Disposable {
    const handlers: Readonly<Record<string, (...given: never[]) => unknown>> = {
        'unlag.restart': () => attempt(log, () => server.restart()),
        'unlag.showLog': () => log.show(),
        'unlag.checkWorkspace': () => attempt(log, () => checkWorkspace(server)),
        'unlag.checkOpenFiles': () => attempt(log, () => list(server, false)),
        'unlag.fixAll': fixAll,
        'unlag.showEndpoints': () => attempt(log, () => showEndpoints(server)),
        'unlag.selectInterpreter': selectInterpreter,
        'unlag.showChain': showChain,
    };
    return vscode.Disposable.from(
        ...Object.entries(handlers).map(([name, handler]) =>
            vscode.commands.registerCommand(name, handler),
        ),
    );
}

/** Lets the user choose an interpreter: in the Python extension where there is one. */
export async function selectInterpreter(): Promise<void> {
    const known = await vscode.commands.getCommands();
    if (known.includes('python.setInterpreter')) {
        await vscode.commands.executeCommand('python.setInterpreter');
    } else {
        const kind = vscode.env.remoteName === undefined ? 'openSettings' : 'openRemoteSettings';
        const options = { query: 'unlag.interpreter' };
        await vscode.commands.executeCommand(`workbench.action.${kind}`, options);
    }
}

async function list(server: Server, isForWorkspace: boolean): Promise<void> {
    await vscode.commands.executeCommand('setContext', 'unlag.isForWorkspace', isForWorkspace);
    await server.list(isForWorkspace);
}

async function checkWorkspace(server: Server): Promise<void> {
    await list(server, true);
    await vscode.commands.executeCommand('workbench.actions.view.problems');
}

async function showEndpoints(server: Server): Promise<void> {
    await server.ensure();
    const { condition } = server;
    if (condition.kind === 'ready' && condition.endpoints > 0) {
        await vscode.commands.executeCommand('unlag.endpoints.focus');
        return;
    }
    const message =
        condition.kind === 'ready'
            ? 'No FastAPI or Starlette endpoint is known in this workspace.'
            : 'The project is being read; its endpoints are listed after that.';
    void vscode.window.showInformationMessage(message);
}

async function fixAll(): Promise<void> {
    const action = { kind: 'source.fixAll.unlag', apply: 'first' };
    await vscode.commands.executeCommand('editor.action.codeAction', action);
}

/** Behind a code lens: the way to the blocking call, as the editor lists references. */
async function showChain(
    uri: string,
    position: Position,
    locations: readonly ProtocolLocation[],
): Promise<void> {
    await vscode.commands.executeCommand(
        'editor.action.showReferences',
        vscode.Uri.parse(uri),
        new vscode.Position(position.line, position.character),
        locations.map(({ uri: file, range: { start, end } }) => {
            const range = new vscode.Range(start.line, start.character, end.line, end.character);
            return new vscode.Location(vscode.Uri.parse(file), range);
        }),
    );
}
