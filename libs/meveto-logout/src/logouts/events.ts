import { among, count, duration, event, eventTable, instant, text } from '../core/index.js';

export const logoutsEvents = eventTable({
  MEVETO_LOGOUT: event({
    level: 'none',
    fields: {
      userId: text('the application’s id of the user'),
      loggedOutAt: instant('sessions that began at or before this time are over'),
      reason: text('`meveto`, or the reason that the application gave to `logOut`'),
      source: among(
        'own-commit',
        'cluster',
        'store',
      )(
        'where this process learned of it: its own commit, another replica’s message, or a poll of the store',
      ),
    },
    when: 'This process learned of a logout. Once for each process and logout, after the commit; the same as `logouts$`.',
  }),
  MEVETO_LOGOUT_POLL_FAILED: event({
    level: 'warn',
    when: 'The store did not answer the poll for logouts of other replicas. One line for an outage.',
    action:
      'Check the database. After `logoutState.maxStalenessMs` the guard answers 503, unless `onUnknown` allows requests.',
    text: 'Logouts of other replicas cannot be read: the store is not available.',
    outage: 'logout-poll',
  }),
  MEVETO_LOGOUT_POLL_RECOVERED: event({
    level: 'log',
    when: 'The store answers the poll again.',
    text: 'Logouts of other replicas can be read again.',
    ends: 'logout-poll',
  }),
  MEVETO_LOGOUTS_NOT_DELETED: event({
    level: 'warn',
    when:
      'Logouts older than `logouts.maxSessionAgeMs` could not be deleted, although the poll before succeeded. Tried again after a ' +
      'minute. One line in ten minutes.',
    action: 'Check whether the database refuses or locks rows of the table of logouts.',
    text: 'Logouts that are older than any session could not be deleted: the store refused or did not answer.',
    bound: {
      lines: 1,
      perMs: 600_000,
      rest: (rest) => `Old logouts could not be deleted ${String(rest)} more times in the last ten minutes.`,
    },
  }),
  MEVETO_CLUSTER_MESSAGE_SENT: event({
    level: 'none',
    when: 'A message with logouts was given to the cluster adapter.',
    counter: 'cluster_sent',
  }),
  MEVETO_CLUSTER_MESSAGE_RECEIVED: event({
    level: 'none',
    fields: { logoutCount: count('logouts in the message') },
    when: 'A message with logouts came from another replica.',
    counter: 'cluster_received',
  }),
  MEVETO_CLUSTER_MESSAGE_REFUSED: event({
    level: 'warn',
    when: 'A message of the cluster adapter was not valid and was ignored. One line in ten minutes, with the number of others.',
    action: 'Give each application a channel prefix of its own, and the same keys to all replicas.',
    text:
      'A message of the cluster adapter is not valid and was ignored. Another application, or a replica with ' +
      'other keys, uses the same channel: give each application a channel prefix of its own.',
    counter: 'cluster_refused',
    bound: {
      lines: 1,
      perMs: 600_000,
      rest: (rest) =>
        `${String(rest)} more messages of the cluster adapter were not valid in the last ten minutes.`,
    },
  }),
  MEVETO_NO_CLUSTER_BUS: event({
    level: 'log',
    fields: { pollIntervalMs: duration('how often the store is asked') },
    when: 'At start, if live push provides no messages between replicas.',
    text: ({ pollIntervalMs }) =>
      'Live push without Socket.IO provides no bus between replicas. They learn of each other’s logouts within ' +
      `${String(pollIntervalMs)} ms, from the store.`,
  }),
});
