/** Stands in for the Python extension: selected is what `selected.json` beside the workspace's folder says. */

const { selection } = require('./selection.cjs');
const vscode = require('vscode');

exports.activate = () => {
    const { selected, onDidChange } = selection('python');
    return {
        environments: {
            getActiveEnvironmentPath: () => ({ id: selected(), path: selected() }),
            resolveEnvironment: async ({ path }) => {
                return path && { executable: { uri: vscode.Uri.file(path) } };
            },
            onDidChangeActiveEnvironmentPath: onDidChange,
        },
    };
};
