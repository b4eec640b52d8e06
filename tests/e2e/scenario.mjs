/** Tests that share one VS Code, each with a window and a copy of the shop of its own. */

import path from 'node:path';
import { after, before, test } from 'node:test';
import { copied, launch, servers, shop } from './editor.mjs';
import { until } from './workbench.mjs';

/**
 * Launches VS Code before the file's tests and stops it after them. What is given back makes a test of steps, which
 * get the editor and `folder`, a fresh copy in `place`; a test that fails leaves a picture, and none leaves a server.
 */
export function scenarios(options) {
    let editor;
    let number = 0;
    before(async () => {
        editor = await launch(options);
    });
    after(async () => {
        await editor?.stop();
    });
    return (name, steps) => {
        test(name, { timeout: 120_000 }, async () => {
            number += 1;
            const place = path.join(editor.folder, `work-${number}`);
            try {
                const { workbench, page } = editor;
                await steps({ editor, workbench, page, place, folder: copied(shop, place) });
            } catch (error) {
                await editor.workbench.picture(`failed ${name.slice(0, 40)}`);
                throw error;
            } finally {
                await editor.workbench.leave();
            }
            await until(() => servers(editor).length, 0, 'servers after the window was closed');
        });
    };
}
