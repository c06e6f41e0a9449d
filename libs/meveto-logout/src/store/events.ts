import { count, duration, event, eventTable, text } from '../core/index.js';

export const storeEvents = eventTable({
  MEVETO_STORE_CHECK: event({
    level: 'warn',
    fields: { warning: text('what was found') },
    when: 'At start, for each fault of the database or of the application’s tables with which the store still works.',
    action: 'Follow the line. See docs/tables.md and docs/stores.md.',
    text: ({ warning }) => warning,
  }),
  MEVETO_STORE_CLOCK_BEHIND: event({
    level: 'warn',
    fields: { behindMs: duration('how far it is behind') },
    when: 'The store’s clock has stepped back by more than a second. Once in a process.',
    action: 'Set the clock of the database server, and keep it by NTP. See docs/time.md.',
    text: ({ behindMs }) =>
      `The store’s clock is ${String(behindMs / 1_000)} s behind the latest time that this process has seen. Logouts and logins are ` +
      'dated by that time until the clock has caught up, so that they keep their order. Set the clock of the database server ' +
      'and keep it by NTP. See docs/time.md.',
    once: true,
  }),
  MEVETO_ROWS_REFUSED: event({
    level: 'error',
    fields: {
      operation: text('what was to be done'),
      count: count('how many rows'),
      rowId: text('the key of one of them'),
    },
    when: 'The database refuses to change rows of the module. They are left out for ten minutes.',
    action: 'Check the constraints and triggers of the module’s tables.',
    text: ({ operation, count, rowId }) =>
      `The database refuses to change ${String(count)} rows (${operation}), such as ${rowId}. They are left out for ` +
      'ten minutes. Does a constraint or a trigger of the application refuse them?',
    bound: {
      lines: 10,
      perMs: 60_000,
      rest: (rest) => `The database refused to change ${String(rest)} more rows in the last minute.`,
    },
  }),
  MEVETO_USER_SKIPPED: event({
    level: 'error',
    fields: {
      table: text('the table of users'),
      column: text('its id'),
      userId: text('the text of the id'),
    },
    when: 'A user was not logged out, because the text of the id may be that of another user.',
    action: 'Correct the transformer of the id, or use ids whose texts are exact.',
    text: ({ table, column, userId }) =>
      `A user of ${table} is skipped and not logged out: the text of the id ${userId} does not convert back to the id, and may be that ` +
      `of another user. Correct the transformer of '${column}', or use ids whose texts are exact.`,
    bound: {
      lines: 10,
      perMs: 60_000,
      rest: (rest) => `${String(rest)} more users were skipped in the last minute.`,
    },
  }),
});
