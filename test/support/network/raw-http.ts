import { connect } from 'node:net';

export interface RawAnswer {
  readonly status: number;
  /** Names in lower case; without `date`, which always differs, and `keep-alive`, which the server sets. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Writes these pieces unchanged, pauses for numbers (milliseconds), and reads until the server closes the connection. */
export function rawHttp(url: string, pieces: readonly (string | Buffer | number)[]): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  const isHead = String(pieces[0]).startsWith('HEAD ');
  return new Promise((resolve, reject) => {
    const received: Buffer[] = [];
    const socket = connect(Number(port), hostname, () => void send());
    const send = async (): Promise<void> => {
      for (const piece of pieces) {
        if (typeof piece === 'number') await new Promise((go) => setTimeout(go, piece));
        else if (socket.writable) socket.write(piece);
      }
    };
    socket.setTimeout(9_000, () => socket.destroy(new Error('no answer in 9 s')));
    socket.on('data', (chunk) => {
      received.push(chunk);
      if (isWhole(Buffer.concat(received).toString('latin1'), isHead)) socket.end();
    });
    socket.on('error', (error) => {
      if (received.length === 0) reject(error);
    });
    socket.on('close', () => {
      resolve(parsed(Buffer.concat(received).toString('utf8')));
    });
  });
}

/** A POST with this body, as most clients send it. */
export const post = (
  path: string,
  body: string | Buffer,
  headers: readonly string[] = [],
): (string | Buffer)[] => [
  [
    `POST ${path} HTTP/1.1`,
    'Host: localhost',
    ...(headers.some((each) => /^content-type:/i.test(each)) ? [] : ['Content-Type: application/json']),
    ...(headers.some((each) => /^(content-length|transfer-encoding):/i.test(each))
      ? []
      : [`Content-Length: ${String(Buffer.byteLength(body))}`]),
    ...headers,
    '',
    '',
  ].join('\r\n'),
  body,
];

/** Whether the answer is complete; ignores interim answers (100). */
function isWhole(text: string, isHead: boolean): boolean {
  const final = text.replace(/^HTTP\/1\.1 100 .*?\r\n\r\n/s, '');
  const end = final.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const length = /content-length: (\d+)/i.exec(final.slice(0, end))?.[1];
  if (length === undefined) return final.endsWith('\r\n0\r\n\r\n');
  return isHead || final.length - end - 4 >= Number(length);
}

function parsed(text: string): RawAnswer {
  const final = text.replace(/^HTTP\/1\.1 100 .*?\r\n\r\n/s, '');
  const [head = '', ...rest] = final.split('\r\n\r\n');
  const [first = '', ...lines] = head.split('\r\n');
  const headers = Object.fromEntries(
    lines
      .map((line) => [line.split(':', 1)[0]?.toLowerCase() ?? '', line.slice(line.indexOf(':') + 1).trim()])
      .filter(([name]) => name !== 'date' && name !== 'keep-alive'),
  ) as Record<string, string>;
  return { status: Number(first.split(' ')[1] ?? 0), headers, body: rest.join('\r\n\r\n') };
}
