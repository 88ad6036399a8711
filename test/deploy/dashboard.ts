import { readFileSync } from 'node:fs';

/** What is of use here of a dashboard of Grafana. */
export interface Dashboard {
  readonly panels: readonly {
    readonly id: number;
    readonly type: string;
    readonly title: string;
    readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
    readonly targets?: readonly { readonly expr: string }[];
  }[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly definition?: string }[] };
}

/** Reads the dashboard that is shipped. */
export function readDashboard(): Dashboard {
  const file = new URL('../../deploy/grafana/devmapper.json', import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as Dashboard;
}

/** The queries of all panels, and what the variables are filled with, by title. */
export function expressionsOf(
  dashboard: Dashboard,
): readonly { readonly title: string; readonly expr: string }[] {
  const asked = dashboard.panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({ title, expr })),
  );
  const filled = dashboard.templating.list.flatMap(({ name, definition }) => {
    const [, expr] = /^label_values\((.*), \w+\)$/.exec(definition ?? '') ?? [];
    return expr === undefined ? [] : [{ title: `the variable ${name}`, expr }];
  });
  return [...asked, ...filled];
}

/** A query with its variables in place, as Grafana sends it. */
export function substitute(expr: string, variables: Readonly<Record<string, string>>): string {
  return expr.replace(/\$([a-z_]+)/g, (whole, name: string) => variables[name] ?? whole);
}

/** A metric as a query selects it. */
export interface Selected {
  readonly name: string;
  /** Labels with the values they are compared with, of a pattern its alternatives. */
  readonly labels: readonly { readonly label: string; readonly values: readonly string[] }[];
}

/** The metrics that a query selects: what has braces, and every other word that is no function or keyword. */
export function namesIn(expr: string): readonly Selected[] {
  const withBraces = [...expr.matchAll(/([a-zA-Z_:][\w:]*)\{((?:[^}"]|"[^"]*")*)\}/g)];
  const selected = withBraces.map(([, name = '', inner = '']) => ({ name, labels: labelsIn(inner) }));
  const rest = expr
    .replace(/[a-zA-Z_:][\w:]*\{(?:[^}"]|"[^"]*")*\}/g, ' ')
    .replace(/"[^"]*"/g, ' ')
    .replace(/\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, ' ');
  const words = [...rest.matchAll(/(?<![\w:])[a-zA-Z_:][\w:]*(?!\s*[\w(:])/g)].map(([name]) => name);
  return [...selected, ...words.filter((name) => !keywords.has(name)).map((name) => ({ name, labels: [] }))];
}

function labelsIn(inner: string): Selected['labels'] {
  return [...inner.matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*"([^"]*)"/g)].map(([, label = '', values = '']) => ({
    label,
    values: values.split('|'),
  }));
}

const keywords = new Set(['and', 'or', 'unless', 'group_left']);
