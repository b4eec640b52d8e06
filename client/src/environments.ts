/** What the Python Environments and Python extensions know: which interpreter is selected, and when that changes. */

import { PythonExtension } from '@vscode/python-extension';
import * as vscode from 'vscode';

/** Milliseconds that the server's start waits for another extension; a later answer is taken as a change. */
const PATIENCE = 2_000;

/** The part of the Python Environments extension that is used here. */
interface PythonEnvironmentsApi {
    getEnvironment(
        scope: vscode.Uri | undefined,
    ): Promise<{ execInfo?: { run?: { executable?: string } } } | undefined>;
    onDidChangeEnvironment: vscode.Event<unknown>;
}

interface Source {
    readonly ask: () => Promise<string | undefined>;
    readonly onDidChange: vscode.Event<unknown>;
}

export class Environments implements vscode.Disposable {
    private readonly changed = new vscode.EventEmitter<void>();
    readonly onDidChange = this.changed.event;
    private readonly subscriptions: vscode.Disposable[] = [this.changed];
    private source: Promise<Source | undefined> | undefined;
    private known: string | undefined;

    constructor() {
        this.subscriptions.push(vscode.extensions.onDidChange(() => void this.lookAgain()));
    }

    /** The selected interpreter's path, from memory where the extension that knows takes its time. */
    async selected(): Promise<string | undefined> {
        const asked = this.ask();
        const late = Symbol();
        const timer = timeout(PATIENCE, late);
        const answer = await Promise.race([asked, timer.passed]);
        timer.stop();
        if (answer !== late) {
            this.known = answer as string | undefined;
        } else {
            void asked.then((path) => this.compare(path));
        }
        return this.known;
    }

    dispose(): void {
        vscode.Disposable.from(...this.subscriptions).dispose();
    }

    private async ask(): Promise<string | undefined> {
        try {
            this.source ??= this.connect();
            return await (await this.source)?.ask();
        } catch {
            return undefined; // their fault is no reason to go without a server
        }
    }

    private async connect(): Promise<Source | undefined> {
        const source = (await fromEnvironments()) ?? (await fromPython());
        if (source !== undefined) {
            const look = async () => this.compare(await this.ask());
            this.subscriptions.push(source.onDidChange(() => void look()));
        }
        return source;
    }

    /** An extension that knows may have been installed. */
    private async lookAgain(): Promise<void> {
        if (this.source !== undefined && (await this.source.catch(() => {})) === undefined) {
            this.source = undefined;
            this.compare(await this.ask());
        }
    }

    private compare(path: string | undefined): void {
        if (path !== this.known) {
            this.known = path;
            this.changed.fire();
        }
    }
}

async function fromEnvironments(): Promise<Source | undefined> {
    const extension = vscode.extensions.getExtension<PythonEnvironmentsApi>(
        'ms-python.vscode-python-envs',
    );
    const api = await extension?.activate();
    if (api === undefined) {
        return undefined;
    }
    const ask = async () => (await api.getEnvironment(folder()))?.execInfo?.run?.executable;
    return { ask, onDidChange: api.onDidChangeEnvironment };
}

async function fromPython(): Promise<Source | undefined> {
    if (vscode.extensions.getExtension('ms-python.python') === undefined) {
        return undefined;
    }
    const { environments } = await PythonExtension.api();
    const ask = async () => {
        const selected = environments.getActiveEnvironmentPath(folder());
        const resolved = await environments.resolveEnvironment(selected);
        return resolved?.executable.uri?.fsPath;
    };
    return { ask, onDidChange: environments.onDidChangeActiveEnvironmentPath };
}

function folder(): vscode.Uri | undefined {
    return vscode.workspace.workspaceFolders?.[0]?.uri;
}

function timeout<T>(milliseconds: number, value: T): { passed: Promise<T>; stop: () => void } {
    let stop = () => {};
    const passed = new Promise<T>((resolve) => {
        const timer = setTimeout(() => resolve(value), milliseconds);
        stop = () => clearTimeout(timer);
    });
    return { passed, stop };
}
