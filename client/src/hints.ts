/** Whether a folder looks like a FastAPI project, by what its manifests name. Reads no Python. */

import { open, readdir } from 'node:fs/promises';
import * as path from 'node:path';

/** The same as the manifest's `activationEvents` name. */
export const MANIFESTS = [
    'pyproject.toml',
    'requirements.txt',
    'uv.lock',
    'poetry.lock',
    'pdm.lock',
    'Pipfile',
    'setup.py',
    'setup.cfg',
];
const NAMED = /\b(?:fastapi|starlette)\b/i;
const MOST = 2_000_000;
const MOST_FOLDERS = 50;

/** Whether a manifest of any of the folders, or of one right inside them, names FastAPI or Starlette. */
export async function namesFramework(folders: readonly string[]): Promise<boolean> {
    for (const folder of folders) {
        if ((await names(folder)) || (await anyNames(await inside(folder)))) {
            return true;
        }
    }
    return false;
}

async function anyNames(folders: readonly string[]): Promise<boolean> {
    return (await Promise.all(folders.map(names))).includes(true);
}

async function names(folder: string): Promise<boolean> {
    const texts = await Promise.all(MANIFESTS.map((name) => start(path.join(folder, name))));
    return texts.some((text) => NAMED.test(text));
}

/** The folders in a folder, such as `backend`. */
async function inside(folder: string): Promise<string[]> {
    try {
        const entries = await readdir(folder, { withFileTypes: true });
        return entries
            .filter((entry) => entry.isDirectory() && !/^(\.|node_modules$)/.test(entry.name))
            .slice(0, MOST_FOLDERS)
            .map((entry) => path.join(folder, entry.name));
    } catch {
        return [];
    }
}

async function start(file: string): Promise<string> {
    try {
        const handle = await open(file);
        try {
            const { size } = await handle.stat();
            const length = Math.min(size, MOST);
            const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, 0);
            return buffer.toString('utf8', 0, bytesRead);
        } finally {
            await handle.close();
        }
    } catch {
        return '';
    }
}
