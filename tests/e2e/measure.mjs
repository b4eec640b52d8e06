/**
 * Measures the packaged extension in a real VS Code: `node tests/e2e/measure.mjs FOLDER FILE TEXT [TIMES]`.
 * TEXT is a call in FILE that is a finding as it stands, and none with a letter before it. Run after
 * `npm run test:e2e`, which installs and packs what this needs.
 */

import fs from 'node:fs';
import path from 'node:path';
import { copied, launch } from './editor.mjs';

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
    } finally {
        await editor.stop();
    }
}
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
    await page.locator('.squiggly-error, .squiggly-warning').first().waitFor({ state: 'attached' });
    note('file shown to first squiggle, window just opened', Date.now() - shown);
    await workbench.ready();
    note('file shown to the whole project read, window just opened', Date.now() - shown);
    await workbench.at(line, column);
    for (let time = 0; time < 10; time++) {
        await page.keyboard.press('Shift+Home');
        await page.keyboard.press('ArrowRight');
        await workbench.at(line, column);
        note('keystroke to the squiggle’s going', await keystroke(page, 'x'));
        note('keystroke to the squiggle’s coming', await keystroke(page, 'Backspace'));
    }
    await workbench.command('View: Close Editor');
    await page
        .getByText("Don't Save")
        .click({ timeout: 2_000 })
        .catch(() => {});
    await page.locator('.tab').first().waitFor({ state: 'detached' });
    await workbench.show(file, line, column);
    const again = Date.now();
    await page.locator('.squiggly-error, .squiggly-warning').first().waitFor({ state: 'attached' });
    note('file shown to first squiggle, server running', Date.now() - again);
    for (const [name, value] of await activation(workbench, page)) {
        note(name, value);
    }
}

/** Milliseconds from a key to another number of squiggles, by the page's own clock. */
async function keystroke(page, key) {
    const changed = page.evaluate(
        () =>
            new Promise((resolve) => {
                const count = () => document.querySelectorAll('[class*="squiggly-"]').length;
                const before = count();
                let pressed = 0;
                const note = () => {
                    pressed = performance.now();
                };
                document.addEventListener('keydown', note, { capture: true, once: true });
                const observer = new MutationObserver(() => {
                    if (pressed > 0 && count() !== before) {
                        observer.disconnect();
                        resolve(performance.now() - pressed);
                    }
                });
                observer.observe(document.body, { subtree: true, childList: true });
            }),
    );
    await page.evaluate(() => 0); // the observer is there before the key
    await page.keyboard.press(key);
    return Math.round(await changed);
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
    const cells = (await row.innerText()).split('|').map((cell) => cell.trim());
    const numbers = cells.filter((cell) => /^\d+$/.test(cell)).map(Number);
    return ['load code', 'call activate', 'finish activate'].map((name, place) => [
        `activation: ${name}`,
        numbers[place] ?? Number.NaN,
    ]);
}

function note(name, value) {
    found.set(name, [...(found.get(name) ?? []), value]);
}
