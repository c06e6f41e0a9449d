import { describe, expect, it } from '@jest/globals';
import { pendingPageOf, sourcePageOf } from './pending-page.js';

const entry = (facts: object = {}) => ({ id: '1', type: 'User_Logged_Out', user_token: 'token', ...facts });
const pageOf = (webhooks: unknown, next: unknown = null) =>
  pendingPageOf(JSON.stringify({ status: 'Pending_Webhooks_Retrieved', payload: { webhooks, next } }));

describe('a page of the list of pending webhooks', () => {
  it('contains its webhooks', () => {
    const page = pageOf([
      entry({ created_at: '2026-01-02T03:04:05.678Z' }),
      entry({ id: 2, type: 'Meveto_Protection_Removed', user_token: 'other' }),
    ]);
    expect(page).toMatchObject({
      webhooks: [
        { id: '1', kind: 'logout', createdAt: Date.UTC(2026, 0, 2, 3, 4, 5, 678) },
        { id: '2', kind: 'unlink', createdAt: undefined },
      ],
      skippedCount: 0,
      next: undefined,
    });
    expect(page?.webhooks.map(({ token }) => token.reveal())).toEqual(['token', 'other']);
  });

  it('may be empty', () => {
    expect(pageOf([])).toEqual({ webhooks: [], skippedCount: 0, next: undefined });
  });

  it('has the cursor of the next page', () => {
    expect(pageOf([], 'cursor')?.next).toBe('cursor');
  });

  it.each([null, undefined, '', false])('is the last page with the cursor %j', (next) => {
    expect(pageOf([], next)).toEqual({ webhooks: [], skippedCount: 0, next: undefined });
  });

  it.each([{}, ['x'], true, 'x'.repeat(1_025)])('is invalid with an unusable cursor: %j', (next) => {
    expect(pageOf([], next)).toBeUndefined();
  });

  it('skips and counts only entries that are not understood', () => {
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
    expect(page?.webhooks.map(({ id }) => id)).toEqual(['good']);
    expect(page?.skippedCount).toBe(11);
  });

  it.each([undefined, null, '', 'yesterday', '0000-00-00 00:00:00', 1_700_000_000, {}])(
    'has no time for a webhook with an unusable date: %j',
    (created_at) => {
      expect(pageOf([entry({ created_at })])?.webhooks).toMatchObject([{ createdAt: undefined }]);
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
  ])('is not read from %s', (body) => {
    expect(pendingPageOf(body)).toBeUndefined();
  });

  it.each([
    ['in milliseconds', '2026-01-02T03:04:05.678Z', Date.UTC(2026, 0, 2, 3, 4, 5, 678)],
    [
      'in whole seconds, as their last millisecond',
      '2026-01-02T03:04:05Z',
      Date.UTC(2026, 0, 2, 3, 4, 5, 999),
    ],
    ['without a zone, as UTC', '2026-01-02 03:04:05.6', Date.UTC(2026, 0, 2, 3, 4, 5, 600)],
    ['of another zone', '2026-01-02T05:04:05.6+02:00', Date.UTC(2026, 0, 2, 3, 4, 5, 600)],
    ['in the format of e-mail', 'Fri, 02 Jan 2026 03:04:05 GMT', Date.UTC(2026, 0, 2, 3, 4, 5, 999)],
  ])('accepts times %s', (_how, created_at, createdAt) => {
    expect(pageOf([entry({ created_at })])?.webhooks).toMatchObject([{ createdAt }]);
  });

  it('skips an entry whose id a database cannot store, and reads the others', () => {
    const page = pageOf([entry({ id: 'bad\u0000id' }), entry({ id: 'good' })]);
    expect(page).toMatchObject({ skippedCount: 1, webhooks: [{ id: 'good' }] });
  });
});

describe('own properties of a page', () => {
  it('count, inherited ones do not', () => {
    const listed = { webhooks: [{ id: 'a', type: 'User_Logged_Out', userToken: 'token' }] };
    expect(sourcePageOf(listed)?.webhooks).toHaveLength(1);
    expect(sourcePageOf(Object.create(listed))).toBeUndefined();
    const entries = listed.webhooks.map((each) => Object.create(each) as object);
    expect(sourcePageOf({ webhooks: entries })).toMatchObject({ webhooks: [], skippedCount: 1 });
  });
});
