import { Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { describe, expect, it } from '@jest/globals';
import {
  bearerToken,
  ConfigurationError,
  MevetoLogoutModule,
  type MevetoLogoutOptions,
  socketIo,
} from 'nestjs-meveto-logout';
import { memoryStore } from 'nestjs-meveto-logout/testing';
import { mevetoLogoutEntities, typeOrmStore } from 'nestjs-meveto-logout/typeorm';
import { AccessToken, storeMapping, User } from '../support/hosts/host-app.js';

const GOOD: MevetoLogoutOptions = {
  clientId: 'client',
  clientSecret: 'a-secret-that-never-shows',
  apiUrl: 'http://127.0.0.1:9',
  store: memoryStore(),
  session: bearerToken({ verify: () => undefined }),
};

/** The error of a start with these imports. */
async function failureOf(
  ...imports: NonNullable<Parameters<typeof Test.createTestingModule>[0]['imports']>
): Promise<Error> {
  try {
    const app = (await Test.createTestingModule({ imports }).compile()).createNestApplication({
      logger: false,
    });
    await app.init();
    await app.close();
  } catch (error) {
    return error as Error;
  }
  throw new Error('the application started');
}

describe('an invalid configuration makes the start fail', () => {
  it.each(['forRoot', 'forRootAsync'] as const)(
    'with one message that lists every fault, by %s',
    async (how) => {
      const bad = {
        ...GOOD,
        clientId: '',
        clientSecret: undefined,
        apiUrl: 'http://meveto.example',
        reconcile: { cron: 'every now and then' },
      };
      const error = await failureOf(
        how === 'forRoot'
          ? MevetoLogoutModule.forRoot(bad)
          : MevetoLogoutModule.forRootAsync({ useFactory: () => Promise.resolve(bad) }),
      );
      expect(error).toBeInstanceOf(ConfigurationError);
      for (const option of ['clientId', 'clientSecret', 'apiUrl', 'reconcile.cron']) {
        expect(error.message).toContain(`- ${option}: `);
      }
    },
  );

  it('that also lists the missing packages of live push', async () => {
    const livePush = { ...socketIo(), missingPackages: () => Promise.resolve(['livePush: no package']) };
    const error = await failureOf(MevetoLogoutModule.forRoot({ ...GOOD, clientId: '', livePush }));
    expect(error).toBeInstanceOf(ConfigurationError);
    for (const fault of ['clientId: ', 'livePush: no package']) expect(error.message).toContain(`- ${fault}`);
  });

  const NO_OPTIONS: [unknown, string][] = [
    [undefined, 'nothing'],
    [null, 'null'],
    ['client', 'a string'],
  ];
  it.each(NO_OPTIONS)('with what to pass, when forRoot gets %p', (given, got) => {
    const forRoot = () => MevetoLogoutModule.forRoot(given as MevetoLogoutOptions);
    expect(forRoot).toThrow(ConfigurationError);
    expect(forRoot).toThrow(
      `forRoot(options): got ${got}, expected an object with options. Pass { clientId, clientSecret, store, session }.`,
    );
  });

  it.each(NO_OPTIONS)('with what to pass, when forRootAsync gets %p', (given, got) => {
    const forRootAsync = () => MevetoLogoutModule.forRootAsync(given as never);
    expect(forRootAsync).toThrow(ConfigurationError);
    expect(forRootAsync).toThrow(
      `forRootAsync(options): got ${got}, expected an object with options. Pass { inject, useFactory }`,
    );
  });

  it.each(NO_OPTIONS)('with every missing option, when a factory returns %p', async (given) => {
    const error = await failureOf(MevetoLogoutModule.forRootAsync({ useFactory: () => given as never }));
    expect(error).toBeInstanceOf(ConfigurationError);
    for (const option of ['clientId', 'clientSecret', 'store', 'session'])
      expect(error.message).toContain(`- ${option}: `);
  });

  it('with the other faults and a second import in one message', async () => {
    @Module({ imports: [MevetoLogoutModule.forRoot({ ...GOOD })] })
    class Feature {}
    const error = await failureOf(
      MevetoLogoutModule.forRoot({ ...GOOD, apiUrl: 'ftp://meveto.example' }),
      Feature,
    );
    expect(error.message).toContain('imported 2 times');
    expect(error.message).toContain('apiUrl');
    expect(error.message).not.toContain('a-secret-that-never-shows');
  });

  const store = typeOrmStore({ user: storeMapping.user });
  const database = { type: 'better-sqlite3', database: ':memory:', retryAttempts: 0 } as const;

  it('when there is no DataSource', async () => {
    const error = await failureOf(MevetoLogoutModule.forRoot({ ...GOOD, store }));
    expect(error.message).toContain('Import TypeOrmModule.forRoot');
  });

  it('when the DataSource does not include the module’s entities', async () => {
    const error = await failureOf(
      TypeOrmModule.forRoot({ ...database, entities: [User] }),
      MevetoLogoutModule.forRoot({ ...GOOD, store }),
    );
    expect(error.message).toContain('...mevetoLogoutEntities');
  });

  it('when the migrations were not run', async () => {
    const error = await failureOf(
      TypeOrmModule.forRoot({ ...database, entities: [User, ...mevetoLogoutEntities] }),
      MevetoLogoutModule.forRoot({ ...GOOD, store }),
    );
    expect(error.message).toContain('migrationsRun: true');
  });

  it('when mapped properties do not exist, naming each', async () => {
    const wrong = typeOrmStore({
      user: {
        entity: User,
        id: 'id',
        mevetoId: 'metevoId',
        lastLoggedIn: 'lastLoggedIn',
        lastLoggedOut: 'out',
      },
      accessTokens: { entity: AccessToken, userId: 'userId', issuedAt: 'iat' },
    });
    const error = await failureOf(
      TypeOrmModule.forRoot({ ...database, entities: [User, ...mevetoLogoutEntities] }),
      MevetoLogoutModule.forRoot({ ...GOOD, store: wrong }),
    );
    expect(error.message).toContain("'metevoId'");
    expect(error.message).toContain("'out'");
    expect(error.message).toContain('store.accessTokens.entity');
  });
});
