/**
 * A client of the language server, by the protocol's own library. That takes most of the extension's time to load:
 * this module is loaded when a server is started, and not while the extension is activated.
 */

import type { ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import type * as vscode from 'vscode';
import {
    CloseAction,
    ErrorAction,
    LanguageClient,
    RevealOutputChannelOn,
} from 'vscode-languageclient/node';
import { DOCUMENTS } from './documents.ts';
import { middleware } from './middleware.ts';

/** What a client asks of whoever owns it. */
export interface Owner {
    readonly log: vscode.LogOutputChannel;
    spawn(): Promise<ChildProcess>;
    settings(): object;
    /** Takes the server's standard error. */
    follow(stream: Readable): void;
    /** Hears of the server's end. */
    died(client: LanguageClient): Promise<void>;
}

/** A client that is not started yet, and starts no server again on its own. */
export function clientFor(owner: Owner): LanguageClient {
    const client: LanguageClient = new QuietClient('unlag', 'Unlag', () => owner.spawn(), {
        documentSelector: DOCUMENTS,
        outputChannel: owner.log,
        revealOutputChannelOn: RevealOutputChannelOn.Never,
        diagnosticCollectionName: 'unlag',
        initializationOptions: () => ({
            rulePages: 'vscode',
            status: true,
            settings: owner.settings(),
        }),
        middleware,
        stdioOptions: {
            stdout: () => {}, // the protocol's
            stderr: (stream) => owner.follow(stream),
        },
        initializationFailedHandler: () => false, // whoever started it says so
        errorHandler: {
            error: () => ({ action: ErrorAction.Continue, handled: true }),
            closed: async () => {
                await owner.died(client);
                return { action: CloseAction.DoNotRestart, handled: true };
            },
        },
    });
    return client;
}

/** Writes its troubles to the log only: what the user is to know, `Server` says once, and with what helps. */
class QuietClient extends LanguageClient {
    override error(message: string, data?: unknown): void {
        super.error(message, data, false);
    }
}
