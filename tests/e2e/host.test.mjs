/** Runs host/index.cjs inside the extension host of a real VS Code. */

import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { copied, launch, shop } from './editor.mjs';

let editor;

before(async () => {
    const options = ['--vscode-option', 'enable-smoke-test-driver'];
    editor = await launch({ name: 'host', options });
});

after(async () => {
    await editor?.stop();
});

test('inside the extension host', { timeout: 240_000 }, async (context) => {
    const { page, workbench } = editor;
    const folder = copied(shop, editor.folder);
    const lines = [];
    const ended = new Promise((resolve) => {
        page.exposeFunction('codeAutomationExit', resolve);
    });
    await page.exposeFunction('codeAutomationLog', (_kind, parts) => lines.push(parts.join(' ')));
    const here = workbench.address(path.join(import.meta.dirname, 'host'));
    const payload = [
        ['extensionDevelopmentPath', here],
        ['extensionTestsPath', `${here}/index.cjs`],
    ];
    await workbench.visit({ folder, payload: JSON.stringify(payload) });
    const code = await ended;
    for (const line of lines.filter((text) => /^(not )?ok /.test(text))) {
        context.diagnostic(line);
    }
    assert.equal(code, 0, lines.join('\n'));
    assert.ok(
        lines.some((text) => text.startsWith('ok ')),
        'no test ran',
    );
});
