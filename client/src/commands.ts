/** The commands, but for those of rule pages and of the endpoint view, which stand beside what they show. */

import * as vscode from 'vscode';
import type { Position, Location as ProtocolLocation } from 'vscode-languageclient/node';
import type { Server } from './server.ts';

/** Registers the commands. */
export function register(server: Server, log: vscode.LogOutputChannel): vscode.Disposable {
    const handlers: Readonly<Record<string, (...given: never[]) => unknown>> = {
        'unlag.restart': () => server.restart(),
        'unlag.showLog': () => log.show(),
        'unlag.checkWorkspace': () => checkWorkspace(server),
        'unlag.fixAll': fixAll,
        'unlag.showEndpoints': () => vscode.commands.executeCommand('unlag.endpoints.focus'),
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

async function checkWorkspace(server: Server): Promise<void> {
    await server.listWorkspace();
    await vscode.commands.executeCommand('workbench.actions.view.problems');
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
