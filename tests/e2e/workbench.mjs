/** What a person does in VS Code and sees there. Waits for what is to be seen, never for time to pass. */

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';

const here = import.meta.dirname;
const PATIENCE = 30_000;
export const MOMENT = 5_000;

export class Workbench {
    constructor(page, port, name) {
        this.page = page;
        this.port = port;
        this.pictures = path.join(here, 'artefacts/screenshots', name);
        page.setDefaultTimeout(PATIENCE);
        page.on('dialog', (dialog) => dialog.accept()); // a page with unsaved changes asks before it goes
        fs.mkdirSync(this.pictures, { recursive: true });
    }

    /** Opens a folder with a file of it. */
    async open(folder, file, line = 1, column = 1) {
        this.folder = folder;
        const payload = [
            ['gotoLineMode', 'true'],
            ['openFile', `${this.address(path.join(folder, file))}:${line}:${column}`],
        ];
        await this.visit({ folder, payload: JSON.stringify(payload) });
        await this.page.waitForSelector('.monaco-editor .view-line');
    }

    /** A file or folder of this machine, as the window calls it. */
    address(place) {
        return `vscode-remote://127.0.0.1:${this.port}${place}`;
    }

    /** Loads the workbench. */
    async visit(query) {
        await this.page.goto(`http://127.0.0.1:${this.port}/?${new URLSearchParams(query)}`);
        await this.page.waitForSelector('.monaco-workbench', { timeout: 90_000 });
    }

    /** Closes the window. */
    async leave() {
        await this.page.goto('about:blank');
    }

    /** Keeps a picture among the artefacts. */
    async picture(name, options = {}) {
        const file = path.join(this.pictures, `${name}.png`);
        await this.page.screenshot({ path: file, animations: 'disabled', ...options });
    }

    /** Opens another file of the folder, by its name, and waits until the editor shows it. */
    async show(file, line = 1, column = 1) {
        await this.page.keyboard.press('Control+P');
        const input = this.page.locator('.quick-input-widget:visible input');
        await input.fill(`${file}:${line}:${column}`);
        const name = path.basename(file);
        await this.page
            .locator('.quick-input-list .monaco-list-row', { hasText: name })
            .first()
            .waitFor();
        await this.page.keyboard.press('Enter');
        await this.page.locator('.tab.active', { hasText: name }).waitFor();
        await this.at(line, column);
    }

    /** Puts the cursor somewhere in the open file. */
    async go(line, column) {
        await this.page.keyboard.press('Control+G');
        const input = this.page.locator('.quick-input-widget:visible input');
        await input.fill(`:${line}:${column}`);
        await this.page.keyboard.press('Enter');
        await this.page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
        await this.at(line, column);
    }

    /** Waits until the cursor is there. */
    async at(line, column) {
        const place = this.page.locator('#status\\.editor\\.selection');
        await expectText(place, `Ln ${line}, Col ${column}`);
    }

    /** Runs a command of the palette. */
    async command(title) {
        await this.page.keyboard.press('F1');
        const input = this.page.locator('.quick-input-widget:visible input');
        await input.fill(`>${title}`);
        const row = this.page.locator('.quick-input-list .monaco-list-row', { hasText: title });
        await row.first().click();
    }

    /** Errors, warnings and infos of all files, as the status bar counts them. */
    async problems() {
        const label = await this.page.locator('#status\\.problems').getAttribute('aria-label');
        const count = (noun) => Number(new RegExp(`${noun}s: (\\d+)`).exec(label ?? '')?.[1] ?? 0);
        return [count('Error'), count('Warning'), count('Info')].join(' ');
    }

    /** Waits until the status bar counts these problems, such as `7 1 2`. */
    async counts(wanted) {
        await until(() => this.problems(), wanted, 'errors, warnings and infos in the status bar');
    }

    /** What our item in the status bar says. */
    status() {
        return this.page.locator('#unlag\\.unlag\\.unlag\\.status');
    }

    /** Waits until the server has read everything; gives how many findings it counts. */
    async ready(patience = PATIENCE) {
        const label = this.status().locator('a').first();
        await until(
            async () =>
                /(\d+|Nothing)( findings?| found) in/.test(
                    (await label.getAttribute('aria-label')) ?? '',
                ),
            true,
            'a server that is ready',
            patience,
        );
        const said = (await label.getAttribute('aria-label')) ?? '';
        return Number(/(\d+) finding/.exec(said)?.[1] ?? 0);
    }

