import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  type HttpException,
  Inject,
  Injectable,
  type ModuleMetadata,
  UseGuards,
} from '@nestjs/common';
import { GraphQLModule, Query, Resolver, Subscription } from '@nestjs/graphql';
import {
  ConnectedSocket,
  type OnGatewayConnection,
  SubscribeMessage,
  WebSocketGateway,
  WsException,
} from '@nestjs/websockets';
import { MevetoLogoutService, type SessionToCheck } from 'nestjs-meveto-logout';

/** Tokens of these tests: `<user id>.<signed in at>`. No reader of the module knows them. */
export function claimsIn(text: string | undefined): SessionToCheck {
  const [userId = '', signedInAt] = (text ?? '').replace('Bearer ', '').split('.');
  return { userId, signedInAt };
}

interface Headed {
  readonly headers: { readonly authorization?: string };
}

/** A guard as applications write it. */
@Injectable()
class OwnJwtGuard implements CanActivate {
  constructor(@Inject(MevetoLogoutService) private readonly mevetoLogout: MevetoLogoutService) {}

  canActivate(context: ExecutionContext): boolean {
    const http = context.switchToHttp();
    const { headers } = http.getRequest<Headed>();
    this.mevetoLogout.assertLive(claimsIn(headers.authorization), http.getResponse<object>());
    return true;
  }
}

/** A guard without access to the response, as in Passport's `validate`. */
@Injectable()
class HeaderlessGuard implements CanActivate {
  constructor(@Inject(MevetoLogoutService) private readonly mevetoLogout: MevetoLogoutService) {}

  canActivate(context: ExecutionContext): boolean {
    this.mevetoLogout.assertLive(claimsIn(context.switchToHttp().getRequest<Headed>().headers.authorization));
    return true;
  }
}

@Controller()
class OwnController {
  @Get('own')
  @UseGuards(OwnJwtGuard)
  own() {
    return 'served';
  }

  @Get('headerless')
  @UseGuards(HeaderlessGuard)
  headerless() {
    return 'served';
  }
}

@WebSocketGateway()
class OwnGateway implements OnGatewayConnection {
  constructor(@Inject(MevetoLogoutService) private readonly mevetoLogout: MevetoLogoutService) {}

  handleConnection(client: { handshake: { auth: { ticket?: string } }; disconnect(close: boolean): void }) {
    if (this.mevetoLogout.sessionState(claimsIn(client.handshake.auth.ticket)) !== 'live')
      client.disconnect(true);
  }

  @SubscribeMessage('say')
  say(@ConnectedSocket() client: { handshake: { auth: { ticket?: string } } }) {
    try {
      this.mevetoLogout.assertLive(claimsIn(client.handshake.auth.ticket));
    } catch (error) {
      throw new WsException((error as HttpException).getResponse());
    }
    return { event: 'said', data: 'hello' };
  }
}

@Resolver()
class NoteResolver {
  @Query('note')
  note() {
    return 'a note';
  }

  @Subscription('ticks')
  async *ticks() {
    yield await Promise.resolve({ ticks: 1 });
  }
}

interface GivenContext {
  readonly req?: Headed;
  readonly extra?: { readonly request: Headed };
  readonly connectionParams?: { readonly authorization?: string };
}

const graphql = GraphQLModule.forRootAsync<ApolloDriverConfig>({
  driver: ApolloDriver,
  inject: [MevetoLogoutService],
  useFactory: (mevetoLogout: MevetoLogoutService) => ({
    typeDefs: 'type Query { note: String! } type Subscription { ticks: Int! }',
    graphiql: false,
    subscriptions: { 'graphql-ws': true },
    // The recipe of docs/guard.md: Express, graphql-ws and Fastify pass different arguments.
    context: (given: GivenContext) => {
      const req = given.req ?? given.extra?.request ?? (given as Headed);
      mevetoLogout.assertLive(claimsIn(given.connectionParams?.authorization ?? req.headers.authorization));
      return { req, connectionParams: given.connectionParams };
    },
  }),
});

/** An application that reads its tokens itself, and checks them by the module: the recipes of docs/guard.md. */
export const ownChecksHost: ModuleMetadata = {
  imports: [graphql],
  controllers: [OwnController],
  providers: [OwnGateway, NoteResolver],
};
