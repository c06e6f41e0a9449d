import { ServiceUnavailableException } from '@nestjs/common';
import { HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { Test, type TestingModule } from '@nestjs/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FakeObserved, NEVER } from '../../../spec-support/fake-observed.js';
import { OBSERVED } from '../observed.js';
import { MevetoLogoutHealthIndicator, type MevetoLogoutHealthLimits } from './health-indicator.js';

describe('MevetoLogoutHealthIndicator', () => {
  let observed: FakeObserved;
  let module: TestingModule;
  beforeEach(async () => {
    observed = new FakeObserved();
    module = await Test.createTestingModule({
      imports: [TerminusModule.forRoot({ logger: false })],
      providers: [MevetoLogoutHealthIndicator, { provide: OBSERVED, useValue: observed }],
    }).compile();
  });
  afterEach(() => module.close());

  const check = (limits?: MevetoLogoutHealthLimits) =>
    module
      .get(HealthCheckService)
      .check([() => module.get(MevetoLogoutHealthIndicator).check('meveto_logout', limits)]);
  const failure = async (limits?: MevetoLogoutHealthLimits): Promise<unknown> => {
    const error: unknown = await check(limits).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!(error instanceof ServiceUnavailableException)) throw new Error('the check has not failed');
    return error.getResponse();
  };

  it('is up, and reports the inbox, the reconciler and the logout state', async () => {
    const reconciler = { lastSuccessAt: 1_767_225_600_000, lastFailureAt: undefined };
    observed.process = { ...observed.process, logoutStateAgeMs: 250.4, reconciler };
    const { status, details } = await check();
    expect(status).toBe('ok');
    expect(details).toEqual({
      meveto_logout: {
        status: 'up',
        store: 'reachable',
        inbox: { pending: 2, oldestPendingAgeMs: 1_500, ambiguous: 1 },
        reconciler: { lastSuccessAt: '2026-01-01T00:00:00.000Z', lastFailureAt: null },
        logoutState: { state: 'current', ageMs: 250 },
      },
    });
  });

  it('stays up while Meveto is down, however old the jobs are', async () => {
    observed.oldestPendingAgeMs = 3_600_000;
    const reconciler = { lastSuccessAt: undefined, lastFailureAt: 1_767_225_600_000 };
    observed.process = { ...observed.process, reconciler };
    expect((await check()).status).toBe('ok');
  });

  it('is degraded when a job is older than the given limit', async () => {
    expect((await check({ maxPendingAgeMs: 1_500 })).status).toBe('ok');
    expect((await check({ maxPendingAgeMs: 1_499 })).status).toBe('degraded');
    observed.oldestPendingAgeMs = undefined;
    expect((await check({ maxPendingAgeMs: 0 })).status).toBe('ok');
  });

  it('is degraded while the logout state is too old, and down while the guard refuses sessions for it', async () => {
    observed.process = { ...observed.process, logoutState: 'stale' };
    expect((await check()).status).toBe('degraded');
    observed.process = { ...observed.process, logoutState: 'refusing' };
    expect(await failure()).toMatchObject({
      status: 'error',
      error: { meveto_logout: { status: 'down', logoutState: { state: 'refusing' } } },
    });
  });

  it('is down when the store fails, without the error of the store', async () => {
    observed.answer = () => Promise.reject(new Error('password=secret'));
    expect(await failure()).toEqual({
      status: 'error',
      info: {},
      error: { meveto_logout: { status: 'down', store: 'unreachable' } },
      details: { meveto_logout: { status: 'down', store: 'unreachable' } },
    });
  });

  it('is down when the store does not answer in time', async () => {
    observed.answer = () => NEVER;
    const before = performance.now();
    expect(await failure({ timeoutMs: 50 })).toMatchObject({ status: 'error' });
    expect(performance.now() - before).toBeLessThan(2_500);
  });
});
