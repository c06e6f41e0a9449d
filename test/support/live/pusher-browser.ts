import { expect } from '@jest/globals';
import pusherJs, { type ChannelAuthorizationCallback } from 'pusher-js';
import type { HostClient } from '../world.js';

/** The types are for bundlers: in Node, the module is the class itself. */
export const PusherClient = pusherJs as unknown as typeof pusherJs.default;
export type PusherClient = InstanceType<typeof PusherClient>;

/** The answer of the module's route to a page. */
export interface Subscription {
  readonly key: string;
  readonly cluster: string;
  readonly forceTLS: boolean;
  readonly wsHost: string;
  readonly wsPort: number;
  readonly channels: readonly { readonly name: string; readonly signedInAt: number }[];
}

export const LOGGED_OUT = 'logged-out';

/** The subscription of a page with one session. */
export async function subscriptionOf(host: HostClient, cookie: string) {
  const answer = await host.get('/meveto/pusher', { cookie });
  expect(answer.status).toBe(200);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  const { channels, ...place } = (await answer.json()) as Subscription;
  const [first] = channels;
  if (first === undefined || channels.length > 1) throw new Error(`${String(channels.length)} channels`);
  return { ...place, channel: first.name, signedInAt: first.signedInAt };
}

export const authorize = (
  host: HostClient,
  cookie: string,
  body: unknown,
  headers: Record<string, string> = {},
) => host.post('/meveto/pusher', body, { cookie, ...headers });

/** Subscribes with the official browser library and the signature of the host's route for this cookie. */
export async function subscribeAs(
  browsers: PusherClient[],
  host: HostClient,
  cookie: string,
  wanted?: string,
): Promise<{
  readonly received: unknown[];
  readonly status: number | undefined;
  readonly own: Awaited<ReturnType<typeof subscriptionOf>>;
}> {
  const own = await subscriptionOf(host, cookie);
  const { key, cluster, forceTLS, wsHost, wsPort } = own;
  const customHandler = (
    { socketId, channelName }: { socketId: string; channelName: string },
    done: ChannelAuthorizationCallback,
  ): void => {
    authorize(host, cookie, { socket_id: socketId, channel_name: channelName })
      .then(async (answer) =>
        answer.ok
          ? done(null, (await answer.json()) as { auth: string })
          : done(new Error(String(answer.status)), null),
      )
      .catch(() => undefined);
  };
  const browser = new PusherClient(key, {
    cluster,
    forceTLS,
    wsHost,
    wsPort,
    enabledTransports: ['ws'],
    channelAuthorization: { customHandler },
  });
  browsers.push(browser);
  const received: unknown[] = [];
  const channel = browser
    .subscribe(wanted ?? own.channel)
    .bind(LOGGED_OUT, (data: unknown) => received.push(data));
  const status = await new Promise<number | undefined>((resolve) => {
    channel.bind('pusher:subscription_succeeded', () => resolve(undefined));
    channel.bind('pusher:subscription_error', (error: { error: string }) => resolve(Number(error.error)));
  });
  return { received, status, own };
}
