import { sqliteFile } from 'nestjs-meveto-logout/executors';
import { openTelemetry } from 'nestjs-meveto-logout/opentelemetry';
import { prometheusMetrics } from 'nestjs-meveto-logout/prometheus';
import { pusher } from 'nestjs-meveto-logout/pusher';
import { resilientPool } from 'nestjs-meveto-logout/socket-io';
import { MevetoLogoutHealthIndicator } from 'nestjs-meveto-logout/terminus';
import { memoryStore } from 'nestjs-meveto-logout/testing';
import { mevetoLogoutEntities, typeOrmStore } from 'nestjs-meveto-logout/typeorm';

export const functions = [
  memoryStore,
  openTelemetry,
  prometheusMetrics,
  pusher,
  resilientPool,
  sqliteFile,
  typeOrmStore,
] satisfies ((...given: never[]) => unknown)[];
export const entities: readonly unknown[] = mevetoLogoutEntities;
export const indicator = MevetoLogoutHealthIndicator;
