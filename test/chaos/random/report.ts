import type { KillRunOptions, KillRunResult } from './kill-run.js';

const SHOWN_VIOLATIONS = 40;

/** The figures of a run as a Markdown table for docs/reliability.md, and its violations, if any. */
export function reportOf(database: string, options: KillRunOptions, result: KillRunResult): string {
  const rows = Object.entries(figuresOf(result)).map(([name, value]) => `| ${name} | ${String(value)} |`);
  const { violations } = result;
  const wrong = violations.slice(0, SHOWN_VIOLATIONS).map(({ rule, about }) => `- ${rule}: ${about}`);
  return [
    `${database}, ${options.executor}, ${String(options.replicas)} replica(s), seed ${String(options.seed)}, ${options.acknowledge}, ${options.tokenStorage}`,
    '',
    '| figure | value |',
    '| --- | --- |',
    ...rows,
    '',
    violations.length === 0 ? 'Nothing is wrong.' : `${String(violations.length)} things are wrong:`,
    ...wrong,
  ].join('\n');
}

function figuresOf({ deaths, violations, ...result }: KillRunResult): Record<string, string | number> {
  const count = (rule: string) => violations.filter((each) => each.rule === rule).length;
  const recoveries = deaths
    .map(({ recoveryMs }) => recoveryMs)
    .filter((ms) => ms !== undefined)
    .sort((a, b) => a - b);
  return {
    'processes killed': deaths.length,
    'of them by SIGTERM': deaths.filter(({ signal }) => signal === 'SIGTERM').length,
    'of them before they listened': deaths.filter(({ recoveryMs }) => recoveryMs === undefined).length,
    'webhooks sent': result.sent,
    'webhooks acknowledged': result.acknowledged,
    'exchange requests at Meveto': result.exchanges,
    'times that Meveto’s addresses refused connections': result.outages,
    'ends without the list of pending webhooks': ends(result.endsBefore),
    'ends with the list of pending webhooks': ends(result.endsAfter),
    'silent losses': count('silent loss'),
    'double exchanges': count('double exchange'),
    'other faults': violations.length - count('silent loss') - count('double exchange'),
    'most exchanges of one token at once': result.mostInFlightPerToken,
    'answers lost with a process, longest time': `${String(result.answersLostAfterMs.length)}, ${String(result.answersLostAfterMs.at(-1) ?? 0)} ms`,
    'recovery, median and longest': `${String(recoveries[recoveries.length >> 1] ?? 0)} ms, ${String(recoveries.at(-1) ?? 0)} ms`,
    duration: `${String(Math.round(result.durationMs / 1_000))} s`,
  };
}

const ends = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .sort()
    .map(([state, count]) => `${String(count)} ${state}`)
    .join(', ');
