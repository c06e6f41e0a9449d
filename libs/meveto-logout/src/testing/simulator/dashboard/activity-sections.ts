import {
  acknowledges,
  describeAnswer,
  type Delivery,
  type DeliveryAttempt,
  type Notice,
} from '../delivery/delivery.js';
import type { Meveto } from '../meveto.js';
import { html, type Html } from './html.js';
import { timeOf } from './layout.js';

const SHOWN_COUNT = 30;
const SHOWN_TOKEN_LENGTH = 6;

/** The latest webhook attempts, newest first. */
export function deliveriesSection(meveto: Meveto): Html {
  const rows = latestAttempts(meveto.deliverer.deliveries).map(({ delivery, attempt }) =>
    attemptRow(meveto, delivery, attempt),
  );
  return html`<section class="card" id="deliveries" data-live>
    <h2>Deliveries</h2>
    ${rows.length === 0 ? html`<p class="hint">Nothing was sent yet.</p>` : deliveriesTable(rows)}
  </section>`;
}

/** The e-mails to application owners, newest first. */
export function noticesSection(notices: readonly Notice[]): Html {
  const lines = notices.slice(-SHOWN_COUNT).reverse();
  return html`<section class="card" id="notices" data-live>
    <h2>Notices</h2>
    ${
      lines.length === 0
        ? html`<p class="hint">
            No e-mail was sent. An application's owner gets one when the last attempt of a webhook fails.
          </p>`
        : html`<ul class="notices">
            ${lines.map((notice) => html`<li>${timeOf(notice.at)} <span>${notice.text}</span></li>`)}
          </ul>`
    }
  </section>`;
}

interface ShownAttempt {
  readonly delivery: Delivery;
  readonly attempt: DeliveryAttempt;
}

function latestAttempts(deliveries: readonly Delivery[]): readonly ShownAttempt[] {
  return deliveries
    .flatMap((delivery) => delivery.attempts.map((attempt) => ({ delivery, attempt })))
    .reverse()
    .sort((one, other) => other.attempt.startedAt - one.attempt.startedAt)
    .slice(0, SHOWN_COUNT);
}

function deliveriesTable(rows: readonly Html[]): Html {
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          <th>Time</th>
          <th>Type</th>
          <th>Person</th>
          <th>Attempt</th>
          <th>Answer</th>
          <th>Next attempt</th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`;
}

function attemptRow({ directory, options }: Meveto, delivery: Delivery, attempt: DeliveryAttempt): Html {
  const application = directory.application(delivery.clientId);
  const shownToken = delivery.userToken.slice(0, SHOWN_TOKEN_LENGTH);
  return html`<tr>
    <td>${timeOf(attempt.startedAt)}</td>
    <td>
      ${delivery.type}<br />
      <span class="hint">${application?.name} · <code>${shownToken}…</code></span>
    </td>
    <td>${directory.nameOf(delivery.mevetoId)}</td>
    <td class="tight">${attempt.number} of ${options.attemptCount}</td>
    <td>${answerBadge(attempt)}</td>
    <td>${nextTry(delivery, attempt)}</td>
  </tr>`;
}

function answerBadge({ answer }: DeliveryAttempt): Html {
  if (!answer) return html`<span class="badge wait">waiting</span>`;
  return html`<span class="badge ${acknowledges(answer) ? 'good' : 'bad'}">${describeAnswer(answer)}</span>`;
}

// Only the latest attempt of a delivery has a next attempt.
function nextTry(delivery: Delivery, attempt: DeliveryAttempt): Html {
  if (attempt.number < delivery.attempts.length || !attempt.answer) return html`–`;
  if (delivery.nextAttemptAt !== undefined) return timeOf(delivery.nextAttemptAt);
  return delivery.state === 'failed' ? html`<span class="hint">given up</span>` : html`–`;
}
