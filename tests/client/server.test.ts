import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Lines, said } from '../../client/src/lines.ts';
import { Restarts } from '../../client/src/restarts.ts';

test('a server that dies is started three times in three minutes, and no more', () => {
    const restarts = new Restarts(3, 180_000);
    assert.deepEqual(
        [0, 1_000, 2_000, 3_000].map((now) => restarts.isWorthIt(now)),
        [true, true, true, false],
    );
});

test('deaths long ago do not count', () => {
    const restarts = new Restarts(1, 1_000);
    assert.ok(restarts.isWorthIt(0));
    assert.ok(!restarts.isWorthIt(999));
    assert.ok(restarts.isWorthIt(2_500));
});

test('who asks for a restart gets all chances anew', () => {
    const restarts = new Restarts(1, 1_000);
    restarts.isWorthIt(0);
    restarts.forgive();
    assert.ok(restarts.isWorthIt(1));
});

test('lines keep the level that the server gave them', () => {
    const info = said('12:00:01 unlag info: Read 67 files.');
    assert.deepEqual(info, { level: 'info', text: 'Read 67 files.' });
    assert.equal(said('12:00:01 unlag warning: x').level, 'warn');
});

test('what an interpreter prints of its own is an error', () => {
    const line = 'ModuleNotFoundError: No module named unlag';
    assert.deepEqual(said(line), { level: 'error', text: line });
});

test('pieces are put together to lines', () => {
    const taken: string[] = [];
    const lines = new Lines(({ text }) => taken.push(text));
    for (const piece of [
        '12:00:01 unlag in',
        'fo: one\r\n\n12:00:02 unlag info: tw',
        'o\n',
        'rest',
    ]) {
        lines.add(piece);
    }
    assert.deepEqual(taken, ['one', 'two']);
});
