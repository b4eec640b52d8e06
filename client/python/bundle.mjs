/** Puts the Python side together: our server, its libraries, and compiled modules for every CPython of a platform. */

import { execFileSync } from 'node:child_process';
import {
    cpSync,
    existsSync,
    lstatSync,
    mkdirSync,
    mkdtempSync,
    readdirSync,
    readFileSync,
    rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const here = import.meta.dirname;
const top = path.join(here, '../..');

export const VERSIONS = ['3.10', '3.11', '3.12', '3.13', '3.14'];

/** VS Code's names of platforms, and pip's. */
export const PLATFORMS = {
    'linux-x64': ['manylinux_2_28_x86_64', 'manylinux_2_17_x86_64', 'manylinux2014_x86_64'],
    'linux-arm64': ['manylinux_2_28_aarch64', 'manylinux_2_17_aarch64', 'manylinux2014_aarch64'],
    'alpine-x64': ['musllinux_1_2_x86_64', 'musllinux_1_1_x86_64'],
    'alpine-arm64': ['musllinux_1_2_aarch64', 'musllinux_1_1_aarch64'],
    'darwin-x64': ['macosx_11_0_x86_64', 'macosx_10_15_x86_64', 'macosx_10_13_x86_64'].concat([
        'macosx_10_12_x86_64',
        'macosx_10_9_x86_64',
        'macosx_11_0_universal2',
        'macosx_10_9_universal2',
    ]),
    'darwin-arm64': ['macosx_11_0_arm64', 'macosx_11_0_universal2', 'macosx_10_9_universal2'],
    'win32-x64': ['win_amd64'],
    'win32-arm64': ['win_arm64'],
};

/** The platform of this machine. */
export function ownPlatform() {
    const system = existsSync('/etc/alpine-release') ? 'alpine' : process.platform;
    return `${system}-${process.arch}`;
}

/**
 * Makes the folder `into` hold the server for `platform`. Returns the CPythons it can run under: a
 * platform can lack wheels of some.
 */
export function bundle(platform, into) {
    rmSync(into, { recursive: true, force: true });
    mkdirSync(into, { recursive: true });
    cpSync(path.join(top, 'server/unlag'), path.join(into, 'unlag'), {
        recursive: true,
        filter: (file) => !file.includes('__pycache__'),
    });
    cpSync(path.join(here, 'start.py'), path.join(into, 'start.py'));
    const libraries = path.join(into, 'libraries');
    const pure = ['--implementation', 'py', '--abi', 'none', '--platform', 'any'];
    install(['-r', path.join(here, 'requirements.txt')], libraries, VERSIONS[0], pure);
    yaml(libraries);
    const versions = VERSIONS.filter((version) => native(platform, version, libraries));
    rmSync(path.join(libraries, 'bin'), { recursive: true, force: true });
    return versions;
}

/** Adds the compiled libraries for one CPython; false where there are no wheels for it. */
function native(platform, version, libraries) {
    const folder = mkdtempSync(path.join(tmpdir(), 'unlag-wheels-'));
    const tags = PLATFORMS[platform].flatMap((tag) => ['--platform', tag]);
    try {
        const own = path.join(here, `requirements-native-${platform}.txt`);
        const shared = path.join(here, 'requirements-native.txt');
        const wanted = ['-r', existsSync(own) ? own : shared];
        install(wanted, folder, version, ['--implementation', 'cp', ...tags]);
        merge(folder, libraries);
        return true;
    } catch (error) {
        if (/No matching distribution/.test(error.stderr)) {
            return false;
        }
        throw error;
    } finally {
        rmSync(folder, { recursive: true, force: true });
    }
}

/** PyYAML in its pure form: its wheel for this very Python, without the compiled parser. */
function yaml(libraries) {
    install(['PyYAML==6.0.3'], libraries, undefined, []);
    const folder = path.join(libraries, 'yaml');
    for (const name of readdirSync(folder).filter((file) => /\.(so|pyd)$/.test(file))) {
        rmSync(path.join(folder, name));
    }
}

function install(wanted, target, version, tags) {
    const options = ['--quiet', '--disable-pip-version-check', '--no-deps', '--no-compile'];
    const only = ['--only-binary=:all:', '--upgrade', '--target', target];
    const chosen = version === undefined ? [] : ['--python-version', version];
    const args = ['-m', 'pip', 'install', ...options, ...only, ...chosen, ...tags, ...wanted];
    execFileSync(python(), args, { encoding: 'utf8', stdio: ['ignore', 'inherit', 'pipe'] });
    forget(target);
}

/** What tells of one installation, or of the machine that a wheel was built on; licences and metadata stay. */
const INSTALLATION = ['RECORD', 'WHEEL', 'INSTALLER', 'REQUESTED', 'direct_url.json', 'sboms'];
/** What no server needs: libraries' own tests, and types. */
const UNNEEDED = /^(tests|pytest_plugin\.py|py\.typed|\.pyre_configuration)$|\.pyi$/;

function forget(target) {
    for (const name of readdirSync(target).filter((file) => file.endsWith('.dist-info'))) {
        for (const file of INSTALLATION) {
            rmSync(path.join(target, name, file), { force: true, recursive: true });
        }
    }
    for (const name of readdirSync(target, { recursive: true })) {
        if (UNNEEDED.test(path.basename(name))) {
            rmSync(path.join(target, name), { force: true, recursive: true });
        }
    }
}

/** Adds one CPython's files to those of the others, which must be the same but for compiled modules. */
function merge(from, into) {
    for (const name of readdirSync(from, { recursive: true })) {
        const [source, target] = [path.join(from, name), path.join(into, name)];
        if (lstatSync(source).isDirectory()) {
            continue;
        }
        if (existsSync(target) && !readFileSync(source).equals(readFileSync(target))) {
            throw new Error(
                `${name} differs between CPythons, so that their wheels cannot be merged`,
            );
        }
        cpSync(source, target);
    }
}

function python() {
    const own = path.join(top, '.venv/bin/python');
    return existsSync(own) ? own : process.platform === 'win32' ? 'python' : 'python3';
}
