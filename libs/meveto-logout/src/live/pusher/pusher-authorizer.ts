import {
  BadRequestException,
  ForbiddenException,
  Inject,
  Injectable,
  UnauthorizedException,
} from '@nestjs/common';
import type { PusherChannel, PusherGrant, PusherSubscription } from '../../protocol/index.js';
import { LogoutStateUnknownException, refusalBody, RefusalWriter } from '../../guard/index.js';
import {
  absenceOf,
  readSessions,
  type ResolvedSessions,
  type SessionFacts,
  type SessionRequest,
  SESSIONS_OPTIONS,
} from '../../sessions/index.js';
import { isAllowedOrigin } from '../allowed-origin.js';
import { PusherChannels } from './pusher-channels.js';
import type { ResolvedPusherOptions } from './pusher-options.js';
import type { PusherServer } from './pusher-server.js';
import { PUSHER_OPTIONS, PUSHER_SERVER } from './pusher-tokens.js';

/** @see https://pusher.com/docs/channels/library_auth_reference/auth-signatures/ */
const SOCKET_ID = /^\d{1,20}\.\d{1,20}$/;

/**
 * Returns the channels of a browser, and signs subscriptions for these channels only. The guard runs before and refuses
 * ended sessions.
 */
@Injectable()
export class PusherAuthorizer {
  constructor(
    @Inject(PUSHER_SERVER) private readonly server: PusherServer,
    @Inject(PUSHER_OPTIONS) private readonly pusher: ResolvedPusherOptions,
    @Inject(PusherChannels) private readonly channels: PusherChannels,
    @Inject(RefusalWriter) private readonly writer: RefusalWriter,
    @Inject(SESSIONS_OPTIONS) private readonly options: ResolvedSessions,
  ) {}

  /**
   * @throws {UnauthorizedException} without a session
   * @throws {LogoutStateUnknownException} when a session may exist but cannot be read, and while the store with the key
   * of the channel names does not answer
   */
  async subscriptionOf(request: SessionRequest, response: object): Promise<PusherSubscription> {
    const sessions = await this.#sessionsOf(request, response);
    const channels = new Map<string, PusherChannel>();
    for (const { userId, signedInAt = null } of sessions) {
      const name = await this.#channelOf(userId, response);
      // The page is left when any session of the user ends: use the earliest start.
      const earliest = earlierOf(channels.get(name)?.signedInAt, signedInAt);
      channels.set(name, { name, signedInAt: earliest });
    }
    return { ...this.pusher.browser, channels: [...channels.values()] };
  }

  /**
   * @throws {BadRequestException} when the body is not what Pusher's libraries send
   * @throws {ForbiddenException} for a page of another site, and for a channel of another session
   * @throws {UnauthorizedException} without a session
   * @throws {LogoutStateUnknownException} when a session may exist but cannot be read, and while the store with the key
   * of the channel names does not answer
   */
  async authorize(request: SessionRequest, response: object, body: unknown): Promise<PusherGrant> {
    if (!isAllowedOrigin(request.headers, this.pusher.origins))
      throw new ForbiddenException('Pages of other sites may not subscribe.');
    const sessions = await this.#sessionsOf(request, response);
    const { socket_id: socketId, channel_name: channel } = fieldsOf(body);
    if (typeof socketId !== 'string' || !SOCKET_ID.test(socketId) || typeof channel !== 'string') {
      throw new BadRequestException('socket_id and channel_name are required.');
    }
    const own = await Promise.all(sessions.map(({ userId }) => this.#channelOf(userId, response)));
    if (!own.includes(channel)) {
      throw new ForbiddenException('This channel is not for this session.');
    }
    const { auth } = this.server.authorizeChannel(socketId, channel);
    return { auth };
  }

  #channelOf(userId: SessionFacts['userId'], response: object): Promise<string> {
    return this.channels.of(String(userId)).catch(() => this.#retryLater(response));
  }

  #retryLater(response: object): never {
    this.writer.setRetryAfter(response);
    throw new LogoutStateUnknownException();
  }

  async #sessionsOf(request: SessionRequest, response: object): Promise<readonly SessionFacts[]> {
    const readers = this.options.sessions;
    const sessions = await readSessions(readers, request);
    if (sessions.length > 0) return sessions;
    // The client leaves a page that has no session: answer 401 only when that is certain.
    if (absenceOf(readers, request) !== 'none') this.#retryLater(response);
    const message = 'There is no session to watch. Log in first.';
    throw new UnauthorizedException(refusalBody(401, 'not-logged-in', message));
  }
}

/** @param known undefined before the first session; null if the start of a session is unknown */
function earlierOf(known: number | null | undefined, other: number | null): number | null {
  if (known === undefined) return other;
  return known === null || other === null ? null : Math.min(known, other);
}

const fieldsOf = (body: unknown): Partial<Record<'socket_id' | 'channel_name', unknown>> =>
  typeof body === 'object' && body !== null ? body : {};
