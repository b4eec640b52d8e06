/** The packaged extension on the sample shop, used by keyboard and mouse. */

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { counted, found, servers, shop } from './editor.mjs';
import { scenarios } from './scenario.mjs';
import { again, MOMENT, until } from './workbench.mjs';

const PRODUCTS = 'shop/routers/products.py';
const WEBHOOKS = 'shop/routers/webhooks.py';
const ORDERS = 'shop/routers/orders.py';
const DELIVERY = 'shop/services/delivery.py';

let editor;
let workbench;
let page;
let folder;
const begin = scenarios({ name: 'shop' });

function scenario(name, steps) {
    begin(name, async (given) => {
        ({ editor, workbench, page, folder } = given);
        await steps();
    });
}

const original = (file) => fs.readFileSync(path.join(shop, file), 'utf8');
const line = (file, text) =>
    original(file)
        .split('\n')
        .findIndex((one) => one.includes(text)) + 1;

/** A file's text with pieces exchanged that it has exactly once. */
function edited(file, ...pairs) {
    return pairs.reduce((text, [before, then]) => {
        assert.equal(text.split(before).length, 2, `${before} is not once in ${file}`);
        return text.replace(before, () => then);
    }, original(file));
}

scenario(
    'findings of several rules are underlined, and the counts are those of the command line',
    async () => {
        await workbench.open(folder, PRODUCTS, line(PRODUCTS, 'time.sleep('), 9);
        await workbench.squiggle('error');
        await workbench.counts(counted(found(editor, folder, PRODUCTS)));
        assert.equal(await workbench.ready(), found(editor, folder).length);
        await page
            .locator('.codelens-decoration', { hasText: 'blocks via requests.get' })
            .waitFor();
        await workbench.picture('squiggles');
    },
);

scenario('the hover tells what, why, the measured cost and what to do', async () => {
    await workbench.open(folder, PRODUCTS, line(PRODUCTS, 'time.sleep('), 9);
    await workbench.squiggle();
    const { text } = await workbench.hover('Why it is slow');
    for (const part of ['`time.sleep` blocks the event loop', '1.016 s', 'What to do', 'LAG101']) {
        assert.ok(text.includes(part), `the hover lacks ${part}`);
    }
    await workbench.picture('hover');
});

