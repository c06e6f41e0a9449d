import { describe, expect, it } from '@jest/globals';
import { DEFAULT_FIELDS } from './pending-fields.js';
import { pendingPageOf } from './pending-page.js';

const entry = (facts: object = {}) => ({ id: '1', type: 'User_Logged_Out', user_token: 'token', ...facts });
const pageOf = (webhooks: unknown, next: unknown = null) =>
  pendingPageOf(JSON.stringify({ status: 'Pending_Webhooks_Retrieved', payload: { webhooks, next } }));

describe('a page of the pending list', () => {
  it('gives its calls', () => {
    const page = pageOf([
      entry({ created_at: '2026-01-02T03:04:05.678Z' }),
      entry({ id: 2, type: 'Meveto_Protection_Removed', user_token: 'other' }),
    ]);
    expect(page).toMatchObject({
      calls: [
        { id: '1', type: 'User_Logged_Out', createdAt: Date.UTC(2026, 0, 2, 3, 4, 5, 678) },
        { id: '2', type: 'Meveto_Protection_Removed', createdAt: undefined },
      ],
      skippedCount: 0,
      next: undefined,
    });
    expect(page?.calls.map(({ token }) => token.reveal())).toEqual(['token', 'other']);
  });

  it('may be empty', () => {
    expect(pageOf([])).toEqual({ calls: [], skippedCount: 0, next: undefined });
  });

  it('says where the next one starts', () => {
    expect(pageOf([], 'cursor')?.next).toBe('cursor');
  });

  it.each([null, undefined, '', false])('is the last one with the cursor %j', (next) => {
    expect(pageOf([], next)).toEqual({ calls: [], skippedCount: 0, next: undefined });
  });

  it.each([{}, ['x'], true, 'x'.repeat(1_025)])('is none with a cursor that says nothing: %j', (next) => {
    expect(pageOf([], next)).toBeUndefined();
  });

  it('leaves out and counts what it does not understand, and nothing else', () => {
    const page = pageOf([
      null,
      'text',
      [],
      {},
      entry({ id: undefined }),
      entry({ id: '' }),
      entry({ id: 'x'.repeat(192) }),
      entry({ id: { $ne: '' } }),
      entry({ type: 'Something_New' }),
      entry({ user_token: 'with space' }),
      entry({ user_token: undefined }),
      entry({ id: 'good' }),
    ]);
    expect(page?.calls.map(({ id }) => id)).toEqual(['good']);
    expect(page?.skippedCount).toBe(11);
  });

  it.each([undefined, null, '', 'yesterday', '0000-00-00 00:00:00', 1_700_000_000, {}])(
    'takes a call without a usable date as undated: %j',
    (created_at) => {
      expect(pageOf([entry({ created_at })])?.calls).toMatchObject([{ createdAt: undefined }]);
    },
  );

  it.each([
    '',
    'not json',
    'null',
    '[]',
    '{}',
    '{"status":"Pending_Webhooks_Retrieved"}',
    '{"status":"Pending_Webhooks_Retrieved","payload":[]}',
    '{"status":"Pending_Webhooks_Retrieved","payload":{"webhooks":{}}}',
    '{"status":"Other","payload":{"webhooks":[]}}',
    '{"error":"invalid_client"}',
  ])('is not %s', (body) => {
    expect(pendingPageOf(body)).toBeUndefined();
  });

  it.each([
    ['in milliseconds', '2026-01-02T03:04:05.678Z', Date.UTC(2026, 0, 2, 3, 4, 5, 678)],
    [
      'in whole seconds, which stand for their last millisecond',
      '2026-01-02T03:04:05Z',
      Date.UTC(2026, 0, 2, 3, 4, 5, 999),
    ],
    ['without a zone, as UTC', '2026-01-02 03:04:05.6', Date.UTC(2026, 0, 2, 3, 4, 5, 600)],
    ['of another zone', '2026-01-02T05:04:05.6+02:00', Date.UTC(2026, 0, 2, 3, 4, 5, 600)],
    ['as mail has them', 'Fri, 02 Jan 2026 03:04:05 GMT', Date.UTC(2026, 0, 2, 3, 4, 5, 999)],
  ])('takes times %s', (_how, created_at, createdAt) => {
    expect(pageOf([entry({ created_at })])?.calls).toMatchObject([{ createdAt }]);
  });

  it('leaves out an entry whose id a database could not keep, and reads the others', () => {
    const page = pageOf([entry({ id: 'bad\u0000id' }), entry({ id: 'good' })]);
    expect(page).toMatchObject({ skippedCount: 1, calls: [{ id: 'good' }] });
  });
});

describe('a page of a pending list that looks otherwise', () => {
  const fields = {
    ...DEFAULT_FIELDS,
    status: 'meta.state',
    calls: 'data',
    next: 'links.next',
    id: 'uuid',
    type: 'attributes.event',
    userToken: 'attributes.token',
    createdAt: 'attributes.at',
  };
  const attributes = { event: 'User_Logged_Out', token: 'token', at: 1_767_323_045_678 };
  const body = (answer: object = {}) =>
    JSON.stringify({
      meta: { state: 'ok' },
      data: [{ uuid: 'u', attributes }],
      links: { next: 2 },
      ...answer,
    });

  it('is read by the names that are given', () => {
    const page = pendingPageOf(body(), { fields, expectedStatus: 'ok' });
    expect(page).toMatchObject({
      calls: [{ id: 'u', type: 'User_Logged_Out', createdAt: 1_767_323_045_678 }],
      skippedCount: 0,
      next: '2',
    });
    expect(page?.calls[0]?.token.reveal()).toBe('token');
  });

  it('must have the status that is expected, if any', () => {
    const other = body({ meta: { state: 'failed' } });
    expect(pendingPageOf(other, { fields, expectedStatus: 'ok' })).toBeUndefined();
    expect(pendingPageOf(other, { fields, expectedStatus: undefined })?.calls).toHaveLength(1);
  });

  it('may be a bare list in an object without more', () => {
    const page = pendingPageOf('{"data":[]}', { fields, expectedStatus: undefined });
    expect(page).toEqual({ calls: [], skippedCount: 0, next: undefined });
  });

  it('has own properties only', () => {
    const inherited = { fields: { ...fields, calls: '__proto__', next: 'constructor.name' } };
    expect(pendingPageOf(body(), { ...inherited, expectedStatus: undefined })).toBeUndefined();
  });
});
