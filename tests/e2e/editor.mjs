/** A real VS Code on throw-away folders: code-server with the packaged extension, and a Chromium that shows it. */

import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { chromium as browsers } from 'playwright-core';
import { CODE_SERVER, chromium, NODE } from './setup.mjs';
import { Workbench } from './workbench.mjs';

const here = import.meta.dirname;
export const top = path.join(here, '../..');
export const artefacts = path.join(here, 'artefacts');
export const shop = path.join(top, 'tests/samples/shop');

const START_UP = 90_000;
/** Answered by a service worker in the page: webviews get their style sheets under this name. */
const RESOURCES = '.vscode-resource.vscode-cdn.net';
const SETTINGS = {
    'chat.disableAIFeatures': true,
    'editor.acceptSuggestionOnEnter': 'off',
    'editor.autoClosingBrackets': 'never',
    'editor.autoClosingQuotes': 'never',
    'editor.autoIndent': 'none',
    'editor.cursorBlinking': 'solid',
    'editor.fontSize': 14,
    'editor.hover.delay': 100,
    'editor.minimap.enabled': false,
    'editor.quickSuggestions': 'off',
    'editor.stickyScroll.enabled': false,
    'extensions.autoCheckUpdates': false,
    'extensions.autoUpdate': false,
    'extensions.ignoreRecommendations': true,
    'files.autoSave': 'off',
    'git.enabled': false,
    'remote.autoForwardPorts': false,
    'telemetry.telemetryLevel': 'off',
    'update.mode': 'none',
    'window.restoreWindows': 'none',
    'workbench.colorTheme': 'Default Dark Modern',
    'workbench.enableExperiments': false,
    'workbench.secondarySideBar.defaultVisibility': 'hidden',
    'workbench.startupEditor': 'none',
    'workbench.tips.enabled': false,
};

/** The package for this machine, as `npm run package` makes it. */
export function vsix() {
    const { version } = JSON.parse(fs.readFileSync(path.join(top, 'package.json'), 'utf8'));
    return path.join(top, `unlag-linux-x64-${version}.vsix`);
}

/**
 * Starts VS Code with the package installed. `isTrusted` false leaves its question about trust on;
 * `view` is what Playwright is to set about the page; `hasPython` false hides this machine's Pythons:
 * programs are then looked for in the folder `bin` only; `extensions` are folders of others to install.
 */
