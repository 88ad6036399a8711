import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/** What an editor shows of a place in a program. */
export interface Hover {
  /** The name and its type, as TypeScript writes them. */
  readonly text: string;
  /** The docstring. */
  readonly documentation: string;
}

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const user = `${root}dist-hover/user.ts`;

/**
 * What an editor shows at each `/*here*\/` of a program that imports `./lvm/index.js`, with the declarations that this
 * package is published with, and not its sources. Throws if the program has errors.
 */
export function hovers(program: string): readonly Hover[] {
  const service = ts.createLanguageService(host(program));
  const wrong = [...service.getSyntacticDiagnostics(user), ...service.getSemanticDiagnostics(user)];
  if (wrong.length > 0)
    throw new Error(
      wrong.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n')).join('\n'),
    );
  return [...program.matchAll(/\/\*here\*\//g)].map(({ index, 0: mark }) => {
    const found = service.getQuickInfoAtPosition(user, index + mark.length);
    return {
      text: ts.displayPartsToString(found?.displayParts),
      documentation: ts.displayPartsToString(found?.documentation),
    };
  });
}

function host(program: string): ts.LanguageServiceHost {
  const files = new Map([...declarations(), [user, program]]);
  const read = (path: string): string | undefined => files.get(path) ?? ts.sys.readFile(path);
  return {
    getCompilationSettings: () => ({ ...options().options, noEmit: true, rootDir: root }),
    getCurrentDirectory: () => root,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    getScriptFileNames: () => [user],
    getScriptVersion: () => '1',
    getScriptSnapshot: (path) => {
      const text = read(path);
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
    },
    fileExists: (path) => files.has(path) || ts.sys.fileExists(path),
    readFile: read,
    directoryExists: (path) =>
      [...files.keys()].some((one) => one.startsWith(`${path}/`)) || ts.sys.directoryExists(path),
  };
}

function declarations(): ReadonlyMap<string, string> {
  const { options: settings } = options();
  const files = new Map<string, string>();
  const sources = ts.createProgram([`${root}lib/lvm/index.ts`], {
    ...settings,
    emitDeclarationOnly: true,
    outDir: `${root}dist-hover`,
  });
  sources.emit(undefined, (path, text) => files.set(path, text));
  return files;
}

function options(): ts.ParsedCommandLine {
  const path = `${root}tsconfig.build.json`;
  const { config } = ts.parseConfigFileTextToJson(path, readFileSync(path, 'utf8')) as { config: unknown };
  return ts.parseJsonConfigFileContent(config, ts.sys, root);
}
