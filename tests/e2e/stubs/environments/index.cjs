/** Stands in for the Python Environments extension: see `../python`. */

const { selection } = require('../selection.cjs');

exports.activate = () => {
    const { selected, onDidChange } = selection('environments');
    return {
        getEnvironment: async () => ({ execInfo: { run: { executable: selected() } } }),
        onDidChangeEnvironment: onDidChange,
    };
};
