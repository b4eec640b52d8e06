/** The window around the code: the workspace's folders, the status item, the log, the walkthrough. */

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { copied, found, servers, shop } from './editor.mjs';
import { scenarios } from './scenario.mjs';
import { again, MOMENT, until } from './workbench.mjs';

const PRODUCTS = 'shop/routers/products.py';

const scenario = scenarios({ name: 'window' });

scenario('every folder of a workspace is read', async ({ workbench, folder, place, editor }) => {
    const second = copied(path.join(shop, 'shop'), place, 'second');
    await opened(workbench, place, [folder, second]);
    const both = [folder, second].map((one) => found(editor, one).length);
    await until(() => workbench.ready(), both[0] + both[1], 'findings of both folders');
});

scenario(
    'a project that is added is read at once, and one that is removed is forgotten',
    async ({ workbench, folder, place, editor }) => {
        const other = path.join(place, 'other');
        fs.mkdirSync(other);
        fs.writeFileSync(path.join(other, 'pyproject.toml'), '[project]\nname = "other"\n');
        const second = copied(path.join(shop, 'shop'), place, 'second');
        await opened(workbench, place, [other]);
        assert.deepEqual(servers(editor), []);
        list(place, [other, folder]);
        const whole = found(editor, folder).length;
        await until(() => workbench.ready(), whole, 'findings of the folder added');
        list(place, [other, folder, second]);
        const both = whole + found(editor, second).length;
        await until(() => workbench.ready(), both, 'findings of both folders added');
        list(place, [other, folder]);
        await until(() => workbench.ready(), whole, 'findings without the folder removed');
    },
);

scenario(
    'a project one folder down is found without a file being opened',
    async ({ workbench, page, place, folder, editor }) => {
        await workbench.visit({ folder: place });
        await until(() => workbench.ready(), found(editor, folder).length, 'findings');
        await page.locator('.pane-header', { hasText: 'FastAPI Endpoints' }).waitFor();
    },
);

scenario('a project that serves nothing gets no view', async ({ workbench, page, place }) => {
    const plain = path.join(place, 'plain');
    fs.mkdirSync(plain);
    fs.writeFileSync(path.join(plain, 'app.py'), 'print("Hello")\n');
    await workbench.open(plain, 'app.py');
    assert.equal(await workbench.ready(), 0);
    assert.equal(await page.locator('.pane-header', { hasText: 'FastAPI Endpoints' }).count(), 0);
    await workbench.command('Unlag: Show Endpoints');
    await workbench.notification('No FastAPI or Starlette endpoint is known').waitFor();
});

scenario(
    'the status item tells counts, versions and the interpreter, and opens the log',
    async ({ workbench, page, folder, editor }) => {
        await workbench.open(folder, PRODUCTS);
        const count = await workbench.ready();
        assert.equal(count, found(editor, folder).length);
        await workbench
            .status()
            .filter({ hasText: `Unlag ${count}` })
            .waitFor();
        const tooltip = page.locator('.monaco-hover:visible', { hasText: 'Check workspace' });
        await again(async () => {
            await page.mouse.move(0, 0);
            await workbench.status().hover();
            await tooltip.waitFor({ timeout: MOMENT });
        });
        const said = await tooltip.innerText();
        for (const part of [`${count} findings in`, 'fastapi 0.165.0', 'Server: Python 3.']) {
            assert.ok(said.includes(part), `the tooltip lacks ${part}: ${said}`);
        }
        await workbench.picture('status');
        await workbench.logShown(() => workbench.status().click());
    },
);

scenario('the walkthrough shows the real extension', async ({ workbench, page, folder }) => {
    await workbench.open(folder, PRODUCTS);
    await workbench.ready();
    await page.keyboard.press('Control+B'); // pictures are shown where there is room for them
    await page.locator('.part.sidebar').waitFor({ state: 'hidden' });
    await workbench.command('Welcome: Open Walkthrough...');
    const choice = page.locator('.quick-input-list .monaco-list-row', { hasText: 'Unlag' });
    await choice.first().click();
    const steps = page.locator('.getting-started-step');
    const titles = ['Open an endpoint', 'Fix it', 'See every endpoint', 'Read about a rule'];
    for (const title of titles) {
        await steps.filter({ hasText: title }).first().waitFor();
    }
    const picture = page.locator('.gettingStartedContainer .getting-started-media img');
    for (const title of [...titles.slice(1), ...titles.slice(0, 1)]) {
        await steps.filter({ hasText: title }).first().click();
        await until(
            () => picture.evaluate(({ naturalWidth }) => naturalWidth > 500).catch(() => false),
            true,
            `the picture of ${title}`,
        );
        await picture.waitFor();
    }
    await workbench.picture('walkthrough');
});

/** Opens a workspace of several folders. */
async function opened(workbench, place, folders) {
    list(place, folders);
    await again(async () => {
        // VS Code itself at times shows a workspace file that it never saw before as one without folders
        await workbench.visit({ workspace: path.join(place, 'all.code-workspace') });
        await workbench.row(path.basename(folders.at(-1))).waitFor({ timeout: 2 * MOMENT });
    });
}

/** Makes these the folders of the workspace, also where it is open. */
function list(place, folders) {
    const text = JSON.stringify({ folders: folders.map((one) => ({ path: one })) });
    fs.writeFileSync(path.join(place, 'all.code-workspace'), text);
}
