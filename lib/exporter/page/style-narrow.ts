/** The part of the style sheet for narrow screens, for those who want less motion or more contrast, and for paper. */
export const styleNarrow = `
@media (max-width: 60rem) {
  .volumes .details { width: 24%; }
  .volumes .level { width: 13rem; }
}
@media (max-width: 48rem) {
  body { padding: 0 1rem 2rem; }
  section { margin-top: 2.25rem; }
  .volumes, .volumes tbody, .volumes tr, .volumes th, .volumes td { display: block; }
  .volumes thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .volumes tbody tr { display: grid; grid-template-columns: 1fr auto; gap: .25rem .75rem; padding: .8rem .9rem; }
  .volumes tbody tr + tr { border-top: 1px solid var(--line); }
  .volumes tbody tr > * { padding: 0; border: 0; }
  .volumes tbody tr + tr > * { border: 0; }
  .volumes .name, .volumes .health, .volumes .level, .volumes .left, .volumes .details { width: auto; min-width: 0; }
  .volumes .name { grid-column: 1; grid-row: 1; }
  .volumes .health { grid-column: 2; grid-row: 1; }
  .volumes .level, .volumes .left, .volumes .details, .volumes .none { grid-column: 1 / -1; }
  .volumes .left { display: flex; flex-wrap: wrap; gap: 0 .75rem; align-items: baseline; }
  .volumes td:empty { display: none; }
  .changes li { grid-template-columns: auto .75rem 1fr; gap: 0 .6rem; }
  .changes .words { grid-column: 1 / -1; }
  .layer > li > .layer { padding-left: .6rem; border-left: 2px solid var(--line); }
  .field { flex: 1 1 100%; }
  .field label { flex: 0 0 3rem; }
  .field input, .field select { flex: 1 1 auto; }
}
@media (prefers-reduced-motion: reduce) {
  html { scroll-behavior: auto; }
  .bar .done { transition: none; }
}
@media (prefers-contrast: more) {
  :root { --line: var(--soft); --soft: var(--ink); }
}
@media (forced-colors: active) {
  .bar { forced-color-adjust: none; outline: 1px solid CanvasText; }
  .bar .track { fill: Canvas; }
  .bar .done, .bar.busy .done, .bar.warning .done, .bar.failed .done { fill: CanvasText; }
}
@media print {
  .controls, .pager, .skip, .now button, footer { display: none; }
}
`;
