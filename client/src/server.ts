/** The language server's life: started with the interpreter found, again when it dies, and told of settings. */

import { type ChildProcess, spawn } from 'node:child_process';
import * as path from 'node:path';
import type { Readable } from 'node:stream';
import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';
import { ending } from './ending.ts';
import type { Environments } from './environments.ts';
import { find, type Interpreter, NoInterpreter } from './interpreter.ts';
import { Lines, type Said } from './lines.ts';
import { Restarts } from './restarts.ts';
import { type Condition, conditionOf, type Reported } from './status.ts';

export class Server implements vscode.Disposable {
    private readonly conditionChanged = new vscode.EventEmitter<Condition>();
    readonly onDidChangeCondition = this.conditionChanged.event;
    private readonly givenUp = new vscode.EventEmitter<string>();
    /** Tells why a server that died is not started again. */
    readonly onDidGiveUp = this.givenUp.event;
    interpreter: Interpreter | undefined;
    condition: Condition = { kind: 'off' };
    private client: LanguageClient | undefined;
    private process: ChildProcess | undefined;
    private last: Said = { level: 'info', text: '' };
    private readonly restarts = new Restarts();
    /** Starts and stops wait for each other. */
    private turn: Promise<void> = Promise.resolve();
    private isForWorkspace = false;
    private lacksInterpreter = false;
    private readonly start: string;
    private readonly environments: Environments;
    private readonly log: vscode.LogOutputChannel;

    constructor(folder: string, environments: Environments, log: vscode.LogOutputChannel) {
        this.start = path.join(folder, 'start.py');
        this.environments = environments;
        this.log = log;
    }

    /** Starts the server unless it runs. */
    ensure(): Promise<void> {
        return this.inTurn(() => (this.client === undefined ? this.launch() : Promise.resolve()));
    }

    /** Stops the server if it runs, and starts it: somebody asked for that. */
    restart(): Promise<void> {
        this.restarts.forgive();
        return this.inTurn(async () => {
            await this.halt();
            await this.launch();
        });
    }

    /** Restarts a running server where the interpreter to use is another one now; starts one that lacked any. */
    reconsider(): Promise<void> {
        return this.inTurn(async () => {
            if (this.client === undefined) {
                return this.lacksInterpreter ? this.retry() : undefined;
            }
            const found = await find(this.start, this.environments);
            const before = this.interpreter;
            if (found.path !== before?.path || found.project !== before.project) {
                this.log.info(`The interpreter is ${found.path} now.`);
                await this.halt();
                await this.launch();
            }
        });
    }

    /** Stops the server. */
    stop(): Promise<void> {
        return this.inTurn(async () => {
            this.lacksInterpreter = false;
            await this.halt();
            this.tell({ kind: 'off' });
        });
    }

    /** Asks the server, which is started where it does not run. */
    async request<Answer>(method: string, params: object): Promise<Answer> {
        await this.ensure();
        if (this.client === undefined) {
            throw new Error('The server does not run. The Unlag log says why.');
        }
        return this.client.sendRequest<Answer>(method, params);
    }

    /** Whether there is a server to ask. */
    get isRunning(): boolean {
        return this.client?.isRunning() ?? false;
    }

    /** Whether the user wants a server at all. */
    get isEnabled(): boolean {
        return vscode.workspace.getConfiguration('unlag').get('enable', true);
    }

    /** Whether the findings of every file are listed. */
    get listsWorkspace(): boolean {
        return this.settings().scope === 'workspace';
    }

    /** Lists the findings of the whole workspace from now on, or of open files again; the settings stay. */
    async list(isForWorkspace: boolean): Promise<void> {
        this.isForWorkspace = isForWorkspace;
        await this.ensure();
        await this.configure();
        this.tell(this.condition); // it offers the other way now
    }

    /** Hands the settings that hold now to the server. */
    async configure(): Promise<void> {
        if (this.client?.isRunning()) {
            const settings = { unlag: this.settings() };
            await this.client.sendNotification('workspace/didChangeConfiguration', { settings });
        }
    }

    dispose(): void {
        void this.stop();
        this.conditionChanged.dispose();
        this.givenUp.dispose();
    }

    private inTurn(step: () => Promise<void>): Promise<void> {
        const done = this.turn.then(step);
        this.turn = done.catch(() => {}); // whoever asked hears of it
        return done;
    }

    private async launch(): Promise<void> {
        if (!this.isEnabled) {
            throw new Error('Unlag is switched off by the setting unlag.enable.');
        }
        this.tell({ kind: 'starting' });
        this.lacksInterpreter = false;
        try {
            this.interpreter = await find(this.start, this.environments);
            const { path: python, version, origin } = this.interpreter;
            this.log.info(`Starting the server with ${python} (Python ${version}, ${origin}).`);
            await this.connect();
        } catch (error) {
            this.client = undefined;
            this.lacksInterpreter = error instanceof NoInterpreter;
            this.tell({
                kind: 'failed',
                message: error instanceof Error ? error.message : `${error}`,
            });
            throw error;
        }
    }

    /** Launches where that is possible by now; that it was not, the user knows. */
    private async retry(): Promise<void> {
        try {
            await this.launch();
        } catch (error) {
            this.log.info(`${error}`);
        }
    }

    private async connect(): Promise<void> {
        const { clientFor } = await import('./connection.ts');
        const client = clientFor({
            log: this.log,
            spawn: () => this.spawn(),
            settings: () => this.settings(),
            follow: (stream) => this.follow(stream),
            died: (dead) => this.died(dead),
        });
        client.onNotification('unlag/status', (said: Reported) => this.tell(conditionOf(said)));
        this.client = client;
        try {
            await client.start();
        } catch (error) {
            if (this.process?.pid === undefined) {
                throw error;
            }
            await this.died(client);
        }
    }

    private async halt(): Promise<void> {
        const { client } = this;
        this.client = undefined;
        try {
            await client?.dispose();
        } catch (error) {
            this.log.warn(`The server did not stop as asked: ${error}`);
            this.process?.kill();
        }
    }

    private async spawn(): Promise<ChildProcess> {
        const python = this.interpreter?.path ?? 'python3';
        const args = ['-I', '-S', '-X', 'utf8', this.start, 'server'];
        // the folder of the bundle: a workspace may hold programs and modules under names that Python looks for
        const child = spawn(python, args, { cwd: path.dirname(this.start), windowsHide: true });
        this.process = child;
        this.last = { level: 'info', text: '' };
        return child;
    }

    private settings() {
        const settings = vscode.workspace.getConfiguration('unlag');
        return {
            scope: this.isForWorkspace ? 'workspace' : settings.get<string>('scope'),
            codeLens: settings.get('codeLens'),
            python: this.interpreter?.project ?? '',
        };
    }

    private follow(stream: Readable): void {
        const lines = new Lines((said) => {
            this.last = said;
            this.log[said.level](said.text);
        });
        stream.setEncoding('utf8').on('data', (text: string) => lines.add(text));
    }

    private async died(client: LanguageClient): Promise<void> {
        if (this.client !== client) {
            return; // it was stopped, or its end is known by now
        }
        this.client = undefined;
        const why = await ending(this.process, this.last.text);
        if (this.restarts.isWorthIt(Date.now())) {
            this.log.warn(`${why} It is started again.`);
            void this.ensure().catch(() => {}); // the condition tells
            return;
        }
        const message = `${why} It ended too often to be started again.`;
        this.log.error(message);
        this.tell({ kind: 'failed', message });
        this.givenUp.fire(message);
    }

    private tell(condition: Condition): void {
        this.condition = condition;
        this.conditionChanged.fire(condition);
    }
}
