/**
 * Runs the tests of the packaged extension: `npm run test:e2e`, with --times 5 again and again.
 * Packs the extension first. Without a Chromium it says so and runs what needs none.
 */

import { spawnSync } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { prepare } from './setup.mjs';

const here = import.meta.dirname;
const top = path.join(here, '../..');
const times = Number(process.argv[process.argv.indexOf('--times') + 1]) || 1;

step([path.join(top, 'client/package.mjs')]);
const missing = prepare();
if (missing !== '') {
    console.log(`e2e: no test in a real VS Code, because ${missing}.`);
}
const inEditor = ['host', 'interpreters', 'shop', 'trust', 'window'].map(
    (name) => `${name}.test.mjs`,
);
const files = ['package.test.mjs', ...(missing === '' ? inEditor : [])];
for (let time = 1; time <= times; time++) {
    const start = Date.now();
    step(['--test', '--test-concurrency=1', '--test-reporter=spec', ...files]);
    if (times > 1) {
        const minutes = ((Date.now() - start) / 60_000).toFixed(1);
        const load = os.loadavg().map((one) => one.toFixed(1));
        console.log(
            `e2e: run ${time} of ${times} passed in ${minutes} minutes, load ${load.join(', ')}`,
        );
    }
}

function step(args) {
    const { status } = spawnSync(process.execPath, args, { cwd: here, stdio: 'inherit' });
    if (status !== 0) {
        process.exit(status ?? 1);
    }
}
