/** The part of the style sheet for what the page shows: verdict, volumes, disks, stacks, changes. */
export const styleParts = `
.notice { margin-top: 1.5rem; padding: .75rem 1rem; background: var(--card); border: 1px solid var(--warning); border-radius: 8px; }
.health-now { margin-top: 2rem; }
.verdict { font-size: clamp(1.5rem, 1.1rem + 1.6vw, 2.125rem); line-height: 1.2; font-weight: 600; letter-spacing: -.02em; }
.counts { display: flex; flex-wrap: wrap; gap: .5rem; margin-top: 1rem; }
.count {
  display: flex;
  align-items: center;
  gap: .45rem;
  padding: .3rem .8rem;
  border: 1px solid var(--line);
  border-radius: 2rem;
  background: var(--card);
  color: var(--ink);
  text-decoration: none;
}
a.count:hover { border-color: var(--accent); }
.count[aria-current] { border-color: var(--accent); box-shadow: inset 0 0 0 1px var(--accent); }
.count.none { background: none; color: var(--soft); }

.mark { flex: none; display: inline-block; width: .75rem; height: .75rem; forced-color-adjust: none; }
.mark.ok { background: var(--ok); clip-path: circle(36%); }
.mark.busy { border: 2.5px solid var(--busy); border-right-color: transparent; border-radius: 50%; transform: rotate(-45deg); }
.mark.warning { background: var(--caution); clip-path: polygon(50% 0, 100% 100%, 0 100%); }
.mark.failed { background: var(--failed); clip-path: polygon(20% 0, 50% 30%, 80% 0, 100% 20%, 70% 50%, 100% 80%, 80% 100%, 50% 70%, 20% 100%, 0 80%, 30% 50%, 0 20%); }

.controls { display: flex; flex-wrap: wrap; align-items: center; gap: .6rem 1rem; margin: .75rem 0 1rem; }
.field, .check { display: flex; align-items: center; gap: .45rem; color: var(--soft); font-size: .9375rem; }
.field input, .field select { color: var(--ink); min-width: 0; }
.pager { display: flex; flex-wrap: wrap; gap: .5rem 1.25rem; margin-top: 1rem; color: var(--soft); }
.pager .off { opacity: .6; }

.volumes { width: 100%; border-collapse: separate; border-spacing: 0; background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
.volumes th, .volumes td { padding: .65rem .9rem; text-align: left; vertical-align: top; font-weight: 400; }
.volumes thead th { padding-block: .5rem; color: var(--soft); font-size: .8125rem; border-bottom: 1px solid var(--line); }
.volumes tbody tr + tr > * { border-top: 1px solid var(--line); }
.volumes .health { width: 7rem; white-space: nowrap; }
.volumes .health .mark { margin-right: .5rem; }
.volumes .name { width: 26%; min-width: 12rem; }
.volumes .name a { color: var(--ink); font-weight: 600; text-decoration-color: var(--line); }
.volumes .name a:hover { color: var(--accent); }
.volumes .name .sub, .volumes .left .sub { display: block; }
.volumes .level { width: 17rem; }
.volumes .level .percent { flex: none; width: 5rem; text-align: right; }
.gauge { display: flex; align-items: center; }
.volumes .left { width: 11rem; }
.volumes .details { color: var(--soft); }
.volumes .failed .health, .volumes .failed .details { color: var(--failed); font-weight: 600; }
.volumes .warning .health, .volumes .warning .details { color: var(--warning); font-weight: 600; }
.volumes .busy .health { color: var(--busy); font-weight: 600; }
.volumes .ok .health { color: var(--soft); }
.volumes .none { color: var(--soft); }

.bar { flex: 1 1 auto; width: 100%; min-width: 0; height: .625rem; border-radius: .3125rem; overflow: hidden; }
.bar .track { fill: var(--track); }
.bar .done { fill: var(--level); transition: width .9s linear; }
.bar .limit { fill: var(--soft); }
.bar.busy .done { fill: var(--busy); }
.bar.warning .done { fill: var(--caution); }
.bar.failed .done { fill: var(--failed); }

.disks { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(19rem, 100%), 1fr)); gap: 1rem; margin-top: 1rem; }
.disk { padding: 1rem; background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
.disk .toll { margin: .5rem 0 .6rem; font-weight: 600; }
.carried li { display: flex; flex-wrap: wrap; align-items: center; gap: 0 .5rem; padding: .25rem 0; border-top: 1px solid var(--line); }
.carried a { flex: 1 1 6rem; min-width: 0; color: var(--ink); text-decoration-color: var(--line); }
.carried .fate { margin-left: auto; font-size: .875rem; }
.carried .survives .fate, .carried .unknown .fate, .carried .more { color: var(--soft); }
.carried .fails .fate { font-weight: 600; }

.stacks { display: grid; gap: 1.75rem; margin-top: 1rem; }
.stack { display: flex; flex-direction: column-reverse; gap: .4rem; }
.stack figcaption { color: var(--soft); font-size: .9375rem; }
.stack figcaption b { color: var(--ink); }
.layer { display: flex; flex-wrap: wrap; gap: 4px; }
.layer > li { display: flex; flex-direction: column; gap: 4px; flex: 1 1 9rem; min-width: 0; }
.layer > li > .layer { flex-grow: 1; }
.box { padding: .45rem .7rem; background: var(--card); border: 1px solid var(--line); border-radius: 6px; }
.box.end { flex-grow: 1; background: var(--track); border-color: var(--track); }
.box.warning { border-color: var(--warning); }
.box.failed { border-color: var(--failed); }
.box.busy { border-color: var(--busy); }
.box .title { display: flex; align-items: baseline; gap: 0 .45rem; font-weight: 600; }
.box .title span { min-width: 0; }
.layer .layer .title { font-size: .875rem; }
.box.end .title { font-weight: 500; }
.box em { font-style: normal; font-weight: 400; font-size: .875rem; }
.box .sub { display: block; font-size: .8125rem; }

.changes { margin-top: 1rem; max-width: 64rem; }
.changes:empty::after { content: 'None since this page is served.'; color: var(--soft); }
.changes li { display: grid; grid-template-columns: 5rem .75rem minmax(8rem, 14rem) 1fr; gap: .75rem; align-items: baseline; padding: .4rem 0; border-top: 1px solid var(--line); }
.changes time { color: var(--soft); }
.changes b { font-weight: 600; }
`;
