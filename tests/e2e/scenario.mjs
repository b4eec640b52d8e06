/** Tests that share one VS Code, each with a window and a copy of the shop of its own. */

import path from 'node:path';
import { after, before, test } from 'node:test';
import { copied, launch, servers, shop } from './editor.mjs';
import { until } from './workbench.mjs';

/**
 * Launches VS Code before the file's tests and stops it after them. What is given back makes a test of steps, which
 * get the editor and `folder`, a fresh copy in `place`; a test that fails leaves a picture, and none leaves a server.
 * Where something did not show in time, the steps are taken once more in a new window; what shows wrong fails at once.
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
    async function take(name, steps) {
        number += 1;
        const place = path.join(editor.folder, `work-${number}`);
        try {
            const { workbench, page } = editor;
            await steps({ editor, workbench, page, place, folder: copied(shop, place) });
        } catch (error) {
            await editor.workbench.picture(`failed ${number} ${name.slice(0, 40)}`);
            throw error;
        } finally {
            await editor.workbench.leave();
        }
        await until(() => servers(editor).length, 0, 'servers after the window was closed');
    }
    return (name, steps) => {
        test(name, { timeout: 240_000 }, async (context) => {
            try {
                await take(name, steps);
            } catch (error) {
                if (error.name !== 'TimeoutError') {
                    throw error;
                }
                context.diagnostic(`taken once more: ${error.stack}`);
                await take(name, steps);
            }
        });
    };
}
