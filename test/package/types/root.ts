import {
  type MevetoLogoutOptions,
  MevetoLogoutError,
  MevetoLogoutModule,
  MevetoLogoutService,
  bearerToken,
  type SessionReader,
  socketIo,
  sqlStore,
} from 'nestjs-meveto-logout';

export const options = (store: ReturnType<typeof sqlStore>): MevetoLogoutOptions => ({
  clientId: 'id',
  clientSecret: 'secret',
  store,
  session: bearerToken({ verify: () => undefined }),
});
export const session: SessionReader = bearerToken({ verify: () => undefined });
export const module = (store: ReturnType<typeof sqlStore>) =>
  MevetoLogoutModule.forRoot({ ...options(store), livePush: socketIo() });
export const loggedIn = async (service: MevetoLogoutService): Promise<number> =>
  (await service.recordLogin('1')).signedInAt;
export const codeOf = (error: unknown): string | undefined =>
  error instanceof MevetoLogoutError ? error.code : undefined;
