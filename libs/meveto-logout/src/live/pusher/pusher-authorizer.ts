import {
  BadRequestException,
  ForbiddenException,
  Inject,
  Injectable,
  UnauthorizedException,
} from '@nestjs/common';
import type { PusherChannel, PusherGrant, PusherSubscription } from '../../client/protocol.js';
import { LogoutStateUnknownException } from '../../guard/refusal.js';
import { RefusalWriter } from '../../guard/refusal-writer.js';
import type { SessionFacts } from '../../model/session.js';
import type { ResolvedOptions } from '../../options/resolved-options.js';
import { hasLateReaders, hasUnreadable, readSessions } from '../../session/read-sessions.js';
import type { SessionRequest } from '../../session/session-reader.port.js';
import { RESOLVED_OPTIONS } from '../../tokens.js';
import { isAllowedOrigin } from '../allowed-origin.js';
import { PusherChannels } from './pusher-channels.js';
import type { ResolvedPusherOptions } from './pusher-options.js';
import type { PusherServer } from './pusher-server.js';
import { PUSHER_OPTIONS, PUSHER_SERVER } from './pusher-tokens.js';

/** @see https://pusher.com/docs/channels/library_auth_reference/auth-signatures/ */
const SOCKET_ID = /^\d{1,20}\.\d{1,20}$/;

/** Says which channels are a browser's own, and signs for no other ones. Ended sessions do not come here: the guard stands before. */
@Injectable()
export class PusherAuthorizer {
  constructor(
    @Inject(PUSHER_SERVER) private readonly server: PusherServer,
    @Inject(PUSHER_OPTIONS) private readonly pusher: ResolvedPusherOptions,
    @Inject(PusherChannels) private readonly channels: PusherChannels,
    @Inject(RefusalWriter) private readonly writer: RefusalWriter,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  /**
   * @throws {UnauthorizedException} without a session
   * @throws {LogoutStateUnknownException} when there may be one that cannot be read here or now
   */
  async subscriptionOf(request: SessionRequest, response: object): Promise<PusherSubscription> {
    const sessions = await this.#sessionsOf(request, response);
    const channels = new Map<string, PusherChannel>();
    for (const { userId, signedInAt = null } of sessions) {
      const name = this.channels.of(String(userId));
      // The end of one of a person's sessions is the end of the page.
      const earliest = earlierOf(channels.get(name)?.signedInAt, signedInAt);
      channels.set(name, { name, signedInAt: earliest });
    }
    return { ...this.pusher.browser, channels: [...channels.values()] };
  }

  /**
   * @throws {BadRequestException} when it is not what Pusher's libraries send
   * @throws {ForbiddenException} for a page of another site, and for a channel that is not the session's own
   * @throws {UnauthorizedException} without a session
   * @throws {LogoutStateUnknownException} when there may be one that cannot be read here or now
   */
  async authorize(request: SessionRequest, response: object, body: unknown): Promise<PusherGrant> {
    if (!isAllowedOrigin(request.headers, this.pusher.origins))
      throw new ForbiddenException('Pages of other sites may not subscribe.');
    const sessions = await this.#sessionsOf(request, response);
    const { socket_id: socketId, channel_name: channel } = fieldsOf(body);
    if (typeof socketId !== 'string' || !SOCKET_ID.test(socketId) || typeof channel !== 'string') {
      throw new BadRequestException('socket_id and channel_name are required.');
    }
    if (!sessions.some(({ userId }) => this.channels.allOf(String(userId)).includes(channel))) {
      throw new ForbiddenException('This channel is not for this session.');
    }
    const { auth } = this.server.authorizeChannel(socketId, channel);
    return { auth };
  }

  async #sessionsOf(request: SessionRequest, response: object): Promise<readonly SessionFacts[]> {
    const readers = this.options.sessions;
    const sessions = await readSessions(readers, request);
    if (sessions.length > 0) return sessions;
    // A page that is told it has no session leaves: that must be certain.
    if (hasLateReaders(readers) || hasUnreadable(readers, request)) {
      this.writer.setRetryAfter(response);
      throw new LogoutStateUnknownException();
    }
    const message = 'There is no session to watch. Log in first.';
    throw new UnauthorizedException({ statusCode: 401, reason: 'not-logged-in', message });
  }
}

/** @param known undefined when there is none yet; null is a start that nobody knows */
function earlierOf(known: number | null | undefined, other: number | null): number | null {
  if (known === undefined) return other;
  return known === null || other === null ? null : Math.min(known, other);
}

const fieldsOf = (body: unknown): Partial<Record<'socket_id' | 'channel_name', unknown>> =>
  typeof body === 'object' && body !== null ? body : {};
