/** The requests that a variant gets. Plain data, because it is sent to the load process. */
export interface LoadTarget {
  readonly port: number;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** Cookie headers, used in turn; each belongs to a session of another user. */
  readonly cookies?: readonly string[];
  /** True: each request has the body of a webhook with a token of its own. */
  readonly isWebhook?: boolean;
  /** Every other status fails the measure. */
  readonly expectedStatus: number;
}

/** What the load process is asked for: one turn of one target. */
export interface TurnRequest {
  readonly target: LoadTarget;
  readonly connections: number;
  readonly milliseconds: number;
}

/** What the load process counted in a turn. */
export interface Turn {
  readonly answers: number;
  readonly seconds: number;
  /** The median time from request to answer, in milliseconds. */
  readonly p50Ms: number;
  /** The share of one core that the load process used. Near 1 it is the bottleneck, not the server. */
  readonly loadCpu: number;
}

/** A turn, with what it cost the process of the servers. */
export interface CountedTurn extends Turn {
  /** Processor time of this process for each answer, in microseconds: less disturbed by other programs than the throughput. */
  readonly cpuUs: number;
}
