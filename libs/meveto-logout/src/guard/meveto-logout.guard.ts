import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { SessionGates } from './session-gates.js';

/**
 * Refuses every session and access token that began at or before its user's last logout. It answers from memory, and
 * lets requests without a session pass: who may come in at all is for the application's own guard to say.
 *
 * Global by default; with `globalGuard: false` use it as `@UseGuards(MevetoLogoutGuard)`. It stands before HTTP handlers,
 * GraphQL resolvers, messages to gateways and messages to microservices.
 * @throws {LoggedOutException} over HTTP: 401 as JSON, or 303 to `whenLoggedOut.redirectTo` for a browser's page; in
 * GraphQL an error with the code UNAUTHENTICATED.
 * @throws {LogoutStateUnknownException} 503 when the store could not be asked for longer than `maxStalenessMs`.
 * @throws {WsException} for a message to a gateway, and an RpcException for one to a microservice: `{ status: 'error',
 * statusCode, reason, message }`.
 */
@Injectable()
export class MevetoLogoutGuard implements CanActivate {
  constructor(@Inject(SessionGates) private readonly gates: SessionGates) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    return this.gates.enter(context);
  }
}
