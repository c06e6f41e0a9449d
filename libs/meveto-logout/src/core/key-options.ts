/** Key material: random text or bytes, at least 32 of them, e.g. `openssl rand -base64 32`. */
export type KeyMaterial = string | Uint8Array;

/** Keys of the application, from which the keys for sealing and for digests are derived. */
export interface KeyRing {
  /** Seals tokens and makes digests. */
  readonly current: KeyMaterial;
  /**
   * Earlier keys, or the next one: tokens that they sealed still open, and their digests are still recognised. Keep an
   * earlier key for `jobTtlMs` or `retentionMs`, whichever is longer.
   * @defaultValue []
   */
  readonly previous?: readonly KeyMaterial[];
}

/** Returns the keys, for example from a KMS. Called once at start, before any webhook or job is handled. */
export type KeySource = () => KeyRing | Promise<KeyRing>;
