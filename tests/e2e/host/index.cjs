/** Runs inside the extension host, beside the packaged extension: what the user interface cannot show. */

const assert = require('node:assert/strict');
const path = require('node:path');
const vscode = require('vscode');

const PATIENCE = 30_000;

const tests = {
    async 'diagnostics carry code, link, source and the way'() {
        const { uri, diagnostics } = await opened('shop/routers/orders.py');
        const found = diagnostics.find(({ message }) => message.includes('Checkout.pay'));
        assert.equal(found.source, 'unlag');
        assert.equal(found.severity, vscode.DiagnosticSeverity.Error);
        assert.equal(found.code.value, 'LAG102');
        assert.equal(found.code.target.scheme, vscode.env.uriScheme);
        assert.equal(found.code.target.path, '/rule/LAG102');
        const files = found.relatedInformation.map(({ location }) =>
            path.basename(location.uri.path),
        );
        assert.deepEqual(files.slice(0, 4), [
            'orders.py',
            'checkout.py',
            'payments.py',
            'payments.py',
        ]);
        const text = (await vscode.workspace.openTextDocument(uri)).getText(found.range);
        assert.equal(text, 'checkout.pay(reference, cents)');
    },

    async 'the best fix is preferred, and fixing all is an action of its own'() {
        const { uri, diagnostics } = await opened('shop/routers/webhooks.py');
        const found = diagnostics.find(({ code }) => code.value === 'LAG105' && code);
        const actions = await vscode.commands.executeCommand(
            'vscode.executeCodeActionProvider',
            uri,
            diagnostics.find(({ message }) => message.includes('note')).range,
            vscode.CodeActionKind.QuickFix.value,
        );
        const preferred = actions.filter(({ isPreferred }) => isPreferred);
        assert.deepEqual(
            preferred.map(({ title }) => title),
            ['Await `note(...)`'],
        );
        const all = await vscode.commands.executeCommand(
            'vscode.executeCodeActionProvider',
            uri,
            found.range,
            'source.fixAll.unlag',
        );
        assert.equal(all.length, 1);
    },

    async 'a file that is fixed and closed leaves nothing behind'() {
        const { uri } = await opened('shop/schemas/sales.py', 0);
        assert.deepEqual(vscode.languages.getDiagnostics(uri), []);
    },

    async 'every command is there'() {
        const known = await vscode.commands.getCommands(true);
        const { contributes } = extension().packageJSON;
        const missing = contributes.commands.filter(({ command }) => !known.includes(command));
        assert.deepEqual(missing, []);
    },

    async 'a restart publishes the same again'() {
        const { uri, diagnostics } = await opened('shop/routers/products.py');
        await vscode.commands.executeCommand('unlag.restart');
        const messages = (list) => list.map(({ message }) => message).sort();
        const again = await settled(uri, diagnostics.length);
        assert.deepEqual(messages(again), messages(diagnostics));
    },

    async 'switched off, nothing is shown; switched on, it comes back'() {
        const { uri, diagnostics } = await opened('shop/routers/products.py');
        const settings = vscode.workspace.getConfiguration('unlag');
        await settings.update('enable', false, vscode.ConfigurationTarget.Workspace);
        await settled(uri, 0);
        await settings.update('enable', undefined, vscode.ConfigurationTarget.Workspace);
        await settled(uri, diagnostics.length);
    },

    async 'the scope is followed while the server runs'() {
        const file = vscode.Uri.joinPath(
            vscode.workspace.workspaceFolders[0].uri,
            'shop/errors.py',
        );
        await opened('shop/routers/products.py');
        assert.deepEqual(vscode.languages.getDiagnostics(file), []);
        const settings = vscode.workspace.getConfiguration('unlag');
        await settings.update('scope', 'workspace', vscode.ConfigurationTarget.Workspace);
        await settled(file, (count) => count > 0);
        await settings.update('scope', undefined, vscode.ConfigurationTarget.Workspace);
        await settled(file, 0);
    },
};

function extension() {
    return vscode.extensions.getExtension('unlag.unlag');
}

async function opened(file, wanted = (count) => count > 0) {
    const uri = vscode.Uri.joinPath(vscode.workspace.workspaceFolders[0].uri, file);
    await vscode.window.showTextDocument(uri);
    return { uri, diagnostics: await settled(uri, wanted) };
}

/** Waits until a file has so many findings. */
function settled(uri, wanted) {
    const isWanted = typeof wanted === 'function' ? wanted : (count) => count === wanted;
    return new Promise((resolve, reject) => {
        const look = () => {
            const found = vscode.languages.getDiagnostics(uri);
            if (isWanted(found.length)) {
                clearTimeout(timer);
                subscription.dispose();
                resolve(found);
            }
        };
        const timer = setTimeout(() => {
            subscription.dispose();
            reject(new Error(`${uri.path} has ${vscode.languages.getDiagnostics(uri).length}`));
        }, PATIENCE);
        const subscription = vscode.languages.onDidChangeDiagnostics(look);
        look();
    });
}

exports.run = async () => {
    const failed = [];
    for (const [name, test] of Object.entries(tests)) {
        try {
            await test();
            console.log(`ok ${name}`);
        } catch (error) {
            failed.push(name);
            console.error(`not ok ${name}: ${error.stack}`);
        }
    }
    if (failed.length > 0) {
        throw new Error(`failed: ${failed.join('; ')}`);
    }
};
