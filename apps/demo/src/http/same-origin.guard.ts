import { type CanActivate, type ExecutionContext, ForbiddenException, Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { isSameOrigin } from './same-origin.js';

/** Refuses forms of other sites. */
@Injectable()
export class SameOriginGuard implements CanActivate {
  canActivate(context: ExecutionContext): true {
    const { headers } = context.switchToHttp().getRequest<Request>();
    if (isSameOrigin(headers.origin, headers.host)) return true;
    throw new ForbiddenException('This form was sent from another site.');
  }
}
