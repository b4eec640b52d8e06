/**
 * Makes the .vsix: `npm run package` for this machine, `npm run package -- linux-arm64 win32-x64` for others,
 * `npm run package -- --all` for every platform.
 */

import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { bundle, ownPlatform, PLATFORMS, VERSIONS } from './python/bundle.mjs';

const here = import.meta.dirname;
const top = path.join(here, '..');
const given = process.argv.slice(2);
const platforms = given.includes('--all') ? Object.keys(PLATFORMS) : given;

const unknown = platforms.filter((platform) => !(platform in PLATFORMS));
if (unknown.length > 0) {
    console.error(`${unknown.join(', ')}: none of ${Object.keys(PLATFORMS).join(', ')}.`);
    process.exit(2);
}
for (const platform of platforms.length > 0 ? platforms : [ownPlatform()]) {
    const versions = bundle(platform, path.join(here, 'dist/server'));
    const lacking = VERSIONS.filter((one) => !versions.includes(one));
    if (versions.length === 0) {
        console.error(`${platform}: no package, for there are no wheels for any CPython.`);
        process.exitCode = 1;
        continue;
    }
    const { version, repository } = JSON.parse(
        readFileSync(path.join(top, 'package.json'), 'utf8'),
    );
    const file = `unlag-${platform}-${version}.vsix`;
    const vsce = path.join(top, 'node_modules/@vscode/vsce/vsce');
    const form = ['--no-dependencies', '--readme-path', 'client/README.md'];
    if (repository === undefined) {
        form.push('--allow-missing-repository', '--no-rewrite-relative-links');
    } else {
        const address = (repository.url ?? repository).replace(/^git\+|\.git$/g, '');
        form.push('--baseImagesUrl', `${address}/raw/HEAD/client`);
        form.push('--baseContentUrl', `${address}/blob/HEAD/client`);
    }
    const args = [vsce, 'package', ...form, '--target', platform, '--out', file];
    execFileSync(process.execPath, args, { cwd: top, stdio: ['ignore', 'ignore', 'inherit'] });
    const size = (statSync(path.join(top, file)).size / 1e6).toFixed(1);
    const without = lacking.length > 0 ? `; no wheels for ${lacking.join(', ')}` : '';
    console.log(`${file} (${size} MB): CPython ${versions.join(', ')}${without}`);
}
