/** The package, unpacked: its server answers under every CPython on this machine that it was made for. */

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { ownPlatform, VERSIONS } from '../../client/python/bundle.mjs';

const top = path.join(import.meta.dirname, '../..');
const { version } = JSON.parse(fs.readFileSync(path.join(top, 'package.json'), 'utf8'));
const TEXT = `import time

from fastapi import FastAPI

app = FastAPI()


@app.get("/")
async def index() -> None:
    time.sleep(1)
`;

let folder;
let start;

before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'unlag-package-'));
    const vsix = path.join(top, `unlag-${ownPlatform()}-${version}.vsix`);
    execFileSync('python3', ['-m', 'zipfile', '-e', vsix, folder]);
    start = path.join(folder, 'extension/client/dist/server/start.py');
});

after(() => {
    fs.rmSync(folder, { recursive: true, force: true });
});

test('the package holds what it needs, and nothing of ours besides', () => {
    const names = fs.readdirSync(path.join(folder, 'extension'), { recursive: true });
    const holds = (name) => names.some((entry) => entry.toLowerCase() === name);
    const scripts = ['client/dist/extension.js', 'client/dist/connection.js'];
    for (const name of ['package.json', 'readme.md', 'changelog.md', ...scripts]) {
        assert.ok(holds(name), `${name} is missing`);
    }
    const wrong = names.filter((name) =>
        /^(client\/src|node_modules)|(^|\/)(tests|__pycache__|sboms)(\/|$)|\.(ts|pyc|pyi|map)$/.test(
            name,
        ),
    );
    assert.deepEqual(wrong, []);
    const compiled = names.filter((name) => /_core\.cpython-3\d+/.test(name));
    assert.equal(compiled.length, VERSIONS.length);
});

const pythons = interpreters();

test('a CPython to try the server with is on this machine', () => {
    assert.notEqual(pythons.size, 0);
});

for (const [name, python] of pythons) {
    test(`the server answers under CPython ${name}`, { timeout: 60_000 }, async () => {
        const described = execFileSync(python, ['-I', '-S', start, '--check'], {
            encoding: 'utf8',
        });
        assert.equal(JSON.parse(described).isAble, true);
        const workspace = path.join(folder, `workspace-${name}`);
        fs.mkdirSync(workspace);
        const file = path.join(workspace, 'app.py');
        fs.writeFileSync(file, TEXT);
        const diagnostics = await diagnosed(python, workspace, file);
        assert.deepEqual(
            diagnostics.map(({ code, range }) => [code, range.start.line]),
            [['LAG101', 9]],
        );
    });
}

/** CPythons on the search path, beside those on it, and of pyenv, one for each version packaged. */
function interpreters() {
    const places = (process.env.PATH ?? '').split(':');
    const versions = path.join(os.homedir(), '.pyenv/versions');
    const kept = fs.existsSync(versions) ? fs.readdirSync(versions) : [];
    places.push(...kept.map((name) => path.join(versions, name, 'bin')));
    const found = new Map();
    for (const name of VERSIONS) {
        for (const place of places) {
            const python = path.join(place, `python${name}`);
            if (!found.has(name) && fs.existsSync(python) && says(python, name)) {
                found.set(name, python);
            }
        }
    }
    return found;
}

/** Whether it runs as that version: pyenv's shims are there for versions that are not chosen. */
function says(python, name) {
    const code = 'import sys; print("%d.%d" % sys.version_info[:2])';
    try {
        return (
            execFileSync(python, ['-c', code], { encoding: 'utf8', stdio: 'pipe' }).trim() === name
        );
    } catch {
        return false;
    }
}

/** What the server publishes for a file, asked over its standard input and output. */
async function diagnosed(python, workspace, file) {
    const child = spawn(python, ['-I', '-S', start, 'server'], { cwd: '/' });
    const said = [];
    child.stderr.setEncoding('utf8').on('data', (text) => said.push(text));
    const send = (method, params, id) => {
        const body = JSON.stringify({ jsonrpc: '2.0', method, params, ...(id ? { id } : {}) });
        child.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    };
    const uri = pathToFileURL(file).href;
    const folders = [{ uri: pathToFileURL(workspace).href, name: 'workspace' }];
    send('initialize', { processId: null, capabilities: {}, workspaceFolders: folders }, 1);
    send('initialized', {});
    const textDocument = { uri, languageId: 'python', version: 1, text: TEXT };
    send('textDocument/didOpen', { textDocument });
    try {
        for await (const message of messages(child.stdout)) {
            const { method, params } = message;
            if (method === 'textDocument/publishDiagnostics' && params.diagnostics.length > 0) {
                return params.diagnostics;
            }
        }
        throw new Error(`The server ended: ${said.join('')}`);
    } finally {
        child.kill();
    }
}

async function* messages(stream) {
    let rest = Buffer.alloc(0);
    for await (const piece of stream) {
        rest = Buffer.concat([rest, piece]);
        for (;;) {
            const head = rest.indexOf('\r\n\r\n');
            const [, length] = /Content-Length: (\d+)/i.exec(rest.subarray(0, head)) ?? [];
            if (head < 0 || rest.length < head + 4 + Number(length)) {
                break;
            }
            const end = head + 4 + Number(length);
            yield JSON.parse(rest.subarray(head + 4, end).toString());
            rest = rest.subarray(end);
        }
    }
}
