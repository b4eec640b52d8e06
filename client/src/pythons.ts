/** Which Pythons could run the server, and what each of them is. Decides nothing: `interpreter.ts` does. */

import { execFile } from 'node:child_process';
import * as path from 'node:path';

/** A way to start a Python: a program, and what comes before its own arguments. */
export interface Candidate {
    readonly command: string;
    readonly args: readonly string[];
    /** Where it comes from, as the log says it. */
    readonly origin: string;
}

/** What a Python says of itself. */
export interface Described {
    readonly executable: string;
    readonly version: string;
    readonly implementation: string;
    /** Whether the bundle holds compiled modules for it. */
    readonly isAble: boolean;
}

export interface Attempt {
    readonly candidate: Candidate;
    /** Undefined where it could not be run. */
    readonly found: Described | undefined;
}

const PATIENCE = 10_000;

/** The interpreters of environments inside a folder, as far as their names tell. */
export function inFolder(folder: string, platform: NodeJS.Platform): Candidate[] {
    const inside = platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python'];
    return ['.venv', 'venv'].map((name) => ({
        command: path.join(folder, name, ...inside),
        args: [],
        origin: `${name} of the project`,
    }));
}

/**
 * The interpreters on the search path. Relative entries and those inside `folders` are left out: what lies in a
 * workspace is not run because it has the right name.
 */
export function onPath(
    searchPath: string,
    folders: readonly string[],
    platform: NodeJS.Platform,
): Candidate[] {
    const isWindows = platform === 'win32';
    const names = isWindows
        ? ['python.exe', 'python3.exe', 'py.exe']
        : ['python3', 'python', ...[14, 13, 12, 11, 10].map((minor) => `python3.${minor}`)];
    const places = searchPath
        .split(isWindows ? ';' : ':')
        .filter((place) => path.isAbsolute(place) && !folders.some((top) => isBelow(place, top)));
    return names.flatMap((name) =>
        places.map((place) => ({
            command: path.join(place, name),
            args: name === 'py.exe' ? ['-3'] : [],
            origin: `${name} on the search path`,
        })),
    );
}

/** Whether `place` is `folder` or lies in it. */
export function isBelow(place: string, folder: string): boolean {
    const inside = path.relative(folder, place);
    return inside === '' || (!inside.startsWith('..') && !path.isAbsolute(inside));
}

/** Runs a candidate to ask what it is; `start` is the bundle's script. */
export function describe(candidate: Candidate, start: string): Promise<Attempt> {
    const args = [...candidate.args, '-I', '-S', start, '--check'];
    const options = { cwd: path.dirname(start), timeout: PATIENCE, windowsHide: true };
    return new Promise((resolve) => {
        execFile(candidate.command, args, options, (error, stdout) => {
            resolve({ candidate, found: error ? undefined : described(stdout) });
        });
    });
}

/** Reads what `start.py --check` printed. */
export function described(printed: string): Described | undefined {
    try {
        const { executable, version, implementation, isAble } = JSON.parse(printed);
        return typeof executable === 'string' && typeof version === 'string'
            ? { executable, version, implementation: String(implementation), isAble: !!isAble }
            : undefined;
    } catch {
        return undefined;
    }
}

/** Why an attempt gave no server, as a clause. */
export function reason({ candidate, found }: Attempt): string {
    if (found === undefined) {
        return `${candidate.command} (${candidate.origin}) does not run`;
    }
    const name = found.implementation === 'cpython' ? 'Python' : found.implementation;
    return `${found.executable} (${candidate.origin}) is ${name} ${found.version}`;
}
