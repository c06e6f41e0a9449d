/** The one stylesheet of all pages. */
export const STYLESHEET = `
:root {
  --violet: #4c1d95;
  --violet-bright: #6d28d9;
  --violet-pale: #f3effc;
  --ink: #1f1b2d;
  --muted: #6b6780;
  --line: #e5e1ee;
  --paper: #ffffff;
  --ground: #f7f5fb;
  --good: #166534;
  --good-pale: #e6f6ec;
  --bad: #b42318;
  --bad-pale: #fdecea;
  --wait: #92600a;
  --wait-pale: #fdf4dc;
  font: 16px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif;
  color: var(--ink);
  background: var(--ground);
}
* { box-sizing: border-box; }
body { margin: 0; }
a { color: var(--violet-bright); }
.band { background: linear-gradient(120deg, #2e1065, var(--violet) 55%, var(--violet-bright)); color: #fff; }
.band .inner { display: flex; align-items: center; gap: .75rem; padding-top: 1.1rem; padding-bottom: 1.1rem; }
.band a { color: inherit; text-decoration: none; font-size: 1.35rem; font-weight: 700; letter-spacing: -.01em; }
.band .mark { display: inline-block; width: 1.5rem; height: 1.5rem; margin-right: .5rem; border-radius: .45rem;
  background: #fff; color: var(--violet); font-size: 1rem; line-height: 1.5rem; text-align: center; }
.band small { padding: .1rem .6rem; border: 1px solid #ffffff66; border-radius: 1rem; font-size: .8rem; }
.band p { margin: 0 0 0 auto; font-size: .9rem; opacity: .85; }
.inner { max-width: 64rem; margin: 0 auto; padding: 0 1.25rem; }
main.inner { display: grid; grid-template-columns: minmax(0, 1fr); gap: 1.25rem; padding-top: 1.5rem; padding-bottom: 3rem; }
main.narrow { max-width: 32rem; padding-top: 3rem; }
.card { padding: 1.25rem 1.5rem; background: var(--paper); border: 1px solid var(--line); border-radius: .9rem;
  box-shadow: 0 1px 3px #2e106510; }
h1 { margin: 0 0 .25rem; font-size: 1.4rem; }
h2 { margin: 0 0 .75rem; font-size: 1.1rem; }
h3 { margin: 0; font-size: 1rem; }
p { margin: 0; }
.hint { color: var(--muted); font-size: .9rem; }
.row { display: flex; flex-wrap: wrap; align-items: center; gap: .6rem; }
.row .push { margin-left: auto; }
.person { display: flex; align-items: center; gap: .8rem; }
.initial { flex: none; width: 2.6rem; height: 2.6rem; border-radius: 50%; background: var(--violet-pale); color: var(--violet);
  font-weight: 700; font-size: 1.15rem; line-height: 2.6rem; text-align: center; }
.people { display: grid; gap: .6rem; margin-top: 1rem; }
form { margin: 0; }
button, .button { display: inline-block; padding: .45rem .95rem; border: 1px solid var(--line); border-radius: .55rem;
  background: var(--paper); color: var(--ink); font: inherit; font-size: .92rem; text-decoration: none; cursor: pointer; }
button:hover, .button:hover { border-color: var(--violet-bright); }
button:focus-visible, a:focus-visible { outline: 3px solid #a78bfa; outline-offset: 2px; }
button[aria-pressed='true'] { background: var(--violet-pale); border-color: var(--violet-bright); color: var(--violet); }
select { padding: .45rem .6rem; border: 1px solid var(--line); border-radius: .55rem; background: var(--paper); color: var(--ink);
  font: inherit; font-size: .92rem; max-width: 100%; }
select:focus-visible { outline: 3px solid #a78bfa; outline-offset: 2px; }
button.primary { background: var(--violet); border-color: var(--violet); color: #fff; font-weight: 600; }
button.primary:hover { background: var(--violet-bright); }
button.quiet { border-color: transparent; background: none; color: var(--muted); }
button.quiet:hover { color: var(--bad); border-color: var(--line); }
.people button { display: flex; width: 100%; align-items: center; gap: .8rem; padding: .7rem 1rem; font-size: 1rem; text-align: left; }
.application { display: flex; flex-wrap: wrap; align-items: center; gap: .6rem; padding: .9rem 0; border-top: 1px solid var(--line); }
.application:first-of-type { border-top: 0; padding-top: 0; }
.application:last-of-type { padding-bottom: 0; }
.application .name { flex: 1 1 12rem; }
article.fault, article.fault:first-of-type { margin-top: .9rem; padding: .9rem 0 0; border-top: 1px solid var(--line); }
.fault form.row { flex: none; flex-wrap: nowrap; }
.fault .badge { white-space: normal; }
.badge { display: inline-block; padding: .05rem .6rem; border-radius: 1rem; background: #efedf4; color: var(--muted);
  font-size: .82rem; font-weight: 600; white-space: nowrap; }
.badge.good { background: var(--good-pale); color: var(--good); }
.badge.bad { background: var(--bad-pale); color: var(--bad); }
.badge.wait { background: var(--wait-pale); color: var(--wait); }
.scroll { overflow-x: auto; margin: 0 -1.5rem; padding: 0 1.5rem; }
table { width: 100%; border-collapse: collapse; font-size: .9rem; }
th { padding: .3rem .9rem .3rem 0; color: var(--muted); font-size: .8rem; font-weight: 600; text-align: left; }
td { padding: .45rem .9rem .45rem 0; border-top: 1px solid var(--line); vertical-align: top; }
th:last-child, td:last-child { padding-right: 0; }
td .badge { white-space: normal; }
td.tight, td time { white-space: nowrap; font-variant-numeric: tabular-nums; }
code { font: .85em ui-monospace, 'SF Mono', Menlo, Consolas, monospace; }
ul.notices { display: grid; gap: .5rem; margin: 0; padding: 0; list-style: none; font-size: .92rem; }
ul.notices li { display: flex; gap: .8rem; padding: .6rem .8rem; border-radius: .55rem; background: var(--bad-pale); overflow-wrap: anywhere; }
ul.notices time { flex: none; color: var(--bad); font-variant-numeric: tabular-nums; font-weight: 600; }
@media (max-width: 46rem) {
  .band p { display: none; }
  .card { padding: 1rem 1.1rem; }
  .fault form.row { flex: 1 1 100%; flex-wrap: wrap; }
  .fault select { flex: 1 1 10rem; }
  .scroll { margin: 0 -1.1rem; padding: 0 1.1rem; }
  table { font-size: .86rem; }
  th, td { padding-right: .65rem; }
}
`;
