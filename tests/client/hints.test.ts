import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { MANIFESTS, namesFramework } from '../../client/src/hints.ts';

function folderWith(name: string, text: string): string {
    const folder = mkdtempSync(path.join(tmpdir(), 'unlag-hints-'));
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
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

test('a manifest one folder down is a hint, too', async () => {
    assert.ok(await holds('backend/pyproject.toml', 'dependencies = ["fastapi"]\n'));
    assert.ok(!(await holds('a/b/pyproject.toml', 'dependencies = ["fastapi"]\n')));
    assert.ok(!(await holds('node_modules/pyproject.toml', 'dependencies = ["fastapi"]\n')));
    assert.ok(!(await holds('.venv/pyproject.toml', 'dependencies = ["fastapi"]\n')));
});

test('what is looked for activates the extension', () => {
    const { activationEvents } = JSON.parse(readFileSync('package.json', 'utf8'));
    const wanted = [...MANIFESTS, `*/{${MANIFESTS.join(',')}}`];
    assert.deepEqual(
        activationEvents.filter((event: string) => event.startsWith('workspaceContains:')),
        wanted.map((name) => `workspaceContains:${name}`),
    );
});
