import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
    describe,
    type Endpoint,
    firstPart,
    grouped,
    stateOf,
    summed,
} from '../../client/src/endpoints/table.ts';

const STEP = { uri: 'file:///shop/pay.py', line: 3, character: 4, function: 'pay', call: 'post' };
const ENDPOINT: Endpoint = {
    kind: 'endpoint',
    method: 'POST',
    route: '/orders/{id}/pay',
    function: 'pay',
    uri: 'file:///shop/orders.py',
    line: 9,
    runs: 'event loop',
    threadHops: 0,
    findings: 0,
    chain: [],
};
const HEALTH = { ...ENDPOINT, route: '/health', uri: 'file:///shop/main.py', findings: 1 };
const nameOf = (uri: string) => uri.replace('file:///', '');

test('endpoints are grouped by file in the order they come', () => {
    const groups = grouped([ENDPOINT, HEALTH, ENDPOINT], 'file', nameOf);
    assert.deepEqual(
        groups.map(({ name, endpoints }) => [name, endpoints.length]),
        [
            ['shop/orders.py', 2],
            ['shop/main.py', 1],
        ],
    );
});

test('endpoints are grouped by the first part of their path, sorted', () => {
    const groups = grouped([ENDPOINT, HEALTH], 'route', nameOf);
    assert.deepEqual(
        groups.map(({ name }) => name),
        ['/health', '/orders'],
    );
    assert.equal(firstPart(''), '/');
    assert.equal(firstPart('/'), '/');
});

test('the state tells what matters most', () => {
    assert.equal(stateOf(ENDPOINT), 'loop');
    assert.equal(stateOf({ ...ENDPOINT, findings: 1 }), 'found');
    assert.equal(stateOf({ ...ENDPOINT, findings: 1, chain: [STEP] }), 'blocks');
    assert.equal(stateOf({ ...ENDPOINT, runs: 'thread pool' }), 'threads');
    const inThread = { ...ENDPOINT, runs: 'thread pool', findings: 1, chain: [STEP] };
    assert.equal(stateOf(inThread), 'found');
});

test('the description says only what there is', () => {
    assert.equal(describe(ENDPOINT), 'event loop');
    assert.equal(
        describe({ ...ENDPOINT, threadHops: 2, findings: 1 }),
        '1 finding · event loop · 2 hops',
    );
});

test('a group sums its endpoints up', () => {
    assert.equal(summed([]), '');
    assert.equal(summed([ENDPOINT]), '1');
    assert.equal(summed([ENDPOINT, HEALTH]), '1 of 2 slow');
    assert.equal(summed([ENDPOINT, HEALTH], false), '1 of 2 slow so far');
});
