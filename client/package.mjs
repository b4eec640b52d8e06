/**
 * Makes the .vsix: `npm run package` for this machine, `npm run package -- linux-arm64 win32-x64` for others,
 * `npm run package -- --all` for every platform.
 */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { bundle, ownPlatform, PLATFORMS } from './python/bundle.mjs';

const here = import.meta.dirname;
const top = path.join(here, '..');
const given = process.argv.slice(2);
const platforms = given.includes('--all') ? Object.keys(PLATFORMS) : given;

for (const platform of platforms.length > 0 ? platforms : [ownPlatform()]) {
    if (!(platform in PLATFORMS)) {
        console.error(`${platform} is none of ${Object.keys(PLATFORMS).join(', ')}.`);
        process.exit(2);
    }
    const versions = bundle(platform, path.join(here, 'dist/server'));
    if (versions.length === 0) {
        console.error(`${platform}: there are no wheels for any CPython.`);
        process.exit(1);
    }
    const { version } = JSON.parse(readFileSync(path.join(top, 'package.json'), 'utf8'));
    const file = `unlag-${platform}-${version}.vsix`;
    const vsce = path.join(top, 'node_modules/@vscode/vsce/vsce');
    const form = ['--no-dependencies', '--allow-missing-repository', '--no-rewrite-relative-links'];
    const args = [vsce, 'package', ...form, '--target', platform, '--out', file];
    execFileSync(process.execPath, args, { cwd: top, stdio: ['ignore', 'ignore', 'inherit'] });
    console.log(`${file}: CPython ${versions.join(', ')}`);
}
