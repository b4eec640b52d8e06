import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Condition, conditionOf, counted, shown } from '../../client/src/status.ts';

const REPORT = { state: 'ready', files: 3, findings: 2, message: '' };

test('reports become conditions', () => {
    assert.deepEqual(conditionOf(REPORT), { kind: 'ready', files: 3, findings: 2 });
    const error = conditionOf({ ...REPORT, state: 'error', message: 'A fault.' });
    assert.deepEqual(error, { kind: 'failed', message: 'A fault.' });
});

test('how far the reading has come is a share', () => {
    const message = 'Reading /shop: 50 of 200 files';
    const condition = conditionOf({ ...REPORT, state: 'indexing', message });
    assert.deepEqual(condition, { kind: 'indexing', message, percent: 25 });
    assert.equal(shown(condition)?.text, '$(loading~spin) Unlag 25%');
});

test('reading without a known end has no share', () => {
    for (const message of ['', 'Reading /shop: 0 of 0 files']) {
        const words = shown(conditionOf({ ...REPORT, state: 'indexing', message }));
        assert.equal(words?.text, '$(loading~spin) Unlag');
        assert.notEqual(words?.tooltip, '');
    }
});

test('the item counts findings and keeps still about none', () => {
    const ready = (findings: number): Condition => ({ kind: 'ready', files: 1, findings });
    assert.equal(shown(ready(0))?.text, '$(zap) Unlag');
    assert.equal(shown(ready(0))?.tooltip, 'Nothing found in 1 Python file.');
    assert.equal(shown(ready(75))?.text, '$(zap) Unlag 75');
    assert.equal(shown(ready(75))?.tooltip, '75 findings in 1 Python file.');
});

test('only a failure is coloured, and without a server there is no item', () => {
    assert.equal(shown({ kind: 'off' }), undefined);
    assert.equal(shown({ kind: 'starting' })?.isError, false);
    assert.equal(shown({ kind: 'failed', message: 'No Python.' })?.isError, true);
    assert.equal(shown({ kind: 'failed', message: 'No Python.' })?.tooltip, 'No Python.');
});

test('one is not many', () => {
    assert.equal(counted(1, 'finding'), '1 finding');
    assert.equal(counted(0, 'finding'), '0 findings');
});
