/** The server's standard error, line by line, at the level each line names. */

export type Level = 'info' | 'warn' | 'error';

export interface Said {
    readonly level: Level;
    readonly text: string;
}

const RECORD = /^[\d:]+ unlag (info|warning|error|critical): (.*)$/;
const LEVELS: Readonly<Record<string, Level>> = {
    info: 'info',
    warning: 'warn',
    error: 'error',
    critical: 'error',
};

/** Cuts what comes in pieces into lines. */
export class Lines {
    private rest = '';
    private readonly take: (said: Said) => void;

    constructor(take: (said: Said) => void) {
        this.take = take;
    }

    add(piece: string): void {
        const lines = (this.rest + piece).split(/\r?\n/);
        this.rest = lines.pop() ?? '';
        for (const line of lines.filter((text) => text.trim() !== '')) {
            this.take(said(line));
        }
    }
}

/** A line of the server's log; anything else, such as an interpreter's own complaint, is an error. */
export function said(line: string): Said {
    const [, level, text] = RECORD.exec(line) ?? [];
    return { level: LEVELS[level ?? ''] ?? 'error', text: text ?? line };
}