    /** Waits for squiggles of a severity: `error`, `warning`, `info` or `hint`. */
    async squiggle(severity = 'error') {
        await this.page.locator(`.squiggly-${severity}`).first().waitFor({ state: 'attached' });
    }

    /** Waits for findings and lenses: lenses that appear move the lines, which closes hovers. */
    async drawn() {
        await this.ready();
        await this.page.locator('.codelens-decoration:visible', { hasText: '·' }).first().waitFor();
    }

    /** Shows the hover of the cursor's place; gives its text when it contains `wanted`. */
    async hover(wanted) {
        await this.drawn();
        const hover = this.page.locator('.monaco-hover:visible', { hasText: wanted }).first();
        await again(async () => {
            await this.page.keyboard.press('Control+K');
            await this.page.keyboard.press('Control+I');
            await hover.waitFor({ timeout: MOMENT });
        });
        return { hover, text: await hover.innerText() };
    }

    /** Opens the menu of fixes; gives its rows when one of them contains `wanted`. */
    async fixes(wanted) {
        await this.drawn();
        const rows = this.page.locator('.action-widget .monaco-list-row');
        await again(async () => {
            await this.page.keyboard.press('Control+.');
            await rows.filter({ hasText: wanted }).first().waitFor({ timeout: MOMENT });
        });
        return rows;
    }

    /** Applies the fix whose title contains `wanted`; `after` is the file's text then. Saved byte by byte. */
    async fix(wanted, file, after) {
        const rows = await this.fixes(wanted);
        await rows.filter({ hasText: wanted }).first().click();
        await this.page.locator('.tab.active.dirty').waitFor();
        await this.save(file, after);
    }

    /** Saves the open file, and compares the disk's bytes. */
    async save(file, after) {
        await this.page.keyboard.press('Control+S');
        await this.page.locator('.tab.active:not(.dirty)').waitFor();
        const read = () => fs.readFileSync(path.join(this.folder, file), 'utf8');
        await until(read, after, `the text of ${file}`).catch(() => {});
        assert.equal(read(), after);
    }

    /** Replaces a line of the open file from its first word on. */
    async replaceLine(line, text) {
        await this.go(line, 1);
        await this.page.keyboard.press('End');
        await this.page.keyboard.press('Shift+Home');
        await this.page.keyboard.insertText(text);
    }

    /** The page inside a webview. */
    webview() {
        return this.page.frameLocator('iframe.webview.ready').frameLocator('iframe#active-frame');
    }

    /** Waits until `lead` shows our log. What it says is not there: code-server lacks the writer of log files. */
    async logShown(lead) {
        const lists = this.page.locator('.part.panel select');
        const chosen = () =>
            lists.evaluateAll((found) =>
                found.every((one) => one.selectedOptions[0]?.text === 'Unlag'),
            );
        await again(async () => {
            await lead();
            await lists.first().waitFor({ state: 'attached', timeout: MOMENT });
        });
        await until(chosen, true, 'our channel in Output');
    }

    /** A row of a view in the sidebar. */
    row(text) {
        return this.page.locator('.pane-body .monaco-list-row', { hasText: text }).first();
    }

    /** A notification that contains `text`. */
    notification(text) {
        return this.page.locator('.notification-toast', { hasText: text });
    }
}

/** Something did not show in time; Playwright's own errors of that kind have the same name. */
class TimeoutError extends Error {
    name = 'TimeoutError';
}

/** Waits until a question has the answer wanted. */
export async function until(question, wanted, what, patience = PATIENCE) {
    const end = Date.now() + patience;
    for (;;) {
        const answer = await question();
        if (answer === wanted) {
            return;
        }
        if (Date.now() > end) {
            throw new TimeoutError(
                `${what}: ${JSON.stringify(answer)}, not ${JSON.stringify(wanted)}`,
            );
        }
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
}

/** Does it again where the editor was about to draw something else; three times at most. */
export async function again(step) {
    for (let attempt = 1; ; attempt++) {
        try {
            return await step();
        } catch (error) {
            if (attempt === 3) {
                throw error;
            }
        }
    }
}

async function expectText(locator, wanted) {
    await locator.filter({ hasText: wanted }).waitFor();
}
