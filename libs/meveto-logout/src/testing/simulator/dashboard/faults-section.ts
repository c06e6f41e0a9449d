import type { Endpoint } from '../faults/fault.js';
import type { Meveto } from '../meveto.js';
import { describeFault, ENDPOINT_NAMES, faultChoices, OCCURRENCES, SPEEDS } from './fault-choices.js';
import { html, type Html } from './html.js';

/** Form for faults and for the speed of time. */
export function faultsSection(meveto: Meveto): Html {
  return html`<section class="card" aria-labelledby="faults">
    <div class="row">
      <div>
        <h2 id="faults">Faults</h2>
        <p class="hint">Make Meveto fail, and see how the application reacts.</p>
      </div>
      <form class="row push" method="post" action="/speed">
        <span class="hint">Retries</span>
        ${SPEEDS.map((speed) => speedButton(speed, meveto.deliverer.speed))}
      </form>
    </div>
    ${(Object.keys(ENDPOINT_NAMES) as Endpoint[]).map((endpoint) => endpointRow(meveto, endpoint))}
  </section>`;
}

function speedButton(speed: number, current: number): Html {
  const label = speed === 1 ? 'in real time' : `${String(speed)} × faster`;
  return html`<button name="speed" value="${speed}" aria-pressed="${String(speed === current)}">
    ${label}
  </button>`;
}

function endpointRow(meveto: Meveto, endpoint: Endpoint): Html {
  const name = ENDPOINT_NAMES[endpoint];
  return html`<article class="application fault">
    <div class="name">
      <h3>${name}</h3>
      <p class="hint" id="fault-${endpoint}" data-live>${healthBadge(meveto, endpoint)}</p>
    </div>
    <form class="row" method="post" action="/faults/${endpoint}">
      <select name="fault" aria-label="Fault: ${name}">
        ${faultChoices(endpoint).map(option)}
      </select>
      <select name="occurrence" aria-label="How often: ${name}">
        ${OCCURRENCES.map(option)}
      </select>
      <button>Set fault</button>
    </form>
    <form method="post" action="/faults/${endpoint}/clear"><button class="quiet">Clear</button></form>
  </article>`;
}

function option({ value, label }: { readonly value: string; readonly label: string }): Html {
  return html`<option value="${value}">${label}</option>`;
}

function healthBadge({ faults }: Meveto, endpoint: Endpoint): Html {
  const planned = faults.planned(endpoint);
  const strikes = faults.strikes(endpoint);
  const struck =
    strikes === 0 ? undefined : html`<span>occurred ${strikes} ${strikes === 1 ? 'time' : 'times'}</span>`;
  if (planned.length === 0) return html`<span class="badge good">Works</span> ${struck}`;
  const words = planned.map((fault) => describeFault(endpoint, fault)).join('; ');
  return html`<span class="badge bad">${words}</span> ${struck}`;
}
