/** What a test selected: it writes `selected.json` beside the workspace's folder, now and later. */

const fs = require('node:fs');
const path = require('node:path');
const vscode = require('vscode');

/** The interpreter selected in the extension of that name. */
exports.selection = (name) => {
    const [folder] = vscode.workspace.workspaceFolders;
    const file = path.join(path.dirname(folder.uri.fsPath), 'selected.json');
    const selected = () => {
        return fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8'))[name] : undefined;
    };
    const changed = new vscode.EventEmitter();
    fs.watchFile(file, { interval: 100 }, () => changed.fire(undefined));
    return { selected, onDidChange: changed.event };
};
