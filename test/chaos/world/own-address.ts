const [high, middle, low] = [process.pid >>> 16, (process.pid >>> 8) & 255, process.pid & 255];

/**
 * The loopback address on which this process and its children listen. The system gives the port of an ended process away at
 * once: on one address, runs in parallel would get each other's webhooks and exchanges. Only Linux has more than 127.0.0.1.
 */
export const OWN_ADDRESS =
  process.platform === 'linux' ? `127.${String(1 + high)}.${String(middle)}.${String(low)}` : '127.0.0.1';
