/** Makes the pictures of the README and the walkthrough from the packaged extension: `node tests/e2e/pictures.mjs`. */

import fs from 'node:fs';
import path from 'node:path';
import { copied, launch, shop, top } from './editor.mjs';
import { again } from './workbench.mjs';

const ORDERS = 'shop/routers/orders.py';
const PRODUCTS = 'shop/routers/products.py';
const settings = { 'breadcrumbs.enabled': false, 'workbench.activityBar.location': 'hidden' };
const view = { viewport: { width: 1180, height: 680 }, deviceScaleFactor: 1.5 };

const editor = await launch({ name: 'pictures', settings, view });
try {
    const folder = copied(shop, editor.folder);
    await hoverAndFixes(editor, folder);
    await endpoints(editor, folder);
    await page(editor, folder);
} finally {
    await editor.stop();
}

async function hoverAndFixes({ workbench, page }, folder) {
    await workbench.open(folder, ORDERS, line(ORDERS, 'return checkout.pay(reference, cents)'), 12);
    await workbench.drawn();
    await page.keyboard.press('Control+B');
    await page.locator('.part.sidebar').waitFor({ state: 'hidden' });
    await again(async () => {
        const { hover } = await workbench.hover('Why it is slow');
        await keep(page, 'hover', '.part.editor');
        if (!(await hover.isVisible())) {
            throw new Error('the hover went before the picture was there');
        }
    });
    await page.keyboard.press('Escape');
    await workbench.show(PRODUCTS, line(PRODUCTS, 'time.sleep('), 9);
    await workbench.fixes('asyncio.sleep');
    await keep(page, 'fixes', '.part.editor');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+B');
}

async function endpoints({ workbench, page }, folder) {
    await workbench.open(folder, ORDERS, line(ORDERS, 'return checkout.pay(reference, cents)'), 12);
    await workbench.drawn();
    await workbench.command('Unlag: Show Endpoints');
    await page.locator('.pane-header', { hasText: /^shop$/i }).click();
    await workbench.row(ORDERS).click();
    const endpoint = workbench.row('POST /orders/{reference}/pay');
    await endpoint.locator('.monaco-tl-twistie').click();
    await workbench.row('requests.Session.post').waitFor();
    await widen(page, 150);
    await keep(page, 'endpoints', '.monaco-workbench');
}

async function page({ workbench, page }, folder) {
    await workbench.open(folder, PRODUCTS, 1, 1);
    await workbench.drawn();
    await page.keyboard.press('Control+B');
    await workbench.command('Unlag: Explain Rule');
    await page.locator('.quick-input-list .monaco-list-row', { hasText: 'LAG101' }).first().click();
    await workbench.webview().locator('h1').waitFor();
    await workbench.webview().locator('pre code .hljs-keyword').first().waitFor();
    await keep(page, 'rule', '.part.editor');
}

/** Makes the sidebar wider. */
async function widen(page, by) {
    const box = await page.locator('.part.sidebar').boundingBox();
    const [x, y] = [box.x + box.width, box.y + box.height / 2];
    await page.mouse.move(x, y);
    await page.mouse.down();
    await page.mouse.move(x + by, y, { steps: 5 });
    await page.mouse.up();
    await page.mouse.move(x + by + 200, y);
}

async function keep(page, name, part) {
    await page.locator(part).screenshot({ path: path.join(top, `client/media/${name}.png`) });
}

function line(file, text) {
    const lines = fs.readFileSync(path.join(shop, file), 'utf8').split('\n');
    return lines.findIndex((one) => one.includes(text)) + 1;
}
