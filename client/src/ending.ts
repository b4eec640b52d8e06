/** A child process, once it has ended. */

import type { ChildProcess } from 'node:child_process';

/** How a process ended, with the last thing it said. */
export async function ending(child: ChildProcess | undefined, last: string): Promise<string> {
    const isGone = () =>
        child === undefined || child.exitCode !== null || child.signalCode !== null;
    if (child !== undefined && !isGone()) {
        await new Promise((resolve) => {
            child.once('exit', resolve);
            setTimeout(resolve, 1_000); // it closed its output, but lives on
        });
    }
    const how = child?.signalCode ?? `exit code ${child?.exitCode ?? 'unknown'}`;
    return `The Unlag server ended (${how}).${last ? ` Its last words: ${last}` : ''}`;
}
