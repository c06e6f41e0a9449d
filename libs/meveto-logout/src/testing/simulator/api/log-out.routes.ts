import { acknowledges, describeAnswer } from '../delivery/delivery.js';
import { type Answer, json } from '../http/answer.js';
import type { Incoming } from '../http/incoming.js';
import type { Route } from '../http/route.js';
import type { Meveto } from '../meveto.js';

/** The simulator's own API, which Meveto does not have: it logs a person out of every registered application. */
export const logOutRoutes = (meveto: Meveto): readonly Route[] => [
  { method: 'POST', path: '/simulator/log-out', handle: (request) => logOut(meveto, request) },
];

/** Answers when every application has answered the first attempt, or has failed to. */
async function logOut(meveto: Meveto, request: Incoming): Promise<Answer> {
  const { directory } = meveto;
  const person = directory.person((await request.field('meveto_id')) ?? '');
  if (person === undefined) {
    return json({ error: 'unknown_person', people: directory.people.map(({ mevetoId }) => mevetoId) }, 404);
  }
  const webhooks = directory.applications.map(async ({ clientId, name }) => {
    const delivery = meveto.logOut(person.mevetoId, clientId);
    await delivery.firstAttempted;
    const answer = delivery.attempts[0]?.answer;
    return {
      application: name,
      answer: answer === undefined ? 'no answer' : describeAnswer(answer),
      acknowledged: answer !== undefined && acknowledges(answer),
    };
  });
  return json({ webhooks: await Promise.all(webhooks) });
}