scenario('the hover of a call over several files shows the way as links', async () => {
    const at = line(ORDERS, 'return checkout.pay(reference, cents)');
    await workbench.open(folder, ORDERS, at, 12);
    await workbench.squiggle();
    const { hover } = await workbench.hover('`CardPayments._send` calls `requests.Session.post`');
    await hover
        .locator('a', { hasText: /^payments\.py\(/ })
        .first()
        .waitFor();
    await workbench.picture('hover chain');
});

scenario('a clean file stays clean', async () => {
    await workbench.open(folder, 'shop/schemas/sales.py');
    await workbench.ready();
    await workbench.counts('0 0 0');
    assert.equal(await page.locator('[class*="squiggly-"], .codelens-decoration').count(), 0);
    await workbench.picture('clean');
});

scenario('Ctrl+. puts the asynchronous counterpart in', async () => {
    await workbench.open(folder, PRODUCTS, line(PRODUCTS, 'time.sleep('), 9);
    await workbench.squiggle();
    await workbench.fixes('asyncio.sleep');
    await workbench.picture('fixes');
    await page.keyboard.press('Escape');
    const text = edited(
        PRODUCTS,
        ['        time.sleep(0.2)\n', '        await asyncio.sleep(0.2)\n'],
        ['import time\n', 'import asyncio\n'],
    );
    await workbench.fix('Await `asyncio.sleep`', PRODUCTS, text);
    await workbench.counts(counted(found(editor, folder, PRODUCTS)));
    await workbench.picture('counterpart');
});

scenario('Ctrl+. hands the call to a thread', async () => {
    await workbench.open(folder, PRODUCTS, line(PRODUCTS, 'requests.get('), 20);
    await workbench.squiggle();
    const text = edited(
        PRODUCTS,
        [
            'requests.get(f"{settings.stock_url}/{product_id}", timeout=2)',
            'await run_in_threadpool(requests.get, f"{settings.stock_url}/{product_id}", timeout=2)',
        ],
        [
            'from fastapi import APIRouter, Depends, HTTPException, Query, Request\n',
            'from fastapi import APIRouter, Depends, HTTPException, Query, Request\nfrom fastapi.concurrency import run_in_threadpool\n',
        ],
    );
    await workbench.fix('Run `requests.get` in a thread', PRODUCTS, text);
    await workbench.counts(counted(found(editor, folder, PRODUCTS)));
    await workbench.picture('offload');
});

scenario('a fix that cannot be made says why, and changes nothing', async () => {
    await workbench.open(folder, PRODUCTS, line(PRODUCTS, 'requests.get('), 20);
    await workbench.squiggle();
    const rows = await workbench.fixes('httpx.AsyncClient');
    await rows.filter({ hasText: 'httpx.AsyncClient' }).first().click();
    const notification = workbench.notification('Unlag changed nothing');
    await notification.waitFor();
    assert.match(await notification.innerText(), /catches no error of httpx/);
    assert.equal(await page.locator('.tab.active.dirty').count(), 0);
    await workbench.picture('refused');
});

scenario('Ctrl+. awaits a coroutine that nobody awaited', async () => {
    await workbench.open(folder, WEBHOOKS, line(WEBHOOKS, 'async def add_note(') + 1, 5);
    await workbench.squiggle();
    const at = 'async def add_note(event: dict[str, Any]) -> dict[str, str]:\n    ';
    const text = edited(WEBHOOKS, [`${at}note(event)`, `${at}await note(event)`]);
    await workbench.fix('Await `note(...)`', WEBHOOKS, text);
    await workbench.counts(counted(found(editor, folder, WEBHOOKS)));
    await workbench.picture('await');
});

scenario('all safe problems of a file are fixed at once', async () => {
    await workbench.open(folder, WEBHOOKS);
    await workbench.counts(counted(found(editor, folder, WEBHOOKS)));
    await workbench.command('Unlag: Fix All Safe Problems in File');
    await page.locator('.tab.active.dirty').waitFor();
    const at = 'async def add_note(event: dict[str, Any]) -> dict[str, str]:\n    ';
    await workbench.save(
        WEBHOOKS,
        edited(
            WEBHOOKS,
            [`${at}note(event)`, `${at}await note(event)`],
            ['    asyncio.run(hub.broadcast(event))', '    await hub.broadcast(event)'],
        ),
    );
    await workbench.counts(counted(found(editor, folder, WEBHOOKS)));
});

scenario('a lens leads along the way to the blocking call', async () => {
    await workbench.open(folder, ORDERS, line(ORDERS, 'async def pay(') - 1, 1);
    await workbench.squiggle();
    const lens = page.locator('.codelens-decoration a', {
        hasText: 'blocks via requests.Session.post',
    });
    await lens.first().click();
    const peek = page.locator('.peekview-widget');
    await peek.locator('.ref-tree .monaco-list-row', { hasText: 'payments.py' }).first().waitFor();
    await workbench.picture('lens');
});

scenario('F8 goes from finding to finding', async () => {
    await workbench.open(folder, PRODUCTS);
    await workbench.counts(counted(found(editor, folder, PRODUCTS)));
    await page.keyboard.press('F8');
    const zone = page.locator('.zone-widget .marker-widget');
    await zone.filter({ hasText: /LAG\d+/ }).waitFor();
    const first = await zone.innerText();
    await page.keyboard.press('F8');
    await until(async () => (await zone.innerText()) !== first, true, 'another finding');
    await workbench.picture('F8');
});

scenario('the whole workspace is listed in Problems, each finding with its way', async () => {
    await workbench.open(folder, ORDERS);
    await workbench.ready();
    await workbench.command('Unlag: Check Workspace');
    await workbench.counts(counted(found(editor, folder)));
    await page.getByPlaceholder(/^Filter \(e\.g\./).fill('CardPayments.charge');
    const panel = page.locator('.markers-panel .monaco-list-row');
    await panel.filter({ hasText: 'Checkout.pay' }).first().waitFor();
    await panel
        .filter({ hasText: 'payments.py' })
        .filter({ hasText: 'requests.Session.post' })
        .first()
        .waitFor();
    await workbench.picture('problems');
});

scenario(
    'a helper mended in one file clears the endpoint in another, before anything is saved',
    async () => {
        await workbench.open(folder, WEBHOOKS, line(WEBHOOKS, 'deliver(subscription.url'), 26);
        const before = counted(found(editor, folder, WEBHOOKS));
        await workbench.counts(before);
        await workbench.ready();
        await workbench.show(DELIVERY, line(DELIVERY, 'return requests.post('), 1);
        await workbench.replaceLine(
            line(DELIVERY, 'return requests.post('),
            'return url.startswith("https://")',
        );
        const [errors, ...others] = before.split(' ');
        await workbench.counts([Number(errors) - 1, ...others].join(' '));
        await workbench.picture('helper mended');
    },
);

scenario(
    'code in the middle of being typed keeps its findings and gets no false ones',
    async () => {
        await workbench.open(folder, PRODUCTS, line(PRODUCTS, 'time.sleep('), 9);
        const before = counted(found(editor, folder, PRODUCTS));
        await workbench.counts(before);
        await workbench.go(line(PRODUCTS, 'async def supplier_stock('), 1);
        await page.keyboard.press('End');
        await page.keyboard.insertText('\n    price = (await exchange.rate(product_id, [');
        // what comes next is seen only after the broken text was: one more finding, and no other change
        await workbench.go(line(PRODUCTS, 'return disk.label'), 1);
        await page.keyboard.insertText('    time.sleep(3)\n');
        const [errors, ...others] = before.split(' ');
        await workbench.counts([Number(errors) + 1, ...others].join(' '));
        await workbench.picture('broken');
    },
);

scenario('the code of a finding leads to the page of its rule', async () => {
    await workbench.open(folder, PRODUCTS, line(PRODUCTS, 'time.sleep('), 9);
    await workbench.squiggle();
    await again(async () => {
        const { hover } = await workbench.hover('Why it is slow');
        const link = hover.locator('a', { hasText: /^LAG101$/ });
        await link.first().click({ timeout: MOMENT });
    });
    await page.locator('.tab.active', { hasText: 'LAG101 blocking-call-on-loop' }).waitFor();
    const view = workbench.webview();
    await view.locator('h1', { hasText: 'blocking-call-on-loop' }).waitFor();
    await view.locator('pre code', { hasText: 'await asyncio.sleep(1)' }).waitFor();
    assert.match(await view.locator('body').innerText(), /1\.016 s/);
    await workbench.picture('rule page');
});

scenario('a rule can be chosen by name, those at the cursor first', async () => {
    await workbench.open(folder, PRODUCTS, line(PRODUCTS, 'time.sleep('), 9);
    await workbench.squiggle();
    await workbench.ready();
    await workbench.command('Unlag: Explain Rule');
    const input = page.locator('.quick-input-widget:visible input');
    await page
        .locator('.quick-input-list .monaco-list-row', { hasText: 'found at the cursor' })
        .filter({ hasText: 'LAG101' })
        .waitFor();
    await workbench.picture('rules');
    await input.fill('dropped-task');
    await page.locator('.quick-input-list .monaco-list-row', { hasText: 'LAG107' }).first().click();
    await workbench.webview().locator('h1', { hasText: 'dropped-task' }).waitFor();
});

scenario('the endpoint view lists routes, and below each the way to what blocks it', async () => {
    await workbench.open(folder, 'shop/main.py');
    await workbench.ready();
    await page.locator('.pane-header', { hasText: /^shop$/i }).click();
    await workbench.command('Unlag: Show Endpoints');
    await workbench.row(ORDERS).click();
    const endpoint = workbench.row('POST /orders/{reference}/pay');
    await endpoint.waitFor();
    await endpoint.locator('.monaco-tl-twistie').click();
    const step = workbench.row('requests.Session.post');
    await step.waitFor();
    await workbench.picture('endpoints');
    await endpoint.locator('.label-name').click();
    await page.locator('.tab.active', { hasText: 'orders.py' }).waitFor();
    await step.locator('.label-name').click();
    await page.locator('.tab.active', { hasText: 'payments.py' }).waitFor();
});

scenario('a server that is killed comes back', async () => {
    await workbench.open(folder, PRODUCTS, line(PRODUCTS, 'time.sleep('), 9);
    const before = counted(found(editor, folder, PRODUCTS));
    await workbench.counts(before);
    const [old] = servers(editor);
    process.kill(old, 'SIGKILL');
    await until(() => servers(editor).some((pid) => pid !== old), true, 'another server');
    await workbench.ready();
    await workbench.counts(before);
    await workbench.replaceLine(line(PRODUCTS, 'time.sleep('), 'return None');
    const [errors, ...others] = before.split(' ');
    await workbench.counts([Number(errors) - 1, ...others].join(' '));
});

scenario(
    'a server that keeps dying is given up with the reason, and a restart brings it back',
    async () => {
        await workbench.open(folder, PRODUCTS, line(PRODUCTS, 'time.sleep('), 9);
        const before = counted(found(editor, folder, PRODUCTS));
        await workbench.counts(before);
        for (let death = 0; death < 4; death++) {
            await until(() => servers(editor).length, 1, 'a server');
            const [pid] = servers(editor);
            process.kill(pid, 'SIGKILL');
            await until(() => servers(editor).includes(pid), false, 'the killed server');
        }
        const notification = workbench.notification('ended too often');
        await notification.waitFor();
        await workbench.picture('given up');
        assert.match(await notification.innerText(), /SIGKILL/);
        await notification.getByText('Restart').click();
        await workbench.counts(before);
    },
);

scenario('without a Python that will do, a message says so and leads to the setting', async () => {
    const file = path.join(editor.data, 'Machine/settings.json');
    await workbench.open(folder, PRODUCTS);
    await workbench.ready();
    fs.writeFileSync(file, JSON.stringify({ 'unlag.interpreter': '/nowhere/python3' }));
    try {
        const notification = workbench.notification('CPython 3.10 to 3.14');
        await notification.waitFor();
        assert.match(await notification.innerText(), /\/nowhere\/python3/);
        await workbench.picture('no interpreter');
        await notification.getByText('Select Interpreter').click();
        await page.locator('.settings-editor', { hasText: 'Unlag: Interpreter' }).waitFor();
    } finally {
        fs.writeFileSync(file, '{}');
    }
    await until(() => servers(editor).length, 1, 'the server after the setting was mended');
});

test('nothing asked for anything outside this machine', () => {
    assert.deepEqual([...editor.outside], []);
});
