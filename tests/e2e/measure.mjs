/**
 * Measures the packaged extension in a real VS Code: `node tests/e2e/measure.mjs FOLDER FILE TEXT [TIMES]`.
 * TEXT is a call in FILE that is a finding as it stands, and none with a letter before it. Run after
 * `npm run test:e2e`, which installs and packs what this needs.
 */

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { copied, launch } from './editor.mjs';

/** Milliseconds that reading the whole project may take on a busy machine. */
const WHOLE_PROJECT = 300_000;

const [given, file, text, times = '5'] = process.argv.slice(2);
if (text === undefined) {
    console.error('usage: node tests/e2e/measure.mjs FOLDER FILE TEXT [TIMES]');
    process.exit(2);
}
const lines = fs.readFileSync(path.join(given, file), 'utf8').split('\n');
const line = lines.findIndex((one) => one.includes(text)) + 1;
const column = (lines[line - 1] ?? '').indexOf(text) + 1;
const found = new Map();

for (let time = 0; time < Number(times); time++) {
    const editor = await launch({ name: 'measure' });
    try {
        await measure(editor);
    } catch (error) {
        console.error(`left out: ${error.message}`);
        await editor.workbench.picture('failed');
    } finally {
        await editor.stop();
    }
}
const load = os.loadavg().map((one) => one.toFixed(1));
console.log(`${os.cpus().length} cores, load average at the end ${load.join(', ')}`);
for (const [name, values] of found) {
    values.sort((one, other) => one - other);
    const middle = values[Math.floor(values.length / 2)];
    const range = `${values[0]} to ${values.at(-1)}`;
    console.log(
        `${name.padEnd(58)} ${String(middle).padStart(6)} ms  (${range}, ${values.length} times)`,
    );
}

async function measure(editor) {
    const { workbench, page } = editor;
    const folder = copied(given, editor.folder);
    await workbench.open(folder, file, line, column);
    const shown = Date.now();
    await workbench.status().filter({ hasText: 'Unlag' }).waitFor();
    note('file shown to Unlag’s status item, window just opened', Date.now() - shown);
    await page.locator('.squiggly-error, .squiggly-warning').first().waitFor({ state: 'attached' });
    note('file shown to first squiggle, window just opened', Date.now() - shown);
    await workbench.ready(WHOLE_PROJECT);
    note('file shown to the whole project read, window just opened', Date.now() - shown);
    await workbench.at(line, column);
    const all = await squiggles(page);
    for (let time = 0; time < 5; time++) {
        note('keystroke to the squiggle’s going', await keystroke(page, 'x', all - 1));
        note('keystroke to the squiggle’s coming', await keystroke(page, 'Backspace', all));
        await workbench.at(line, column);
    }
    await workbench.command('File: Revert File');
    await page.locator('.tab.active:not(.dirty)').waitFor();
    await workbench.command('View: Close Editor');
    await page.locator('.tab').first().waitFor({ state: 'detached' });
    await workbench.show(file, line, column);
    const again = Date.now();
    await page.locator('.squiggly-error, .squiggly-warning').first().waitFor({ state: 'attached' });
    note('file shown to first squiggle, server running', Date.now() - again);
    for (const [name, value] of await activation(workbench, page)) {
        note(name, value);
    }
}

/** How many squiggles are drawn. */
function squiggles(page) {
    return page.locator('[class*="squiggly-"]').count();
}

/** Milliseconds from a key to so many squiggles, by the page's own clock. */
async function keystroke(page, key, wanted) {
    await page.evaluate((count) => {
        window.measured = new Promise((resolve) => {
            let pressed = 0;
            const look = () => {
                const drawn = document.querySelectorAll('[class*="squiggly-"]').length;
                if (pressed > 0 && drawn === count) {
                    observer.disconnect();
                    resolve(performance.now() - pressed);
                }
            };
            const observer = new MutationObserver(look);
            observer.observe(document.body, { subtree: true, childList: true, attributes: true });
            const press = () => {
                pressed = performance.now();
            };
            document.addEventListener('keydown', press, { capture: true, once: true });
        });
    }, wanted);
    await page.keyboard.press(key);
    await page.waitForFunction(() => window.measured.then(() => true), undefined, {
        timeout: 20_000,
    });
    return Math.round(await page.evaluate(() => window.measured));
}

/** What VS Code's own table says of the extension. */
async function activation(workbench, page) {
    await workbench.command('Developer: Startup Performance');
    await page.locator('.tab.active', { hasText: 'Startup Performance' }).waitFor();
    await page.locator('.view-line', { hasText: 'System Info' }).first().waitFor();
    await page.keyboard.press('Control+F');
    await page.keyboard.insertText('unlag.unlag');
    const row = page.locator('.view-line', { hasText: /unlag\.unlag/ }).first();
    await row.waitFor();
    const own = numbers(await row.innerText());
    const rows = await page.locator('.view-line', { hasText: /vscode\.[\w-]+/ }).allInnerTexts();
    const others = rows.map(numbers).filter((one) => one.length >= 3);
    return ['load code', 'call activate', 'finish activate'].flatMap((name, place) => [
        [`activation: ${name}`, own[place] ?? Number.NaN],
        ...others.map((one) => [`${name} of VS Code’s own extensions`, one[place]]),
    ]);
}

/** The whole numbers in a row of VS Code's table. */
function numbers(row) {
    const cells = row.split('|').map((cell) => cell.trim());
    return cells.filter((cell) => /^\d+$/.test(cell)).map(Number);
}

function note(name, value) {
    found.set(name, [...(found.get(name) ?? []), value]);
}
