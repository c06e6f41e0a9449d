import type { ClaimedCall } from '../../inbox/inbox.port.js';
import type { Lane } from '../../model/lane.js';
import type { CallState, CallType, FinalState } from '../../model/call.js';

/** A call as the memory store keeps it. */
export interface MemoryRow {
  readonly id: string;
  readonly type: CallType;
  digest: string;
  sourceId: string | undefined;
  sealed: string | undefined;
  lane: Lane;
  readonly sender: string | undefined;
  state: CallState;
  receivedAt: number;
  readonly occurredAt: number;
  dueAt: number;
  fence: number;
  attempts: number;
  unknownAttempts: number;
  refusals: number;
  settledAt: number | undefined;
  listedAt: number | undefined;
  reason: string | undefined;
  person: string | undefined;
  userId: string | undefined;
}

/** The rows that the memory store's inbox and register share. */
export class MemoryRows {
  readonly byId = new Map<string, MemoryRow>();
  /** When each sender last sent a call whose person Meveto named. */
  readonly confirmedAt = new Map<string, number>();

  /** The row of a claim that still holds. */
  held(call: ClaimedCall): MemoryRow | undefined {
    const row = this.byId.get(call.id);
    return row?.state === 'pending' && row.fence === call.fence ? row : undefined;
  }

  /** The row of a call that an answer in hand may still end: the claim on it may have been lost meanwhile. */
  unresolved(call: ClaimedCall): MemoryRow | undefined {
    const row = this.byId.get(call.id);
    if (row?.digest !== call.digest && row?.fence !== call.fence) return undefined;
    return row.state === 'pending' ? row : this.unhealed(call.id);
  }

  /** A call that an operator may decide on. */
  unhealed(id: string): MemoryRow | undefined {
    const row = this.byId.get(id);
    return row?.state === 'ambiguous' || row?.state === 'expired' ? row : undefined;
  }

  find(matches: (row: MemoryRow) => boolean): MemoryRow[] {
    return [...this.byId.values()].filter(matches);
  }

  end(row: MemoryRow, state: FinalState, at: number, facts: Partial<MemoryRow> = {}): void {
    Object.assign(row, { state, settledAt: at, sealed: undefined, reason: undefined, ...facts });
  }
}
