import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { namesFramework } from '../../client/src/hints.ts';

function folderWith(name: string, text: string): string {
    const folder = mkdtempSync(path.join(tmpdir(), 'unlag-hints-'));
    writeFileSync(path.join(folder, name), text);
    return folder;
}

async function holds(name: string, text: string): Promise<boolean> {
    const folder = folderWith(name, text);
    try {
        return await namesFramework(['/nowhere', folder]);
    } finally {
        rmSync(folder, { recursive: true });
    }
}

test('a manifest that names the framework is a hint', async () => {
    assert.ok(await holds('requirements.txt', 'uvicorn\nFastAPI[standard]>=0.115\n'));
    assert.ok(await holds('pyproject.toml', 'dependencies = ["starlette"]\n'));
});

test('other projects and other files are none', async () => {
    assert.ok(!(await holds('requirements.txt', 'django\nfastapi_like\n')));
    assert.ok(!(await holds('notes.txt', 'fastapi\n')));
});
