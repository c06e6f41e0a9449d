/** Key material: random text or bytes, at least 32 of them, e.g. `openssl rand -base64 32`. */
export type KeyMaterial = string | Uint8Array;

/** Keys of the application's own, from which those for sealing and for digests are derived. */
export interface KeyRing {
  /** Seals, and digests. */
  readonly current: KeyMaterial;
  /**
   * Keys that were current before, or will be next: what they sealed still opens, what they digested is still recognised.
   * Keep one for `callTtlMs` and `retentionMs`, whichever is longer, after it was current.
   * @defaultValue []
   */
  readonly previous?: readonly KeyMaterial[];
}

/** Gives the keys at start, e.g. from a KMS. Asked once, before any call is taken or worked on. */
export type KeySource = () => KeyRing | Promise<KeyRing>;
