/** Finds the Python that runs the server. Asks the Python extensions, but never waits long for them. */

import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import * as vscode from 'vscode';
import type { Environments } from './environments.ts';
import { type Attempt, type Candidate, describe, inFolder, onPath, reason } from './pythons.ts';

export interface Interpreter {
    readonly path: string;
    readonly version: string;
    readonly origin: string;
    /** The project's own interpreter where an extension knows it: the server reads its packages' names. */
    readonly project: string;
}

/** No interpreter will do: why, for the user. */
export class NoInterpreter extends Error {}

/** The first interpreter that can run the server; a setting that is not empty is the only candidate. */
export async function find(start: string, environments: Environments): Promise<Interpreter> {
    const chosen = vscode.workspace.getConfiguration('unlag').get('interpreter', '').trim();
    const folders = (vscode.workspace.workspaceFolders ?? []).map(({ uri }) => uri.fsPath);
    const isTrusted = vscode.workspace.isTrusted;
    const selected = isTrusted ? await environments.selected() : undefined;
    const candidates = chosen
        ? [{ command: expanded(chosen, folders), args: [], origin: 'unlag.interpreter' }]
        : [
              ...(selected ? [fromExtension(selected)] : []),
              ...(isTrusted ? folders.flatMap((top) => inFolder(top, process.platform)) : []),
              ...onPath(process.env.PATH ?? '', folders, process.platform),
          ];
    const attempts: Attempt[] = [];
    for (const candidate of candidates) {
        if (!chosen && !existsSync(candidate.command)) {
            continue;
        }
        const attempt = await describe(candidate, start);
        if (attempt.found?.isAble) {
            const { executable, version } = attempt.found;
            // with several folders, each has its own environment and the server looks for it
            const project = folders.length === 1 ? (selected ?? '') : '';
            return { path: executable, version, origin: candidate.origin, project };
        }
        attempts.push(attempt);
    }
    throw new NoInterpreter(complaint(attempts));
}

/** What to tell the user when nothing was found. */
export function complaint(attempts: readonly Attempt[]): string {
    const seen = [...new Set(attempts.map(reason))];
    const found = seen.length > 0 ? `Found: ${seen.join('; ')}.` : 'None was found.';
    return `Unlag needs CPython 3.10 to 3.14 to run its server. ${found} Select another interpreter or install one.`;
}

function fromExtension(command: string): Candidate {
    return { command, args: [], origin: 'selected in the Python extension' };
}

/** The setting with the editor's usual variables filled in. */
function expanded(chosen: string, folders: readonly string[]): string {
    const values: Readonly<Record<string, string>> = {
        workspaceFolder: folders[0] ?? '',
        userHome: homedir(),
    };
    return chosen
        .replace(/^~(?=[\\/])/, homedir())
        .replace(/\$\{(\w+)\}/g, (written, name: string) => values[name] ?? written);
}
