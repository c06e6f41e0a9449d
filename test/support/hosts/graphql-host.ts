import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import {
  type CanActivate,
  type ExecutionContext,
  Injectable,
  type ModuleMetadata,
  UseGuards,
} from '@nestjs/common';
import {
  Args,
  GqlExecutionContext,
  GraphQLModule,
  Mutation,
  Query,
  Resolver,
  Subscription,
} from '@nestjs/graphql';
import { MevetoLogoutGuard } from 'nestjs-meveto-logout';

const SCHEMA = `
  type Query { note: String! }
  type Mutation { write(text: String!): String! }
  type Subscription { ticked: String! }
`;

/** Emits once on subscription, then never again. */
async function* ticks(): AsyncGenerator<{ ticked: string }> {
  yield { ticked: 'first' };
  await new Promise(() => undefined);
}

@Resolver()
@Injectable()
class NotesResolver {
  @Query('note')
  note(): string {
    return 'a note';
  }

  @Mutation('write')
  write(@Args('text') text: string): string {
    return text;
  }

  @Subscription('ticked')
  ticked() {
    return ticks();
  }
}

@Resolver()
@Injectable()
@UseGuards(MevetoLogoutGuard)
class GuardedNotesResolver extends NotesResolver {}

/** As applications write it: sets the user, on each resolver, after every global guard. */
@Injectable()
class OwnAuthGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { req } = GqlExecutionContext.create(context).getContext<{
      req: { headers: { authorization?: string }; user?: unknown };
    }>();
    const [id, signedInAt] = (req.headers.authorization ?? '').replace('Bearer ', '').split('.');
    req.user = { id, signedInAt: Number(signedInAt) };
    return true;
  }
}

@Resolver()
@Injectable()
@UseGuards(OwnAuthGuard)
class LateNotesResolver extends NotesResolver {}

const RESOLVERS = {
  global: NotesResolver,
  'of the resolver': GuardedNotesResolver,
  late: LateNotesResolver,
};

/** An application with a GraphQL API: a query, a mutation and a subscription. */
export const graphqlHost = (guard: 'global' | 'of the resolver' | 'late' = 'global'): ModuleMetadata => ({
  imports: [
    GraphQLModule.forRoot<ApolloDriverConfig>({
      driver: ApolloDriver,
      typeDefs: SCHEMA,
      graphiql: false,
      subscriptions: { 'graphql-ws': true },
    }),
  ],
  providers: [RESOLVERS[guard]],
});
