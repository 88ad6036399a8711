import { styleNarrow } from './style-narrow.ts';
import { styleParts } from './style-parts.ts';

/** The page's style sheet. Health is a word and a shape; colour only repeats it. */
export const style = `:root {
  color-scheme: light dark;
  --paper: #f6f5f1;
  --card: #fffefb;
  --ink: #1b2427;
  --soft: #59666a;
  --line: #dddad1;
  --track: #e7e4dc;
  --level: #8aa3a8;
  --accent: #14606e;
  --failed: #b3261e;
  --warning: #8a5200;
  --caution: #b87503;
  --busy: #14606e;
  --ok: #4d7155;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #13181a;
    --card: #1a2022;
    --ink: #e4e9ea;
    --soft: #9ba8ac;
    --line: #2d3639;
    --track: #2a3336;
    --level: #61797e;
    --accent: #74c5d2;
    --failed: #ff8d83;
    --warning: #efb65c;
    --caution: #efb65c;
    --busy: #74c5d2;
    --ok: #8cc096;
  }
}
* { box-sizing: border-box; }
html { scroll-behavior: smooth; scroll-padding-top: 1rem; }
body {
  margin: 0 auto;
  max-width: 84rem;
  padding: 0 1.5rem 3rem;
  background: var(--paper);
  color: var(--ink);
  font: 1rem/1.5 system-ui, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', sans-serif;
  font-variant-numeric: tabular-nums;
  overflow-wrap: anywhere;
}
a { color: var(--accent); text-underline-offset: .18em; text-decoration-thickness: 1px; }
a:hover { text-decoration-thickness: 2px; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
h1, h2, h3, p, ul, ol, figure { margin: 0; padding: 0; }
ul, ol { list-style: none; }
h1 { font-size: 1rem; font-weight: 600; }
h2 { font-size: 1.25rem; font-weight: 600; letter-spacing: -.01em; }
h3 { font-size: 1rem; font-weight: 600; }
section { margin-top: 3rem; }
.lead { margin-top: .25rem; max-width: 46rem; color: var(--soft); }
.sub { color: var(--soft); font-size: .875rem; }
.skip { position: absolute; left: -100vw; padding: .5rem 1rem; background: var(--card); }
.skip:focus { left: 1rem; top: .5rem; z-index: 1; }

.top {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  justify-content: space-between;
  gap: .25rem 1.5rem;
  min-height: 4rem;
  padding: .75rem 0;
  border-bottom: 1px solid var(--line);
}
.top noscript { flex-basis: 100%; }
.now { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem .75rem; color: var(--soft); font-size: .875rem; }
.live:not(:empty)::before {
  content: '';
  display: inline-block;
  width: .5rem;
  height: .5rem;
  margin-right: .4rem;
  border-radius: 50%;
  border: 1.5px solid var(--soft);
}
.live[data-state='live']::before { border-color: var(--ok); background: var(--ok); }
.live[data-state='lost'] { color: var(--warning); font-weight: 600; }
button, input, select {
  font: inherit;
  font-size: .9375rem;
  color: inherit;
  background: var(--card);
  border: 1px solid var(--soft);
  border-radius: 6px;
  padding: .3rem .6rem;
  max-width: 100%;
}
button { cursor: pointer; }
button:hover { border-color: var(--accent); color: var(--accent); }
input[type='checkbox'] { width: 1.1rem; height: 1.1rem; margin: 0; accent-color: var(--accent); }
footer {
  display: flex;
  flex-wrap: wrap;
  gap: .25rem 1.5rem;
  margin-top: 3rem;
  padding-top: 1rem;
  border-top: 1px solid var(--line);
  color: var(--soft);
  font-size: .875rem;
}
${styleParts}${styleNarrow}`;
