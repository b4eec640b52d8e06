import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import {
    type Attempt,
    type Candidate,
    describe,
    described,
    inFolder,
    isBelow,
    onPath,
    reason,
} from '../../client/src/pythons.ts';

const START = path.resolve('client/python/start.py');
const candidate = (command: string): Candidate => ({ command, args: [], origin: 'a test' });

test('a project’s environments come under the platform’s names', () => {
    const commands = (platform: NodeJS.Platform) =>
        inFolder('/shop', platform).map(({ command }) => command);
    assert.deepEqual(commands('linux'), ['/shop/.venv/bin/python', '/shop/venv/bin/python']);
    assert.deepEqual(commands('win32'), [
        '/shop/.venv/Scripts/python.exe',
        '/shop/venv/Scripts/python.exe',
    ]);
});

test('the search path is searched name by name, python3 first', () => {
    const commands = onPath('/a:/b', [], 'linux').map(({ command }) => command);
    assert.deepEqual(commands.slice(0, 4), ['/a/python3', '/b/python3', '/a/python', '/b/python']);
    assert.ok(commands.includes('/b/python3.10'));
});

test('programs inside a workspace are not run for their name', () => {
    const commands = onPath('.:/shop/bin:bin:/usr/bin', ['/shop'], 'linux');
    assert.ok(commands.every(({ command }) => command.startsWith('/usr/bin/')));
});

test('the launcher of Windows is asked for Python 3', () => {
    const launcher = onPath('/Windows', [], 'win32').find(({ command }) =>
        /py\.exe$/.test(command),
    );
    assert.deepEqual(launcher?.args, ['-3']);
});

test('a folder is below itself and its parents only', () => {
    assert.ok(isBelow('/shop', '/shop'));
    assert.ok(isBelow('/shop/app', '/shop'));
    assert.ok(!isBelow('/shopping', '/shop'));
    assert.ok(!isBelow('/', '/shop'));
});

test('what is no answer is no Python', () => {
    assert.equal(described(''), undefined);
    assert.equal(described('Python was not found; run without arguments to install'), undefined);
    assert.equal(described('{}'), undefined);
    assert.equal(described('null'), undefined);
});

test('a Python that runs says what it is; without the bundle beside it is not able', async () => {
    const { found } = await describe(candidate('python3'), START);
    assert.match(found?.version ?? '', /^3\.\d+\.\d+/);
    assert.ok(path.isAbsolute(found?.executable ?? ''));
    assert.equal(found?.isAble, false);
});

test('a program that cannot be run, or is no Python, was tried in vain', async () => {
    for (const command of ['/nowhere/python3', process.execPath]) {
        const attempt = await describe(candidate(command), START);
        assert.equal(attempt.found, undefined);
        assert.equal(reason(attempt), `${command} (a test) does not run`);
    }
});

test('the reason names the interpreter and its version', () => {
    const attempt = (implementation: string): Attempt => ({
        candidate: candidate('python3'),
        found: { executable: '/usr/bin/python3', version: '3.9.2', implementation, isAble: false },
    });
    assert.equal(reason(attempt('cpython')), '/usr/bin/python3 (a test) is Python 3.9.2');
    assert.equal(reason(attempt('pypy')), '/usr/bin/python3 (a test) is pypy 3.9.2');
});
