/** The endpoint table as a tree of plain data: groups, endpoints, and the way to what blocks each. */

import { counted } from '../status.ts';

export type Grouping = 'file' | 'route';

export interface Step {
    readonly uri: string;
    readonly line: number;
    readonly character: number;
    readonly function: string;
    readonly call: string;
}

/** One route, as `unlag/endpoints` gives it. */
export interface Endpoint {
    readonly kind: string;
    readonly method: string;
    readonly route: string;
    readonly function: string;
    readonly uri: string;
    readonly line: number;
    readonly runs: string;
    readonly threadHops: number;
    readonly findings: number;
    readonly chain: readonly Step[];
}

/** What `unlag/endpoints` answers. */
export interface Table {
    readonly endpoints: readonly Endpoint[];
    /** False while files are read, and where that was stopped. */
    readonly complete: boolean;
}

export interface Group {
    readonly name: string;
    readonly endpoints: readonly Endpoint[];
}

/** What an endpoint's icon tells. */
export type State = 'blocks' | 'found' | 'loop' | 'threads';

/** The endpoints in groups, both as they come: by file, then line. */
export function grouped(
    endpoints: readonly Endpoint[],
    grouping: Grouping,
    nameOf: (uri: string) => string,
): Group[] {
    const groups = new Map<string, Endpoint[]>();
    for (const endpoint of endpoints) {
        const name = grouping === 'file' ? nameOf(endpoint.uri) : firstPart(endpoint.route);
        const members = groups.get(name) ?? [];
        groups.set(name, members);
        members.push(endpoint);
    }
    const names = [...groups.keys()];
    return (grouping === 'file' ? names : names.sort()).map((name) => ({
        name,
        endpoints: groups.get(name) ?? [],
    }));
}

/** `/orders` of `/orders/{id}/pay`. */
export function firstPart(route: string): string {
    return `/${route.split('/')[1] ?? ''}`;
}

/** What matters most about an endpoint. */
export function stateOf({ runs, findings, chain }: Endpoint): State {
    const isOnLoop = runs === 'event loop';
    if (isOnLoop && findings > 0 && chain.length > 0) {
        return 'blocks';
    }
    return findings > 0 ? 'found' : isOnLoop ? 'loop' : 'threads';
}

/** Such as `1 finding · event loop · 2 hops`: what matters most comes first, for the row may be cut off. */
export function describe({ runs, threadHops, findings }: Endpoint): string {
    const parts = findings > 0 ? [counted(findings, 'finding'), runs] : [runs];
    if (threadHops > 0) {
        parts.push(counted(threadHops, 'hop'));
    }
    return parts.join(' · ');
}

/** Such as `12 of 19 slow`, or `12 of 19 slow so far`; empty where there is none. */
export function summed(endpoints: readonly Endpoint[], complete = true): string {
    if (endpoints.length === 0) {
        return '';
    }
    const slow = endpoints.filter(({ findings }) => findings > 0).length;
    const counts = slow === 0 ? `${endpoints.length}` : `${slow} of ${endpoints.length} slow`;
    return complete ? counts : `${counts} so far`;
}
