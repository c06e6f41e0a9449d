/** Returns the same URL, through a proxy on this port. */
export function throughPort(url: string, port: number): string {
  const through = new URL(url);
  through.host = `127.0.0.1:${String(port)}`;
  return through.href.replace(/\/$/, '');
}
