import { hkdfSync } from 'node:crypto';
import type { KeyMaterial } from './key-options.js';

/**
 * Derives a key for one purpose from the key material, by HKDF-SHA-256 (RFC 5869). Keys for different purposes reveal nothing
 * about each other.
 */
export const derivedKey = (material: KeyMaterial, clientId: string, purpose: 'sealing' | 'digest'): Buffer =>
  Buffer.from(hkdfSync('sha256', material, clientId, `nestjs-meveto-logout ${purpose} v1`, 32));