export async function launch({ name, settings = {}, options = [], view = {}, ...having }) {
    const { isTrusted = true, hasPython = true, extensions = [] } = having;
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'unlag-e2e-'));
    const data = path.join(folder, 'data');
    const trust = { 'security.workspace.trust.enabled': !isTrusted };
    // the window is a remote one: settings of the machine count in Machine/ only
    write(path.join(data, 'User/settings.json'), { ...SETTINGS, ...trust, ...settings });
    write(path.join(data, 'Machine/settings.json'), settings);
    const bin = path.join(folder, 'bin');
    fs.mkdirSync(bin);
    // the last keeps the extension host from asking a login shell for another PATH
    const hidden = hasPython ? {} : { PATH: bin, VSCODE_CLI: '1' };
    const env = { ...environment(folder), ...hidden };
    const common = [CODE_SERVER, '--user-data-dir', data];
    common.push('--extensions-dir', path.join(folder, 'extensions'));
    const installed = [vsix(), ...extensions.map((one) => packed(one, folder))];
    const wanted = installed.flatMap((file) => ['--install-extension', file]);
    execFileSync(NODE, [...common, ...wanted], { env, stdio: 'pipe' });
    fs.mkdirSync(artefacts, { recursive: true });
    const log = fs.createWriteStream(path.join(artefacts, `${name}.log`));
    const quiet = ['--disable-telemetry', '--disable-update-check', '--ignore-last-opened'];
    quiet.push('--disable-getting-started-override', ...options);
    // a page that goes now and then fails to say so, and would be waited for these seconds: three hours by default
    quiet.push('--reconnection-grace-time', '3');
    if (isTrusted) {
        quiet.push('--disable-workspace-trust');
    }
    const address = ['--auth', 'none', '--bind-addr', '127.0.0.1:0'];
    const args = [...common, ...address, ...quiet];
    const server = spawn(NODE, args, { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    server.stderr.pipe(log, { end: false });
    const port = await listening(server, log);
    const browser = await browse(folder, view);
    const page = browser.pages()[0] ?? (await browser.newPage());
    page.on('console', (said) => said.type() === 'error' && log.write(`console: ${said.text()}\n`));
    const outside = watchOutside(page);
    const stop = async () => {
        await browser.close();
        await end(server);
        log.end();
        fs.cpSync(path.join(data, 'logs'), path.join(artefacts, `${name}-logs`), {
            recursive: true,
        });
        fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    };
    const workbench = new Workbench(page, port, name);
    return { page, port, folder, bin, data, outside, stop, workbench };
}

/** A package of the extension in a folder. */
function packed(extension, into) {
    const name = path.basename(extension);
    const inside = path.join(into, name, 'extension');
    fs.cpSync(extension, inside, { recursive: true });
    fs.cpSync(path.join(extension, '../selection.cjs'), path.join(inside, 'selection.cjs'));
    const file = path.join(into, `${name}.vsix`);
    const zip = ['-m', 'zipfile', '-c', file, 'extension'];
    execFileSync('python3', zip, { cwd: path.join(into, name) });
    return file;
}

const reports = new Map();

/** What the packaged server's own command line finds in a folder, or in one file of it. */
export function found(editor, folder, file) {
    const texts = digest(folder);
    const findings = reports.get(texts) ?? checked(editor, folder);
    reports.set(texts, findings);
    return file === undefined ? findings : findings.filter(({ path: place }) => place === file);
}

function checked(editor, folder) {
    const extensions = path.join(editor.folder, 'extensions');
    const [name] = fs.readdirSync(extensions).filter((entry) => entry.startsWith('unlag.unlag'));
    const start = path.join(extensions, name, 'client/dist/server/start.py');
    const report = ['--exit-zero', '--no-cache', '--output-format', 'json'];
    const args = ['-I', '-S', start, 'check', ...report];
    const printed = execFileSync('python3', args, { cwd: folder, encoding: 'utf8' });
    return JSON.parse(printed).findings;
}

/** The same for folders that hold the same. */
function digest(folder) {
    const hash = createHash('sha256');
    const entries = fs.readdirSync(folder, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    for (const file of files.map(({ parentPath, name }) => path.join(parentPath, name)).sort()) {
        hash.update(`${path.relative(folder, file)}\0`).update(fs.readFileSync(file));
    }
    return hash.digest('hex');
}

/** Findings in the words of the status bar, such as `7 1 2`. */
export function counted(findings) {
    const of = (wanted) => findings.filter(({ severity }) => severity === wanted).length;
    return ['error', 'warning', 'information'].map(of).join(' ');
}

/** The server processes of an editor. */
export function servers(editor) {
    return fs
        .readdirSync('/proc')
        .filter((entry) => /^\d+$/.test(entry))
        .filter((pid) => {
            const line = commandLine(pid);
            return line.includes(editor.folder) && line.endsWith('start.py server');
        })
        .map(Number);
}

export function commandLine(pid) {
    try {
        const text = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        return text.split('\0').join(' ').trim();
    } catch {
        return ''; // it ended meanwhile
    }
}

/** A copy of a folder, for one test to change. */
export function copied(from, into, name = path.basename(from)) {
    const target = path.join(into, name);
    fs.cpSync(from, target, { recursive: true, filter: (file) => !/__pycache__/.test(file) });
    return target;
}

function environment(folder) {
    const own = { EXTENSIONS_GALLERY: '{}', CODE_SERVER_CONFIG: path.join(folder, 'config.yaml') };
    for (const name of ['XDG_DATA_HOME', 'XDG_CONFIG_HOME', 'XDG_CACHE_HOME', 'TMPDIR']) {
        own[name] = folder;
    }
    const env = { ...process.env, ...own };
    for (const name of Object.keys(env).filter((name) => name.startsWith('VSCODE_'))) {
        delete env[name];
    }
    delete env.VIRTUAL_ENV;
    return env;
}

function listening(server, log) {
    return new Promise((resolve, reject) => {
        let seen = '';
        server.stdout.on('data', (piece) => {
            log.write(piece);
            seen += piece;
            const [, port] =
                /HTTP server listening on http:\/\/127\.0\.0\.1:(\d+)/.exec(seen) ?? [];
            if (port !== undefined) {
                resolve(Number(port));
            }
        });
        server.once('exit', (code) => reject(new Error(`code-server ended with ${code}: ${seen}`)));
    });
}

function browse(folder, view) {
    const quiet = ['--no-first-run', '--disable-background-networking', '--disable-sync'];
    return browsers.launchPersistentContext(path.join(folder, 'chromium'), {
        executablePath: chromium(),
        headless: true,
        viewport: { width: 1280, height: 800 },
        ...view,
        permissions: ['clipboard-read', 'clipboard-write'],
        timeout: START_UP,
        args: [...quiet, '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic'].concat([
            '--disable-component-update',
        ]),
    });
}

/** Hosts other than this machine that the page asked for. */
function watchOutside(page) {
    const hosts = new Set();
    page.on('request', (request) => {
        const { protocol, hostname } = new URL(request.url());
        const isOwn = hostname === '127.0.0.1' || hostname.endsWith(RESOURCES);
        if (/^(https?|wss?):$/.test(protocol) && !isOwn) {
            hosts.add(hostname);
        }
    });
    return hosts;
}

async function end(server) {
    const gone = new Promise((resolve) => server.once('exit', resolve));
    kill(server, 'SIGTERM');
    await Promise.race([gone, new Promise((resolve) => setTimeout(resolve, 5_000).unref())]);
    kill(server, 'SIGKILL');
}

function kill(server, signal) {
    try {
        process.kill(-server.pid, signal); // the group: code-server starts others
    } catch {
        // it has gone
    }
}

function write(file, value) {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, JSON.stringify(value, null, 2));
}
