/** The quoted paths of the module's tables, with their schema and prefix. */
export interface Tables {
  readonly jobs: string;
  readonly logoutRows: string;
  readonly leases: string;
  readonly senders: string;
  readonly keys: string;
}
