import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
    bySource,
    type Condition,
    conditionOf,
    counted,
    plain,
    shown,
} from '../../client/src/status.ts';

const REPORT = {
    state: 'ready',
    files: 3,
    findings: 2,
    message: '',
    libraries: [],
    endpoints: 4,
};

test('reports become conditions', () => {
    const ready = {
        kind: 'ready',
        files: 3,
        findings: 2,
        endpoints: 4,
        libraries: [],
        message: '',
    };
    assert.deepEqual(conditionOf(REPORT), ready);
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
    const ready = (findings: number, endpoints = 0): Condition => ({
        kind: 'ready',
        files: 1,
        findings,
        endpoints,
        libraries: [],
        message: '',
    });
    assert.equal(shown(ready(0))?.text, '$(zap) Unlag');
    assert.equal(shown(ready(0))?.tooltip, 'Nothing found in 1 Python file.');
    assert.equal(shown(ready(75))?.text, '$(zap) Unlag 75');
    assert.equal(shown(ready(75))?.tooltip, '75 findings in 1 Python file.');
    assert.equal(shown(ready(0, 2))?.tooltip, 'Nothing found in 1 Python file, 2 endpoints.');
});

test('reading that was stopped is told beside what was found', () => {
    const words = shown(conditionOf({ ...REPORT, message: 'Reading was stopped.' }));
    assert.equal(words?.tooltip, '2 findings in 3 Python files, 4 endpoints. Reading was stopped.');
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

test('versions of libraries are told source by source', () => {
    const libraries = [
        { name: 'fastapi', version: '0.128.0', source: '/shop/.venv' },
        { name: 'orjson', version: 'any', source: '/shop/requirements.txt' },
        { name: 'httpx', version: '>=0.27', source: '/shop/requirements.txt' },
        { name: 'pydantic', version: '2.9.2', source: '/shop/.venv' },
    ];
    assert.deepEqual(
        [...bySource(libraries)],
        [
            ['/shop/.venv', 'fastapi 0.128.0, pydantic 2.9.2'],
            ['/shop/requirements.txt', 'httpx >=0.27'],
        ],
    );
});

test('text stays text in Markdown', () => {
    assert.equal(
        plain('__main__ [a](b) >=2 $(x)'),
        '\\_\\_main\\_\\_ \\[a\\]\\(b\\) \\>=2 \\$\\(x\\)',
    );
});
