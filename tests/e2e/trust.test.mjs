/** Restricted mode: code is analysed, and nothing that lies in the folder is run before the folder is trusted. */

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { copied, counted, found, launch, servers, shop } from './editor.mjs';
import { until } from './workbench.mjs';

const PRODUCTS = 'shop/routers/products.py';

let editor;

before(async () => {
    editor = await launch({ name: 'trust', isTrusted: false });
});

after(async () => {
    await editor?.stop();
});

test('restricted mode', { timeout: 180_000 }, async () => {
    const { workbench, page } = editor;
    const folder = copied(shop, editor.folder);
    const mark = path.join(editor.folder, 'was-run');
    spy(path.join(folder, '.venv/bin/python'), mark);
    setting(folder, path.join(folder, '.venv/bin/python'));

    await workbench.open(folder, PRODUCTS);
    await workbench.counts(counted(found(editor, folder, PRODUCTS)));
    assert.equal(fs.existsSync(mark), false, 'the folder’s own interpreter was run');
    await page.locator('.statusbar-item', { hasText: 'Restricted Mode' }).waitFor();
    await workbench.picture('restricted');

    await workbench.command('Workspaces: Manage Workspace Trust');
    const trust = page.locator('.workspace-trust-editor').getByText('Trust', { exact: true });
    await trust.click();
    await until(() => fs.existsSync(mark), true, 'the folder’s own interpreter, once trusted');
    await until(() => servers(editor).length, 1, 'the server');
    await workbench.counts(counted(found(editor, folder, PRODUCTS)));
});

/** An interpreter that leaves a mark when it is run. */
function spy(file, mark) {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, `#!/bin/sh\ntouch '${mark}'\nexec python3 "$@"\n`, { mode: 0o755 });
}

function setting(folder, python) {
    fs.mkdirSync(path.join(folder, '.vscode'));
    const text = JSON.stringify({ 'unlag.interpreter': python });
    fs.writeFileSync(path.join(folder, '.vscode/settings.json'), text);
}
