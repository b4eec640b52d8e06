/** What the status item says, as plain data. The item itself is `statusItem.ts`. */

/** `unlag/status`, as the server sends it. */
export interface Reported {
    readonly state: string;
    readonly files: number;
    readonly findings: number;
    readonly message: string;
    readonly libraries: readonly Library[];
    readonly endpoints: number;
}

/** What one environment or file says of a library. */
export interface Library {
    readonly name: string;
    /** Exact, or what is asked for, such as `>=0.100`. */
    readonly version: string;
    readonly source: string;
}

export type Condition =
    | { readonly kind: 'off' }
    | { readonly kind: 'starting' }
    | { readonly kind: 'indexing'; readonly message: string; readonly percent: number | undefined }
    | {
          readonly kind: 'ready';
          readonly files: number;
          readonly findings: number;
          readonly endpoints: number;
          readonly libraries: readonly Library[];
          /** What is wrong with what is known, or empty. */
          readonly message: string;
      }
    | { readonly kind: 'failed'; readonly message: string };

export interface Shown {
    readonly text: string;
    readonly tooltip: string;
    readonly isError: boolean;
}

const SHARE = /(\d+) of (\d+) files/;

/** The condition that a report from the server tells of. */
export function conditionOf(said: Reported): Condition {
    const { state, files, findings, endpoints, message, libraries } = said;
    if (state === 'indexing') {
        const [, done, total] = SHARE.exec(message) ?? [];
        const percent =
            Number(total) > 0 ? Math.floor((100 * Number(done)) / Number(total)) : undefined;
        return { kind: 'indexing', message, percent };
    }
    return state === 'error'
        ? { kind: 'failed', message }
        : { kind: 'ready', files, findings, endpoints, libraries, message };
}

/** The item's words; undefined where it is to be hidden. */
export function shown(condition: Condition): Shown | undefined {
    switch (condition.kind) {
        case 'off':
            return undefined;
        case 'starting':
            return {
                text: '$(loading~spin) Unlag',
                tooltip: 'The server is starting.',
                isError: false,
            };
        case 'indexing': {
            const share = condition.percent === undefined ? '' : ` ${condition.percent}%`;
            const tooltip = condition.message || 'The project is being read.';
            return { text: `$(loading~spin) Unlag${share}`, tooltip, isError: false };
        }
        case 'ready': {
            const { files, findings, endpoints, message } = condition;
            const text = findings === 0 ? '$(zap) Unlag' : `$(zap) Unlag ${findings}`;
            const found = findings === 0 ? 'Nothing found' : counted(findings, 'finding');
            const places = [counted(files, 'Python file')];
            if (endpoints > 0) {
                places.push(counted(endpoints, 'endpoint'));
            }
            const sentences = [`${found} in ${places.join(', ')}.`, message];
            return { text, tooltip: sentences.filter(Boolean).join(' '), isError: false };
        }
        case 'failed':
            return { text: '$(error) Unlag', tooltip: condition.message, isError: true };
    }
}

/** The libraries of each source whose versions are known, such as `fastapi 0.128.0, pydantic >=2`. */
export function bySource(libraries: readonly Library[]): Map<string, string> {
    const found = new Map<string, string>();
    for (const { name, version, source } of libraries.filter((one) => one.version !== 'any')) {
        const before = found.get(source);
        found.set(source, `${before === undefined ? '' : `${before}, `}${name} ${version}`);
    }
    return found;
}

/** Text that Markdown shows as it is; unlike `appendText`, its lines can be broken. */
export function plain(text: string): string {
    return text.replace(/[\\`*_{}[\]()#+\-!~<>|&$]/g, '\\$&');
}

/** `1 finding`, `2 findings`. */
export function counted(count: number, noun: string): string {
    return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
