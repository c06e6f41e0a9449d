/** The text to print when the demo cannot start: the fault and its remedy, without a stack. */
export function startFailure(error: unknown): string {
  if (!(error instanceof Error)) return `The demo cannot start: ${String(error)}`;
  if ('code' in error && error.code === 'EADDRINUSE') {
    const port = 'port' in error ? String(error.port) : '';
    return `The demo cannot start: port ${port} is in use. Set PORT (or SIMULATOR_PORT) to a free one.`;
  }
  if (error.message.includes('cannot start')) return error.message;
  return `The demo cannot start: ${error.message || error.name}`;
}
