/** The time of a simulator. */
export interface SimulatorClock {
  /** Epoch milliseconds. */
  now(): number;
  /** Does work after a pause. Returns a function that cancels the pause. */
  after(delayMs: number, work: () => void | Promise<void>): () => void;
}

/** The machine's clock. */
export const realClock: SimulatorClock = {
  now: () => Date.now(),
  after: (delayMs, work) => {
    const timer = setTimeout(() => void work(), delayMs);
    return () => {
      clearTimeout(timer);
    };
  },
};
