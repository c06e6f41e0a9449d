// A share of the browsers of `npm run sockets`, as a separate process: opens sockets of Socket.IO's protocol on bare
// websockets, and requests the login page after the given delay, as the browser client does.
import { get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import WebSocket from 'ws';

const PATH = '/socket.io/?EIO=4&transport=websocket';
const NAMESPACE = '/meveto-logout,';
const AT_A_TIME = 50;

const url = String(process.env['HOST_URL']);
const first = Number(process.env['FIRST']);
const count = Number(process.env['COUNT']);

/**
 * When each socket was notified, when it requested the login page, when it was disconnected, and which sockets lost their
 * connection without being notified.
 */
let notified = /** @type {number[]} */ ([]);
let loginsAt = /** @type {number[]} */ ([]);
let goneAt = /** @type {number[]} */ ([]);
const lost = /** @type {string[]} */ ([]);
let open = 0;

const now = () => performance.timeOrigin + performance.now();

/** @param {number} user @returns {Promise<void>} */
function connect(user) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url.replace('http', 'ws') + PATH, { perMessageDeflate: false });
    let isNotified = false;
    socket.on('error', reject);
    socket.on('close', () => {
      open -= 1;
      if (!isNotified) lost.push(`user${String(user)}`);
    });
    socket.on('message', (data) => {
      const text = String(data);
      if (text === '2') socket.send('3');
      else if (text.startsWith('0')) {
        const token = `session-user${String(user)}.${String(Date.now())}`;
        socket.send(`40${NAMESPACE}${JSON.stringify({ token })}`);
      } else if (text.startsWith(`40${NAMESPACE}`)) {
        open += 1;
        resolve();
      } else if (text.startsWith(`44${NAMESPACE}`)) reject(new Error(text));
      else if (text.startsWith(`42${NAMESPACE}["logged-out"`)) {
        isNotified = true;
        const [, message] = JSON.parse(text.slice(2 + NAMESPACE.length));
        notified.push(now());
        void delay(message.delayMs ?? 0).then(login);
      } else if (text.startsWith(`41${NAMESPACE}`)) {
        goneAt.push(now());
        socket.close();
      }
    });
  });
}

function login() {
  loginsAt.push(now());
  get(`${url}/login`, (response) => response.resume()).on('error', () => lost.push('login'));
}

for (let done = 0; done < count; done += AT_A_TIME) {
  const batch = Math.min(AT_A_TIME, count - done);
  await Promise.all(Array.from({ length: batch }, (_, index) => connect(first + done + index)));
}
process.on('message', () => {
  process.send?.({ open, notified, loginsAt, goneAt, lost });
  notified = [];
  loginsAt = [];
  goneAt = [];
});
process.on('disconnect', () => process.exit());
process.send?.({ ready: true });
