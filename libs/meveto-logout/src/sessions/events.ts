import { count, duration, event, eventTable, text } from '../core/index.js';

export const sessionsEvents = eventTable({
  MEVETO_CONNECTIONS_NOTIFIED: event({
    level: 'none',
    fields: {
      userId: text('the application’s id of the user'),
      count: count('connections whose sessions were over'),
      sinceKnownMs: duration('time since this process learned of the logout'),
    },
    when:
      'All open connections of a user to this process were notified of a logout (Socket.IO) or closed (others). Not emitted if there ' +
      'were none.',
  }),
});
