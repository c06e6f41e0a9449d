import { readFileSync } from 'node:fs';
import { parser } from '@prometheus-io/lezer-promql';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { prometheusMetrics } from 'nestjs-meveto-logout/prometheus';
import { Registry } from 'prom-client';
import { FakeObserved, jobApplied } from '../../libs/meveto-logout/spec-support/fake-observed.js';
import type { EventKind } from '../../libs/meveto-logout/src/core/event-kinds.js';
import { eventTables } from '../../libs/meveto-logout/src/events.js';

/** The rules of the page: their names and expressions. An expression is in its line, or in the lines below `expr: |`. */
const rulesOf = (page: string): (readonly [name: string, expression: string])[] =>
  [...page.matchAll(/- alert: (\w+)\n +expr: (?:\|\n((?: {10}.*\n)+)|(.+)\n)/g)].map(
    ([, name = '', lines, line]) => [name, (lines ?? line ?? '').trim()],
  );

type Labels = Readonly<Record<string, string>>;
interface Series {
  readonly name: string;
  readonly labels: Labels;
}

const labelsIn = (text: string): Labels =>
  Object.fromEntries(
    [...text.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]),
  );

/** The time series that a scrape contains. */
const seriesIn = (scrape: string): readonly Series[] =>
  [...scrape.matchAll(/^(\w+)(?:\{(.*)\})? \S+$/gm)].map(([, name = '', labels = '']) => ({
    name,
    labels: labelsIn(labels),
  }));

/** What is wrong with an expression: its syntax, a selector that selects none of the series, or a label that none of them has. */
function faultsOf(expression: string, all: readonly Series[]): readonly string[] {
  const faults: string[] = [];
  const textOf = ({ from, to }: { readonly from: number; readonly to: number }): string =>
    expression.slice(from, to);
  const selected: Series[] = [];
  const grouping: string[] = [];
  parser.parse(expression).iterate({
    enter(reference) {
      const { node, name, type } = reference;
      if (type.isError) faults.push(`syntax: ${String(node.from)}`);
      else if (name === 'VectorSelector') {
        const metric = node.getChild('Identifier');
        const matchers = node.getChild('LabelMatchers')?.getChildren('UnquotedLabelMatcher') ?? [];
        const labels = Object.entries(labelsIn(matchers.map(textOf).join(',')));
        // Other matchers than `=` are in no rule so far.
        if (labels.length !== matchers.length) faults.push(`matcher: ${textOf(node)}`);
        const found = all.filter(
          (series) =>
            series.name === (metric === null ? '' : textOf(metric)) &&
            labels.every(([label, value]) => series.labels[label] === value),
        );
        if (found.length === 0) faults.push(`selects nothing: ${textOf(node)}`);
        selected.push(...found);
      } else if (name === 'LabelName' && node.parent?.name === 'GroupingLabels') grouping.push(textOf(node));
    },
  });
  for (const label of grouping)
    if (!selected.some(({ labels }) => label in labels)) faults.push(`label: ${label}`);
  return faults;
}

const kinds: readonly EventKind[] = Object.values(eventTables);
const counters = kinds.flatMap(({ counter = [] }) => (typeof counter === 'function' ? [] : [counter].flat()));

describe('the alert rules of docs/operations.md', () => {
  const rules = rulesOf(readFileSync('docs/operations.md', 'utf8'));
  let all: readonly Series[];
  beforeAll(async () => {
    const observed = new FakeObserved();
    observed.process = {
      ...observed.process,
      counters: Object.fromEntries(counters.map((name) => [name, 1])),
    };
    const registry = new Registry();
    const stop = prometheusMetrics(observed, { registry });
    observed.events$.next(jobApplied());
    all = seriesIn(await registry.metrics());
    stop();
  });

  it('are all found', () => {
    const page = readFileSync('docs/operations.md', 'utf8');
    expect(rules).toHaveLength(page.match(/- alert: /g)?.length ?? 0);
    expect(rules.length).toBeGreaterThan(5);
  });

  it.each(rules)('are PromQL, and select metrics and labels that exist: %s', (_name, expression) => {
    expect(faultsOf(expression, all)).toEqual([]);
  });

  it.each([
    ['max(meveto_logout_calls{state="ambiguous"} > 0', 'syntax: 46'],
    ['meveto_logout_store_down == 0', 'selects nothing: meveto_logout_store_down'],
    ['meveto_logout_calls{status="applied"}', 'selects nothing: meveto_logout_calls{status="applied"}'],
    ['meveto_logout_calls{state="lost"}', 'selects nothing: meveto_logout_calls{state="lost"}'],
    ['sum by (replica) (meveto_logout_calls)', 'label: replica'],
  ])('would fail with a mistake: %s', (expression, fault) => {
    expect(faultsOf(expression, all)).toEqual([fault]);
  });
});
