import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { median } from './measure.js';

/** Facts about the machine. Figures of different machines cannot be compared without them. */
export interface Machine {
  readonly node: string;
  readonly cpu: string;
  readonly cores: number;
  /** The load of the last minute at the start: other programs disturb the figures. */
  readonly loadAverage: number;
  /** Median time of an fdatasync after a write of 4 KiB, in the folder of the measured databases. */
  readonly fdatasyncUs: number;
}

export function machineFacts(): Machine {
  const [first, ...others] = cpus();
  return {
    node: process.version,
    cpu: first?.model.trim() ?? 'unknown',
    cores: 1 + others.length,
    loadAverage: loadavg()[0] ?? 0,
    fdatasyncUs: fdatasyncUs(),
  };
}

/** Median time of an fdatasync in microseconds. TMPDIR chooses the disk, as for the measured databases. */
export function fdatasyncUs(rounds = 500): number {
  const folder = mkdtempSync(join(tmpdir(), 'meveto-bench-'));
  const file = openSync(join(folder, 'fdatasync'), 'w');
  const page = Buffer.alloc(4_096, 1);
  const times = Array.from({ length: rounds }, (_, index) => {
    writeSync(file, page, 0, page.length, index * page.length);
    const begunAt = performance.now();
    fdatasyncSync(file);
    return (performance.now() - begunAt) * 1_000;
  });
  closeSync(file);
  rmSync(folder, { recursive: true });
  return Math.round(median(times));
}
