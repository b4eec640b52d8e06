/** Builds the extension's bundle; with --tests the unit tests, with --watch again at every change. */

import { rmSync } from 'node:fs';
import path from 'node:path';
import * as esbuild from 'esbuild';

const here = import.meta.dirname;
const given = new Set(process.argv.slice(2));
const common = {
    bundle: true,
    platform: 'node',
    target: 'node20',
    logLevel: 'warning',
    sourcemap: given.has('--minify') ? false : 'linked',
};
/** What is imported late is a file of its own, so that nobody waits for it to be read before that. */
const late = {
    name: 'late',
    setup(build) {
        build.onResolve({ filter: /^\.\/connection\.ts$/ }, ({ kind }) => {
            return kind === 'dynamic-import'
                ? { path: './connection.js', external: true }
                : undefined;
        });
    },
};
const extension = {
    ...common,
    entryPoints: ['extension', 'connection'].map((name) => path.join(here, `src/${name}.ts`)),
    outdir: path.join(here, 'dist'),
    format: 'cjs',
    external: ['vscode'],
    plugins: [late],
    supported: { 'dynamic-import': false }, // `require`, which the extension host knows how to serve
    minify: given.has('--minify'),
    legalComments: 'linked',
};

if (given.has('--tests')) {
    const outdir = path.join(here, 'dist/tests');
    rmSync(outdir, { recursive: true, force: true });
    await esbuild.build({
        ...common,
        entryPoints: [path.join(here, '../tests/client/*.test.ts')],
        outdir,
        outExtension: { '.js': '.mjs' },
        format: 'esm',
    });
} else if (given.has('--watch')) {
    await (await esbuild.context(extension)).watch();
} else {
    await esbuild.build(extension);
}
