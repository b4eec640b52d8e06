/** Which Python runs the server: none, one that is too old, one that an extension selected and selects anew. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { commandLine, counted, found, servers } from './editor.mjs';
import { scenarios } from './scenario.mjs';
import { until } from './workbench.mjs';

const PRODUCTS = 'shop/routers/products.py';
const NEEDED = 'Unlag needs CPython 3.10 to 3.14';

let editor;
let folder;
let place;
const extensions = ['environments', 'python'].map((name) => {
    return path.join(import.meta.dirname, 'stubs', name);
});
const begin = scenarios({ name: 'interpreters', hasPython: false, extensions });

function scenario(name, steps) {
    begin(name, async (given) => {
        ({ editor, folder, place } = given);
        for (const name of fs.readdirSync(editor.bin)) {
            fs.rmSync(path.join(editor.bin, name));
        }
        await steps(given.workbench);
    });
}

scenario('without any Python a message says so, and one that comes is used', async (workbench) => {
    await workbench.open(folder, PRODUCTS);
    const notification = workbench.notification(NEEDED);
    await notification.waitFor();
    assert.match(await notification.innerText(), /None was found/);
    await workbench.status().filter({ hasText: 'Unlag' }).waitFor();
    await workbench.picture('no Python');
    install(path.join(editor.bin, 'python3'));
    await notification.getByText('Try Again').click();
    await workbench.counts(counted(found(editor, folder, PRODUCTS)));
    await notification.waitFor({ state: 'detached' });
});

scenario('a Python that is too old is named, and the log is a click away', async (workbench) => {
    tooOld(path.join(editor.bin, 'python3'));
    await workbench.open(folder, PRODUCTS);
    const notification = workbench.notification(NEEDED);
    await notification.waitFor();
    assert.match(await notification.innerText(), /python3.* is Python 3\.9\.\d+/);
    await workbench.picture('Python 3.9');
    await notification.getByText('Show Log').click();
    await notification.waitFor({ state: 'detached' });
    // the item leads there too, once the message is gone
    await workbench.logShown(() => workbench.status().filter({ hasText: 'Unlag' }).click());
});

scenario('the Python selected in the Python extension is followed', async (workbench) => {
    await followed(workbench, 'python', {});
});

scenario('the Python Environments extension is asked before it', async (workbench) => {
    await followed(workbench, 'environments', { python: '/nowhere/python3' });
});

scenario('one that is selected and too old gives way to another', async (workbench) => {
    tooOld(path.join(place, 'old'));
    install(path.join(editor.bin, 'python3'));
    select({ python: path.join(place, 'old') });
    await workbench.open(folder, PRODUCTS);
    await workbench.counts(counted(found(editor, folder, PRODUCTS)));
    await until(running, [path.join(editor.bin, 'python3')].join(), 'the server’s interpreter');
});

scenario('a Python selected later brings the server that lacked one', async (workbench) => {
    select({ python: '/nowhere/python3' });
    await workbench.open(folder, PRODUCTS);
    await workbench.notification(NEEDED).waitFor();
    const python = path.join(place, 'later');
    install(python);
    select({ python });
    await workbench.counts(counted(found(editor, folder, PRODUCTS)));
});

/** Selects one interpreter, then another, in an extension. */
async function followed(workbench, extension, others) {
    const [one, other] = ['one', 'other'].map((name) => {
        const python = path.join(place, name, 'python3');
        install(python);
        return python;
    });
    select({ ...others, [extension]: one });
    await workbench.open(folder, PRODUCTS);
    await workbench.counts(counted(found(editor, folder, PRODUCTS)));
    await until(running, one, 'the server’s interpreter');
    select({ ...others, [extension]: other });
    await until(running, other, 'the server’s interpreter after the change');
    await workbench.counts(counted(found(editor, folder, PRODUCTS)));
}

/** What the extensions that stand in for others give as selected. */
function select(selected) {
    fs.writeFileSync(path.join(place, 'selected.json'), JSON.stringify(selected));
}

/** The interpreters of the servers that run. */
function running() {
    return servers(editor)
        .map((pid) => commandLine(pid).split(' ')[0])
        .join();
}

/** Puts this machine's Python somewhere. */
function install(file) {
    const print = 'import sys; print(sys.executable)';
    const real = execFileSync('python3', ['-c', print], { encoding: 'utf8' }).trim();
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.symlinkSync(real, file);
}

/** Puts a Python 3.9 somewhere: a real one where pyenv has it, else one that only says so. */
function tooOld(file) {
    const versions = path.join(os.homedir(), '.pyenv/versions');
    const names = fs.existsSync(versions) ? fs.readdirSync(versions) : [];
    const name = names.find((one) => one.startsWith('3.9.'));
    if (name !== undefined) {
        fs.symlinkSync(path.join(versions, name, 'bin/python3.9'), file);
        return;
    }
    const said = { executable: file, version: '3.9.2', implementation: 'cpython', isAble: false };
    fs.writeFileSync(file, `#!/bin/sh\necho '${JSON.stringify(said)}'\n`, { mode: 0o755 });
}
