import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asCommands, forEditor, ruleOf } from '../../client/src/links.ts';

const LINK = 'vscode://unlag.unlag/rule/LAG101';

test('links open in the editor that shows them', () => {
    assert.equal(forEditor(LINK, 'vscodium'), 'vscodium://unlag.unlag/rule/LAG101');
    assert.equal(forEditor(LINK, 'vscode'), LINK);
});

test('links to elsewhere stay', () => {
    assert.equal(forEditor('https://unlag.unlag/', 'vscodium'), 'https://unlag.unlag/');
    assert.equal(asCommands('[a](file:///shop/app.py#L3)'), '[a](file:///shop/app.py#L3)');
});

test('a hover’s links run the command', () => {
    assert.equal(
        asCommands(`See [LAG101](${LINK}).`),
        'See [LAG101](command:unlag.explainRule?%5B%22LAG101%22%5D).',
    );
});

test('only a rule’s link names a rule', () => {
    assert.equal(ruleOf('/rule/LAG101'), 'LAG101');
    assert.equal(ruleOf('/rule/blocking-call-on-loop'), 'blocking-call-on-loop');
    assert.equal(ruleOf('/rule/'), undefined);
    assert.equal(ruleOf('/rule/LAG101/more'), undefined);
    assert.equal(ruleOf('/LAG101'), undefined);
});
