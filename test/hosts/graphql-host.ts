import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { Injectable, type ModuleMetadata, UseGuards } from '@nestjs/common';
import { Args, GraphQLModule, Mutation, Query, Resolver, Subscription } from '@nestjs/graphql';
import { MevetoLogoutGuard } from 'nestjs-meveto-logout';

const SCHEMA = `
  type Query { note: String! }
  type Mutation { write(text: String!): String! }
  type Subscription { ticked: String! }
`;

/** Emits once when it is subscribed to, then never again. */
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

/** An application with a GraphQL API: a query, a mutation and a subscription. */
export const graphqlHost = (globalGuard = true): ModuleMetadata => ({
  imports: [
    GraphQLModule.forRoot<ApolloDriverConfig>({
      driver: ApolloDriver,
      typeDefs: SCHEMA,
      graphiql: false,
      subscriptions: { 'graphql-ws': true },
    }),
  ],
  providers: [globalGuard ? NotesResolver : GuardedNotesResolver],
});
