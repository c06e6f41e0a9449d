import type { DynamicModule, INestApplication } from '@nestjs/common';
import type { StoreDefinition } from 'nestjs-meveto-logout';

export interface OpenedStore {
  readonly imports: readonly DynamicModule[];
  readonly store: StoreDefinition;
  addUser(app: INestApplication, mevetoId: string): Promise<void>;
}
