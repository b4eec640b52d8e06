/** The endpoint view in the explorer. What the tree holds is `table.ts`. */

import * as vscode from 'vscode';
import type { Server } from '../server.ts';
import {
    describe,
    type Endpoint,
    type Group,
    type Grouping,
    grouped,
    type State,
    type Step,
    stateOf,
    summed,
    type Table,
} from './table.ts';

type Node =
    | { readonly kind: 'group'; readonly group: Group }
    | { readonly kind: 'endpoint'; readonly endpoint: Endpoint }
    | { readonly kind: 'step'; readonly step: Step; readonly isLast: boolean };

const ICONS: Readonly<Record<State, vscode.ThemeIcon>> = {
    blocks: new vscode.ThemeIcon('error', new vscode.ThemeColor('list.errorForeground')),
    found: new vscode.ThemeIcon('warning', new vscode.ThemeColor('list.warningForeground')),
    loop: new vscode.ThemeIcon('pass', new vscode.ThemeColor('testing.iconPassed')),
    threads: new vscode.ThemeIcon('layers'),
};
const MEANINGS: Readonly<Record<State, string>> = {
    blocks: 'Blocks the event loop.',
    found: 'Has findings.',
    loop: 'Runs on the event loop; nothing is known to block it.',
    threads: 'Runs in the thread pool.',
};
const QUIET = 300;

export class EndpointView implements vscode.TreeDataProvider<Node>, vscode.Disposable {
    private readonly changed = new vscode.EventEmitter<void>();
    readonly onDidChangeTreeData = this.changed.event;
    private readonly server: Server;
    private readonly memory: vscode.Memento;
    private readonly view: vscode.TreeView<Node>;
    private readonly subscriptions: vscode.Disposable[] = [];
    private timer: NodeJS.Timeout | undefined;
    private isStale = true;
    private onlySlow = false;
    private readonly told = new Map<string, unknown>();

    constructor(server: Server, memory: vscode.Memento) {
        this.server = server;
        this.memory = memory;
        this.view = vscode.window.createTreeView('unlag.endpoints', {
            treeDataProvider: this,
            showCollapseAll: true,
        });
        this.subscriptions.push(
            this.view,
            this.changed,
            this.view.onDidChangeVisibility(() => this.refreshIfSeen()),
            server.onDidChangeCondition((condition) => {
                this.tell('unlag.state', condition.kind);
                if (condition.kind === 'ready') {
                    this.tell('unlag.hasEndpoints', condition.endpoints > 0);
                }
                this.refreshSoon();
            }),
            vscode.commands.registerCommand('unlag.endpoints.groupByFile', () =>
                this.group('file'),
            ),
            vscode.commands.registerCommand('unlag.endpoints.groupByRoute', () =>
                this.group('route'),
            ),
            vscode.commands.registerCommand('unlag.endpoints.showSlow', () => this.filter(true)),
            vscode.commands.registerCommand('unlag.endpoints.showAll', () => this.filter(false)),
        );
        this.group(this.grouping);
    }

    dispose(): void {
        clearTimeout(this.timer);
        vscode.Disposable.from(...this.subscriptions).dispose();
    }

    async getChildren(node?: Node): Promise<Node[]> {
        switch (node?.kind) {
            case undefined:
                return this.groups();
            case 'group':
                return node.group.endpoints.map((endpoint) => ({ kind: 'endpoint', endpoint }));
            case 'endpoint':
                return node.endpoint.chain.map((step, place, { length }) => {
                    return { kind: 'step', step, isLast: place === length - 1 };
                });
            case 'step':
                return [];
        }
    }

    getTreeItem(node: Node): vscode.TreeItem {
        switch (node.kind) {
            case 'group':
                return groupItem(node.group);
            case 'endpoint':
                return endpointItem(node.endpoint);
            case 'step':
                return stepItem(node.step, node.isLast);
        }
    }

    private get grouping(): Grouping {
        return this.memory.get<Grouping>('endpoints.grouping', 'file');
    }

    private async groups(): Promise<Node[]> {
        if (!this.server.isRunning) {
            return [];
        }
        const { endpoints, complete } = await this.server.request<Table>('unlag/endpoints', {});
        const shown = this.onlySlow ? endpoints.filter(({ findings }) => findings > 0) : endpoints;
        this.view.description = summed(endpoints, complete);
        return grouped(shown, this.grouping, nameOf).map((group) => ({ kind: 'group', group }));
    }

    private group(grouping: Grouping): void {
        void this.memory.update('endpoints.grouping', grouping);
        void vscode.commands.executeCommand('setContext', 'unlag.endpoints.grouping', grouping);
        this.changed.fire();
    }

    private filter(onlySlow: boolean): void {
        this.onlySlow = onlySlow;
        void vscode.commands.executeCommand('setContext', 'unlag.endpoints.onlySlow', onlySlow);
        this.changed.fire();
    }

    /** Lets the manifest choose whether there is a view, and what it says when it is empty. */
    private tell(key: string, value: unknown): void {
        if (this.told.get(key) !== value) {
            this.told.set(key, value);
            void vscode.commands.executeCommand('setContext', key, value);
        }
    }

    /** Refreshes when the server has been quiet for a moment: it reports after every keystroke. */
    private refreshSoon(): void {
        this.isStale = true;
        clearTimeout(this.timer);
        this.timer = setTimeout(() => this.refreshIfSeen(), QUIET);
    }

    private refreshIfSeen(): void {
        if (this.isStale && this.view.visible) {
            this.isStale = false;
            this.changed.fire();
        }
    }
}

function groupItem({ name, endpoints }: Group): vscode.TreeItem {
    const item = new vscode.TreeItem(name, vscode.TreeItemCollapsibleState.Collapsed);
    item.id = name;
    item.description = summed(endpoints);
    return item;
}

function endpointItem(endpoint: Endpoint): vscode.TreeItem {
    const name = `${endpoint.method} ${endpoint.route}`.trim() || endpoint.function;
    const { None, Collapsed } = vscode.TreeItemCollapsibleState;
    const item = new vscode.TreeItem(name, endpoint.chain.length > 0 ? Collapsed : None);
    item.id = `${endpoint.uri}#${endpoint.function} ${name}`;
    item.description = describe(endpoint);
    item.iconPath = ICONS[stateOf(endpoint)];
    item.tooltip = new vscode.MarkdownString(
        `\`${endpoint.function}\`\n\n${MEANINGS[stateOf(endpoint)]} ${describe(endpoint)}`,
    );
    item.command = opening(endpoint.uri, endpoint.line, 0);
    return item;
}

function stepItem(step: Step, isLast: boolean): vscode.TreeItem {
    const item = new vscode.TreeItem(step.call);
    item.description = `in ${step.function}`;
    item.tooltip = `${nameOf(step.uri)}:${step.line + 1}`;
    item.iconPath = new vscode.ThemeIcon(isLast ? 'circle-slash' : 'arrow-small-right');
    item.command = opening(step.uri, step.line, step.character);
    return item;
}

function opening(uri: string, line: number, character: number): vscode.Command {
    const place = new vscode.Position(line, character);
    const options: vscode.TextDocumentShowOptions = { selection: new vscode.Range(place, place) };
    return { title: 'Open', command: 'vscode.open', arguments: [vscode.Uri.parse(uri), options] };
}

function nameOf(uri: string): string {
    return vscode.workspace.asRelativePath(vscode.Uri.parse(uri));
}
