// Runs before each file of end-to-end tests. Searches everything that an application in this process logs, emits as an event,
// answers or pushes for the user tokens of its Meveto, and the stored data before the database is dropped (`database.ts`). One hit
// fails the test.
import { ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { afterAll, afterEach, expect } from '@jest/globals';
import { Logger, type LoggerService } from '@nestjs/common';
import { UserTokens } from '../../../libs/meveto-logout/src/testing/simulator/user-tokens.js';
import { MevetoEvents } from '../../../libs/meveto-logout/src/core/meveto-events.js';
import { wrongHistory } from '../../chaos/world/wrong-history.js';
import { canaries } from './canaries.js';

/** Path of Meveto's own answers, which contain tokens. */
const MEVETO_API = '/api/client/';
const LEVELS = ['log', 'fatal', 'error', 'warn', 'debug', 'verbose'] as const;
const CONSOLE = ['debug', 'log', 'info', 'warn', 'error', 'trace'] as const;

const undo: (() => void)[] = [];

/** Runs code before each call of a method. Methods of Node outlive the file, so they are restored. */
function before<T extends object>(
  owner: T,
  name: keyof T,
  look: (self: T, args: readonly unknown[]) => void,
): void {
  const original = owner[name] as (...args: unknown[]) => unknown;
  const watched = function (this: T, ...args: unknown[]): unknown {
    look(this, args);
    return original.apply(this, args);
  };
  owner[name] = watched as T[keyof T];
  undo.push(() => {
    owner[name] = original as T[keyof T];
  });
}

const issue: (this: UserTokens, mevetoId: string) => string = Reflect.get<UserTokens, 'issue'>(
  UserTokens.prototype,
  'issue',
);
UserTokens.prototype.issue = function (this: UserTokens, mevetoId) {
  const token = issue.call(this, mevetoId);
  canaries.add(token);
  return token;
};

/** Applications of tests are started without a log: here the log is on and searched. */
const override = Logger.overrideLogger.bind(Logger);
Logger.overrideLogger = (logger) => {
  const isService = typeof logger === 'object' && !Array.isArray(logger);
  override(logger === false || isService ? watching(logger) : logger);
};
const watching = (logger: LoggerService | false): LoggerService =>
  new Proxy<LoggerService>(logger === false ? SILENT : logger, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      const call = value.bind(target) as (...args: unknown[]) => unknown;
      if (!LEVELS.includes(name as (typeof LEVELS)[number])) return call;
      return (...args: unknown[]) => {
        canaries.look(`log, ${String(name)}`, args);
        return call(...args);
      };
    },
  });
const SILENT = Object.fromEntries(
  LEVELS.map((level) => [level, () => undefined]),
) as unknown as LoggerService;
Logger.overrideLogger(false);

for (const name of CONSOLE)
  before(console, name, (_console, args) => {
    canaries.look('console', args);
  });

before(MevetoEvents.prototype, 'emit', (_events, [, fields]) => {
  canaries.look('event', fields);
});

const RESPONSE = ServerResponse.prototype as ServerResponse;
const isOfMeveto = (response: ServerResponse): boolean => response.req.url?.startsWith(MEVETO_API) === true;
const bodies = new WeakMap<ServerResponse, string>();
/** Chunks may split a token. */
function lookAtChunk(response: ServerResponse, chunk: unknown): void {
  if (isOfMeveto(response) || (typeof chunk !== 'string' && !(chunk instanceof Uint8Array))) return;
  const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('latin1');
  const body = (bodies.get(response) ?? '') + text;
  canaries.look('answer', body);
  bodies.set(response, body.slice(-100));
}
before(RESPONSE, 'write', (response, [chunk]) => {
  lookAtChunk(response, chunk);
});
before(RESPONSE, 'end', (response, [chunk]) => {
  lookAtChunk(response, chunk);
  if (!isOfMeveto(response)) canaries.look('headers', JSON.stringify(response.getHeaders()));
});

/** Socket.IO has its own version of `ws`. */
const near = createRequire(import.meta.url);
for (const sender of [near, createRequire(near.resolve('engine.io'))]) {
  // Includes messages to rooms, which Socket.IO frames by itself.
  const { Sender } = sender('ws') as {
    Sender: { prototype: { sendFrame(list: readonly (Buffer | string)[]): void } };
  };
  before(Sender.prototype, 'sendFrame', (_sender, [list]) => {
    canaries.look('message', (list as (Buffer | string)[]).map((part) => part.toString('latin1')).join(''));
  });
}

function expectNone(): void {
  const found = canaries.take();
  expect(found.map(wrongHistory)).toEqual([]);
}
afterEach(expectNone);
afterAll(() => {
  expectNone();
  for (const restore of undo.reverse()) restore();
});
