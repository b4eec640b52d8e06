import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

/** In pyproject.toml and not in the bundle, and why. */
const LEFT_OUT = new Map([
    ['rich', 'for terminals only'],
    ['jedi', 'asked where `initializationOptions.jedi` is set, which the extension leaves alone'],
    ['pyyaml', 'pinned in bundle.mjs: shipped without its compiled parser'],
]);

const read = (file: string) => readFileSync(file, 'utf8');
const manifest = JSON.parse(read('package.json'));
const pinned = new Map(
    [...read('client/python/requirements.txt').split('\n')]
        .concat(read('client/python/requirements-native.txt').split('\n'))
        .map((line) => /^([\w-]+)==(\S+)$/.exec(line))
        .filter((match) => match !== null)
        .map(([, name, version]) => [String(name).toLowerCase(), String(version)]),
);

test('the bundle holds what pyproject.toml asks for', () => {
    const [, wanted = ''] = /^dependencies = \[\n(.*?)^\]/ms.exec(read('pyproject.toml')) ?? [];
    const names = [...wanted.matchAll(/"([\w-]+)/g)].map(([, name]) => String(name).toLowerCase());
    assert.ok(names.length > 5);
    const missing = names.filter((name) => !pinned.has(name) && !LEFT_OUT.has(name));
    assert.deepEqual(missing, []);
});

test('a platform with libraries of its own has the same ones, at versions that pyproject.toml allows', () => {
    const project = read('pyproject.toml');
    const files = readdirSync('client/python').filter((name) => /^requirements-native-/.test(name));
    assert.ok(files.length > 0);
    const parts = (version: string) => version.split('.').map(Number);
    for (const file of files) {
        const own = [...read(`client/python/${file}`).matchAll(/^([\w-]+)==(\S+)$/gm)];
        const shared = [...read('client/python/requirements-native.txt').matchAll(/^([\w-]+)==/gm)];
        assert.deepEqual(
            own.map(([, name]) => name),
            shared.map(([, name]) => name),
        );
        for (const [, name, version = ''] of own) {
            const [, least = ''] = new RegExp(`"${name}>=([\\d.]+)"`).exec(project) ?? [];
            const [[major = 0, minor = 0], [wanted = 0, lowest = 0]] = [
                parts(version),
                parts(least),
            ];
            assert.ok(major > wanted || (major === wanted && minor >= lowest), `${file}: ${name}`);
        }
    }
});

test('jedi, which is not bundled, has one home, and the extension never asks for it', () => {
    const naming = (folder: string, pattern: RegExp) =>
        readdirSync(folder, { recursive: true, encoding: 'utf8' })
            .filter((name) => /\.(py|ts)$/.test(name))
            .filter((name) => pattern.test(read(`${folder}/${name}`)));
    const importing = naming('server/unlag', /^\s*(?:import|from) jedi\b/m);
    assert.ok(
        importing.every((name) => name === 'lsp/oracle/child.py'),
        `${importing}`,
    );
    assert.deepEqual(naming('client/src', /\bjedi\b/), []);
});

test('the extension has the version of its server', () => {
    const [, version] = /__version__ = "(.+)"/.exec(read('server/unlag/__init__.py')) ?? [];
    assert.equal(manifest.version, version);
});

test('types are those of the oldest editor supported', () => {
    assert.equal(manifest.engines.vscode, `^${manifest.devDependencies['@types/vscode']}`);
});

test('the protocol’s library is loaded where a server is started, and nowhere else', () => {
    const importing = readdirSync('client/src', { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts'))
        .filter((name) =>
            /^(?:import \{|\}) .*from 'vscode-languageclient/m.test(read(`client/src/${name}`)),
        );
    assert.deepEqual(importing, ['connection.ts']);
    const leading = readdirSync('client/src', { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts'))
        .filter((name) => /from '\.+\/connection\.ts'/.test(read(`client/src/${name}`)));
    assert.deepEqual(leading, [], 'it is imported late');
});

test('at most ten settings, each described', () => {
    const settings: { markdownDescription?: string }[] = Object.values(
        manifest.contributes.configuration.properties,
    );
    assert.ok(settings.length <= 10);
    assert.ok(settings.every(({ markdownDescription }) => (markdownDescription ?? '').length > 20));
});

test('every command of the manifest is registered, and the other way round', () => {
    const declared = manifest.contributes.commands.map(
        ({ command }: { command: string }) => command,
    );
    const sources = ['commands', 'rules', 'endpoints/view'].map((name) =>
        read(`client/src/${name}.ts`),
    );
    const written = sources.join('\n').matchAll(/(?:registerCommand\(|^ {8})'(unlag\.[\w.]+)'/gm);
    assert.deepEqual([...new Set([...written].map(([, name]) => name))].sort(), declared.sort());
});

test('the page on the marketplace names every setting and every command of the palette', () => {
    const page = read('client/README.md');
    const { configuration, commands, menus } = manifest.contributes;
    const settings = Object.keys(configuration.properties).map((name) => `\`${name}\``);
    const hidden = menus.commandPalette
        .filter(({ when }: { when: string }) => when === 'false')
        .map(({ command }: { command: string }) => command);
    const titles = commands
        .filter(({ command }: { command: string }) => !hidden.includes(command))
        .map(({ title }: { title: string }) => title);
    assert.ok(settings.length > 0 && titles.length > 0);
    assert.deepEqual(
        [...settings, ...titles].filter((words) => !page.includes(words)),
        [],
    );
});

test('pictures that are shown are there', () => {
    for (const [file, folder] of [
        ['README.md', '.'],
        ['client/README.md', 'client'],
    ] as const) {
        const shown = [...read(file).matchAll(/!\[[^\]]+\]\(([^)]+)\)/g)].map(([, name]) => name);
        assert.ok(shown.length > 0);
        assert.deepEqual(
            shown.filter((name) => !existsSync(`${folder}/${name}`)),
            [],
        );
    }
    const steps: { media: { image: string } }[] = manifest.contributes.walkthroughs[0].steps;
    assert.ok(steps.every(({ media }) => existsSync(media.image)));
});
