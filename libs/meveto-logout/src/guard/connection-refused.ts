import type { Refusal } from './refusal.js';

/** The `data` of the `connect_error` that a refused Socket.IO client receives. */
interface RefusalData<Reason extends string> {
  readonly code: Reason;
  readonly status: number;
  readonly statusCode: number;
  readonly reason: Reason;
  readonly message: string;
}

/**
 * Refuses a Socket.IO connection. The client's `connect_error` carries the reason as `data`.
 * @typeParam Other further reasons, besides those of the guard
 */
export class ConnectionRefused<Other extends string = never> extends Error {
  readonly data: RefusalData<Refusal['reason'] | Other>;

  /** @param statusCode the equivalent HTTP status */
  constructor(reason: Refusal['reason'] | Other, statusCode: number, message: string) {
    super(message);
    this.name = new.target.name;
    this.data = { code: reason, status: statusCode, statusCode, reason, message };
  }
}
