/** Whether a folder looks like a FastAPI project, by what its manifests name. Reads no Python. */

import { open } from 'node:fs/promises';
import * as path from 'node:path';

const MANIFESTS = ['pyproject.toml', 'requirements.txt', 'uv.lock', 'poetry.lock', 'Pipfile'];
const NAMED = /\b(?:fastapi|starlette)\b/i;
const MOST = 2_000_000;

/** Whether any of the folders names FastAPI or Starlette in a manifest. */
export async function namesFramework(folders: readonly string[]): Promise<boolean> {
    const files = folders.flatMap((top) => MANIFESTS.map((name) => path.join(top, name)));
    const texts = await Promise.all(files.map(start));
    return texts.some((text) => NAMED.test(text));
}

async function start(file: string): Promise<string> {
    try {
        const handle = await open(file);
        try {
            const { buffer, bytesRead } = await handle.read(Buffer.alloc(MOST), 0, MOST, 0);
            return buffer.toString('utf8', 0, bytesRead);
        } finally {
            await handle.close();
        }
    } catch {
        return '';
    }
}
