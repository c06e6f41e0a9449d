import { afterAll, beforeAll, it } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { createMevetoLogoutTesting, type MevetoLogoutTesting } from 'nestjs-meveto-logout/testing';
import { io } from 'socket.io-client';
import { AppModule } from './app.module.js';

const alice = { id: '1', mevetoId: 'meveto-alice' };
const bob = { id: '2', mevetoId: 'meveto-bob' };

let meveto: MevetoLogoutTesting;
let app: INestApplication;

beforeAll(async () => {
  meveto = await createMevetoLogoutTesting({ users: [alice, bob] });
  const testing = await meveto.useIn(Test.createTestingModule({ imports: [AppModule] })).compile();
  app = testing.createNestApplication();
  await app.listen(0, '127.0.0.1');
});

afterAll(async () => {
  await app.close();
  await meveto.close();
});

async function logIn(user: typeof alice) {
  const response = await fetch(`${await app.getUrl()}/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ userId: user.id }),
  });
  const cookie = response.headers.getSetCookie();
  const { token } = (await response.json()) as { token: string };
  const socket = io(`${await app.getUrl()}/meveto-logout`, { auth: { token } });
  await meveto.signedIn(user, { path: '/profile', cookie });
  await meveto.signedIn(user, { path: '/profile', bearer: token });
  await meveto.signedIn(user, { socket });
  return socket;
}

it('logs a person out everywhere, and nobody else', async () => {
  const sockets = [await logIn(alice), await logIn(bob)];
  await meveto.logOut(alice);
  await meveto.expectLoggedOut(alice).everywhere();
  await meveto.expectSignedIn(bob).everywhere();
  for (const socket of sockets) socket.close();
});

it('logs a person out although Meveto has to repeat the webhook after 60 s', async () => {
  const socket = await logIn(bob);
  meveto.simulator.faults.set({ webhook: { kind: 'lost-answer', count: 1 } });
  await meveto.logOut(bob);
  await meveto.expectLoggedOut(bob).everywhere();
  socket.close();
});
