/** How often a server that died is started again. Knows no server. */

export class Restarts {
    private deaths: number[] = [];
    private readonly most: number;
    private readonly within: number;

    constructor(most = 3, within = 180_000) {
        this.most = most;
        this.within = within;
    }

    /** Notes a death; whether another start is worth it. */
    isWorthIt(now: number): boolean {
        this.deaths = this.deaths.filter((death) => now - death < this.within);
        this.deaths.push(now);
        return this.deaths.length <= this.most;
    }

    /** Forgets the past: somebody asked for a start. */
    forgive(): void {
        this.deaths = [];
    }
}
