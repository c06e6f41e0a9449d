import {
  type ArgumentsHost,
  type CallHandler,
  type CanActivate,
  Catch,
  type ExecutionContext,
  HttpException,
  Injectable,
  type NestInterceptor,
  UnauthorizedException,
  VersioningType,
} from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR } from '@nestjs/core';
import { map, type Observable } from 'rxjs';
import type { HostOptions } from './host-app.js';

@Injectable()
class RefusesEverything implements CanActivate {
  canActivate(): boolean {
    throw new UnauthorizedException();
  }
}

@Injectable()
class WrapsEveryAnswer implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(map((data: unknown) => ({ data })));
  }
}

/** A catch-all filter that answers every error with 500 and its text. */
@Catch()
class TellsEverything implements ExceptionFilterOfAll {
  catch(error: unknown, host: ArgumentsHost): void {
    const response = host
      .switchToHttp()
      .getResponse<{ status(code: number): { send(text: string): void } }>();
    response.status(500).send(String(error));
  }
}

interface ExceptionFilterOfAll {
  catch(error: unknown, host: ArgumentsHost): void;
}

/** Refuses unknown bodies like `new ValidationPipe({ forbidNonWhitelisted: true })`, without its libraries. */
const strictPipe = {
  transform: (value: unknown, { type }: { type: string }) => {
    if (type === 'body' || type === 'param') throw new HttpException('property should not exist', 400);
    return value;
  },
};

/** An application whose global parts break every route that they do not expect. Its routes are below `/api`. */
export const hostileHost: Pick<HostOptions, 'metadata' | 'configure'> = {
  metadata: {
    providers: [
      { provide: APP_GUARD, useClass: RefusesEverything },
      { provide: APP_INTERCEPTOR, useClass: WrapsEveryAnswer },
    ],
  },
  configure: (app) => {
    app.setGlobalPrefix('api');
    app.enableVersioning({ type: VersioningType.URI, defaultVersion: '2' });
    app.useGlobalPipes(strictPipe);
    app.useGlobalFilters(new TellsEverything());
  },
};
