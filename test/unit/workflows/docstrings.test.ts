import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { beforeAll, describe, expect, it } from 'vitest';

describe('devmapper/workflows', () => {
  let exported: readonly ts.Symbol[];
  let checker: ts.TypeChecker;

  beforeAll(() => {
    const root = fileURLToPath(new URL('../../../', import.meta.url));
    const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile);
    const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
    const index = `${root}lib/workflows/index.ts`;
    const program = ts.createProgram([index], options);
    checker = program.getTypeChecker();
    const source = program.getSourceFile(index);
    const module = source === undefined ? undefined : checker.getSymbolAtLocation(source);
    if (module === undefined) throw new Error('there is no lib/workflows/index.ts');
    exported = checker
      .getExportsOfModule(module)
      .map((symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol));
  }, 120_000);

  const isDocumented = (symbol: ts.Symbol): boolean =>
    /^\S.+[.:`)]$/s.test(ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim());

  it('says of every exported name what it is', () => {
    expect(exported.length).toBeGreaterThan(20);
    expect(exported.filter((symbol) => !isDocumented(symbol)).map(({ name }) => name)).toEqual([]);
  });

  it('says of every option what it does', () => {
    const options = exported.filter(({ name }) => name.endsWith('Options'));
    expect(options.length).toBeGreaterThan(6);
    const without = options.flatMap((symbol) =>
      checker
        .getPropertiesOfType(checker.getDeclaredTypeOfSymbol(symbol))
        .filter((property) => !isDocumented(property))
        .map((property) => `${symbol.name}.${property.name}`),
    );
    expect(without).toEqual([]);
  });
});
