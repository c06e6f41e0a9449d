export const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="9" fill="#0f766e"/><path d="M9 22V11l7 7 7-7v11" fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round" stroke-linejoin="round"/></svg>`;

export const STYLE = `:root {
  --accent: #0f766e;
  --accent-dark: #115e59;
  --tint: #f0fdfa;
  --ink: #16302d;
  --muted: #5f7370;
  --line: #dbe5e3;
  color-scheme: light;
}
* { box-sizing: border-box; }
body {
  margin: 0;
  min-height: 100vh;
  display: flex;
  flex-direction: column;
  align-items: center;
  gap: 1.5rem;
  padding: 1.5rem 1rem 2rem;
  font: 16px/1.55 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif;
  color: var(--ink);
  background: linear-gradient(180deg, #e6f5f2 0, #f7faf9 22rem) no-repeat #f7faf9;
}
header, .card, footer { width: 100%; max-width: 27rem; }
.brand { display: inline-flex; align-items: center; gap: .6rem; font-weight: 650; color: var(--ink); text-decoration: none; }
.mark { width: 1.75rem; height: 1.75rem; background: url('/assets/icon.svg') center / contain no-repeat; }
.card {
  padding: 2rem;
  background: #fff;
  border: 1px solid var(--line);
  border-radius: 1rem;
  box-shadow: 0 1px 2px rgb(15 60 55 / .05), 0 12px 32px rgb(15 60 55 / .08);
}
h1 { margin: 0 0 1rem; font-size: 1.6rem; line-height: 1.2; letter-spacing: -.015em; }
p { margin: 0 0 1.25rem; }
a { color: var(--accent); }
.muted, footer { color: var(--muted); }
footer { font-size: .85rem; text-align: center; }
.button, button {
  display: block;
  width: 100%;
  padding: .7rem 1rem;
  border: 1px solid var(--accent);
  border-radius: .6rem;
  background: var(--accent);
  color: #fff;
  font: inherit;
  font-weight: 600;
  text-align: center;
  text-decoration: none;
  cursor: pointer;
}
.button:hover, button:hover { background: var(--accent-dark); border-color: var(--accent-dark); }
.secondary { background: #fff; color: var(--accent-dark); border-color: var(--line); }
.secondary:hover { background: var(--tint); border-color: var(--accent); }
.button + form, form + .button { margin-top: .75rem; }
.small { width: auto; padding: .35rem .8rem; font-size: .875rem; }
:focus-visible { outline: 3px solid #5eead4; outline-offset: 2px; }
.divider { display: flex; align-items: center; gap: .75rem; margin: 1.5rem 0 1rem; color: var(--muted); font-size: .85rem; }
.divider::before, .divider::after { content: ''; flex: 1; height: 1px; background: var(--line); }
label { display: block; margin-bottom: .3rem; font-size: .9rem; font-weight: 600; }
input {
  width: 100%;
  margin-bottom: 1rem;
  padding: .6rem .75rem;
  border: 1px solid #b9cbc8;
  border-radius: .6rem;
  font: inherit;
  color: inherit;
}
.choice { display: flex; align-items: baseline; gap: .6rem; margin-bottom: 1rem; font-weight: 400; }
.choice input { flex: none; width: auto; margin: 0; }
.aside { margin: 1rem 0 0; text-align: center; }
.notice { padding: .75rem 1rem; border-radius: .6rem; background: var(--tint); font-size: .92rem; }
.problem { background: #fef2f2; color: #991b1b; }
.hint { margin-top: 1.5rem; padding-top: 1rem; border-top: 1px solid var(--line); font-size: .85rem; color: var(--muted); }
.hint summary { cursor: pointer; }
.hint table { width: 100%; margin-top: .5rem; border-collapse: collapse; }
.hint td { padding: .2rem 0; }
.hint td:last-child { text-align: right; white-space: nowrap; }
.hint code { font-size: .78rem; }
.person { display: flex; align-items: center; gap: 1rem; margin-bottom: 1.5rem; }
.person h1, .person p { margin: 0; }
.avatar {
  display: grid;
  place-items: center;
  width: 3.5rem;
  height: 3.5rem;
  flex: none;
  border-radius: 50%;
  background: var(--accent);
  color: #fff;
  font-size: 1.5rem;
  font-weight: 650;
}
.devices { margin: 0 0 1.25rem; padding: 0; list-style: none; }
.devices li { display: flex; align-items: center; justify-content: space-between; gap: 1rem; padding: .75rem 0; border-top: 1px solid var(--line); }
.devices li:first-child { border-top: 0; }
.devices .muted { display: block; font-size: .85rem; }
.devices form { flex: none; }
.tag { margin-left: .4rem; padding: .1rem .5rem; border-radius: 1rem; background: var(--tint); color: var(--accent-dark); font-size: .75rem; white-space: nowrap; }
.status { text-align: right; font-size: .9rem; }
dl { display: grid; grid-template-columns: auto 1fr; gap: .6rem 1.5rem; margin: 0 0 1.5rem; }
dt { color: var(--muted); }
dd { margin: 0; text-align: right; font-weight: 550; }
.live::before { content: ''; display: inline-block; width: .6rem; height: .6rem; margin-right: .5rem; border-radius: 50%; background: #d9a406; }
.live[data-live='connected']::before { background: #16a34a; }
.live[data-live='offline']::before { background: #9ca3af; }
.live[data-live='logged-out']::before { background: #dc2626; }
`;
