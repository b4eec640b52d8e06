/** Stands in for the Python Environments extension: see `../python`. */

const { selection } = require('./selection.cjs');

exports.activate = () => {
    const { selected, onDidChange } = selection('environments');
    if (selected() === undefined) {
        return undefined; // as where the user switched it off
    }
    return {
        getEnvironment: async () => ({ execInfo: { run: { executable: selected() } } }),
        onDidChangeEnvironment: onDidChange,
    };
};
