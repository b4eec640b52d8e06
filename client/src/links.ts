/** Links to rule pages, as the server writes them and as this editor opens them. */

const WRITTEN = /\(vscode:\/\/unlag\.unlag\/rule\/(\w+)\)/g;
const CODE = /^\/rule\/([\w-]+)$/;

/** The link of a diagnostic's code in an editor whose own scheme is another one, such as VSCodium's. */
export function forEditor(link: string, scheme: string): string {
    return link.replace(/^vscode:\/\/unlag\.unlag\//, `${scheme}://unlag.unlag/`);
}

/** A hover's Markdown with links that run a command: hovers open no links of the editor's own scheme. */
export function asCommands(markdown: string): string {
    return markdown.replace(WRITTEN, (_, code: string) => {
        const argument = encodeURIComponent(JSON.stringify([code]));
        return `(command:unlag.explainRule?${argument})`;
    });
}

/** The rule that a link's path names. */
export function ruleOf(path: string): string | undefined {
    return CODE.exec(path)?.[1];
}
