import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { SessionCheckDispatcher } from './session-check-dispatcher.js';

/**
 * Refuses every session and access token that began at or before its user's last logout. The guard decides from memory.
 * Requests without a session pass: the application's own guard decides about them.
 *
 * Global by default; with `globalGuard: false` use `@UseGuards(MevetoLogoutGuard)`. The guard covers HTTP handlers, GraphQL
 * resolvers, messages to gateways and messages to microservices.
 * @throws {LoggedOutException} over HTTP: 401 with JSON, or 303 to `whenLoggedOut.redirectTo` if a browser asks for a page.
 * In GraphQL: an error with the code UNAUTHENTICATED.
 * @throws {LogoutStateUnknownException} 503 when the logout state is older than `logoutState.maxStalenessMs`.
 * @throws {WsException} for a message to a gateway, and an RpcException for one to a microservice: `{ status: 'error',
 * statusCode, reason, message }`.
 */
@Injectable()
export class MevetoLogoutGuard implements CanActivate {
  constructor(@Inject(SessionCheckDispatcher) private readonly dispatcher: SessionCheckDispatcher) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    return this.dispatcher.check(context);
  }
}
