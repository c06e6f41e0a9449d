import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import {
  type CanActivate,
  type DynamicModule,
  type ExecutionContext,
  Injectable,
  Logger,
  UseGuards,
} from '@nestjs/common';
import { GqlExecutionContext, GraphQLModule, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { bearerToken, requestUser, type SessionReader } from 'nestjs-meveto-logout';
import { GuardedHost } from '../support/hosts/guarded-host.js';
import type { HttpAdapterKind } from '../support/hosts/http-adapters.js';

const SCHEMA = `
  type Note { text: String! }
  type Query { note: Note! }
`;

/** Guards one field only: the query itself is public. Tokens are `<user id>.<signed in at>`. */
@Injectable()
class FieldGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { req } = GqlExecutionContext.create(context).getContext<{
      req: { headers: { authorization?: string }; user?: unknown };
    }>();
    const [id, signedInAt] = (req.headers.authorization ?? '').replace('Bearer ', '').split('.');
    req.user = { id, signedInAt: Number(signedInAt) };
    return true;
  }
}

@Resolver('Note')
@Injectable()
class NoteResolver {
  @Query('note')
  note() {
    return {};
  }

  @ResolveField('text')
  @UseGuards(FieldGuard)
  text(): string {
    return 'a note';
  }
}

type Enhancers = ApolloDriverConfig['fieldResolverEnhancers'];
const configOf = (fieldResolverEnhancers: Enhancers): ApolloDriverConfig => ({
  driver: ApolloDriver,
  typeDefs: SCHEMA,
  graphiql: false,
  ...(fieldResolverEnhancers && { fieldResolverEnhancers }),
});
const atOnce = (enhancers: Enhancers): DynamicModule =>
  GraphQLModule.forRoot<ApolloDriverConfig>(configOf(enhancers));
const later = (enhancers: Enhancers): DynamicModule =>
  GraphQLModule.forRootAsync<ApolloDriverConfig>({
    driver: ApolloDriver,
    useFactory: () => Promise.resolve(configOf(enhancers)),
  });

const ADAPTERS: readonly HttpAdapterKind[] = ['express', 'fastify'];

describe.each(ADAPTERS)('a GraphQL field whose own guard sets request.user, on %s', (adapter) => {
  let host: GuardedHost;
  const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  beforeEach(() => void warn.mockClear());
  afterEach(() => host.end());

  const start = async (graphql: DynamicModule, session: SessionReader = requestUser()): Promise<void> => {
    host = await GuardedHost.start({
      adapter,
      options: { session },
      metadata: { imports: [graphql], providers: [NoteResolver] },
    });
  };
  const ask = async (signedInAt: number) => {
    const headers = { authorization: `Bearer 7.${String(signedInAt)}`, accept: 'application/json' };
    return JSON.parse(
      (await host.request('POST', '/graphql', headers, { query: '{ note { text } }' })).text,
    ) as {
      data: unknown;
      errors?: unknown;
    };
  };
  const warnings = () => warn.mock.calls.map(([text]) => String(text));

  it.each([
    ['forRoot', atOnce],
    ['forRootAsync', later],
  ])(
    'is served after the logout if fields run only guards, and the start warns, by %s',
    async (_way, graphqlWith) => {
      await start(graphqlWith(['guards']));
      expect(warnings()).toEqual([expect.stringContaining("['guards', 'interceptors']")]);
      const { signedInAt } = await host.service.recordLogin(7);
      await host.logOut(7);
      expect(await ask(signedInAt)).toEqual({ data: { note: { text: 'a note' } } });
    },
  );

  it('is refused after the logout with guards and interceptors', async () => {
    await start(atOnce(['guards', 'interceptors']));
    const { signedInAt } = await host.service.recordLogin(7);
    expect(await ask(signedInAt)).toEqual({ data: { note: { text: 'a note' } } });
    await host.logOut(7);
    expect((await ask(signedInAt)).errors).toEqual([
      expect.objectContaining({
        extensions: expect.objectContaining({
          code: 'UNAUTHENTICATED',
          originalError: expect.objectContaining({ reason: 'logged-out' }),
        }),
      }),
    ]);
    const { signedInAt: again } = await host.service.recordLogin(7);
    expect(await ask(again)).toEqual({ data: { note: { text: 'a note' } } });
    expect(warnings()).toEqual([]);
  });

  it.each<[string, DynamicModule, SessionReader]>([
    ['fields run no enhancers', atOnce(undefined), requestUser()],
    ['no reader waits for guards', atOnce(['guards']), bearerToken({ verify: () => undefined })],
  ])('causes no warning if %s', async (_why, graphql, session) => {
    await start(graphql, session);
    expect(warnings()).toEqual([]);
  });
});
