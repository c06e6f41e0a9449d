import { dirname, join } from 'node:path';
import ts from 'typescript';

const printer = ts.createPrinter({ removeComments: true });

/** A program of declarations that does not read other packages, nor the library of the language. */
function programOf(files) {
  const options = {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    noLib: true,
    types: [],
  };
  const host = ts.createCompilerHost(options);
  const fileOf = (name, importer) => join(dirname(importer), name.replace(/\.js$/, '.d.ts'));
  host.resolveModuleNameLiterals = (literals, importer) =>
    literals.map(({ text }) => ({
      resolvedModule: text.startsWith('.')
        ? { resolvedFileName: fileOf(text, importer), extension: ts.Extension.Dts }
        : undefined,
    }));
  return ts.createProgram(files, options, host);
}

const isHidden = (node) =>
  (ts.isClassElement(node) && node.name !== undefined && ts.isPrivateIdentifier(node.name)) ||
  node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword) === true;

/** The statement of a file that declares a name, or undefined for what is declared within one, such as a parameter. */
function statementOf(declaration) {
  const node = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
  return ts.isSourceFile(node.parent) ? node : undefined;
}

/** Prints a statement without comments, private members and the words `export` and `declare`. */
function print(statement) {
  const { transformed, dispose } = ts.transform(statement, [
    (context) => (root) => {
      const visit = (node) => (isHidden(node) ? undefined : ts.visitEachChild(node, visit, context));
      return visit(root);
    },
  ]);
  const text = printer.printNode(ts.EmitHint.Unspecified, transformed[0], statement.getSourceFile());
  dispose();
  return text.replace(/^(?:export |declare )*/, '');
}

/** The names in a statement, without those of private members. */
function namesIn(statement) {
  const names = [];
  const visit = (node) => {
    if (isHidden(node)) return;
    if (ts.isIdentifier(node)) names.push(node);
    ts.forEachChild(node, visit);
  };
  visit(statement);
  return names;
}

/**
 * Lists what an entry exports, by name, and then the types that this uses without exporting them.
 * @param {string} file its declarations
 * @returns {string}
 */
function listingOf(program, file) {
  const checker = program.getTypeChecker();
  const origin = (symbol) =>
    symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  const statements = (symbol) => [
    ...new Set((symbol.declarations ?? []).map(statementOf).filter((each) => each !== undefined)),
  ];
  const exported = checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(file)));
  const known = new Set(exported.map(origin));
  const used = [];
  const listed = (symbol) => {
    for (const name of statements(symbol).flatMap(namesIn)) {
      const found = checker.getSymbolAtLocation(name);
      const other = found === undefined ? undefined : origin(found);
      if (other === undefined || known.has(other) || statements(other).length === 0) continue;
      known.add(other);
      used.push(other);
    }
    return statements(symbol).map(print).join('\n');
  };
  const named = exported.map((symbol) => {
    const own = origin(symbol);
    const text = listed(own);
    if (text === '') throw new Error(`${symbol.name} in ${file} is declared in another package.`);
    return { name: symbol.name, text: own.name === symbol.name ? text : `${text} // as ${symbol.name}` };
  });
  const unnamed = [];
  for (const symbol of used) unnamed.push({ name: symbol.name, text: listed(symbol) });
  const sorted = (all) =>
    all
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ text }) => `${text}\n`)
      .join('\n');
  return `Exported:\n\n${sorted(named)}${unnamed.length === 0 ? '' : `\nUsed by these:\n\n${sorted(unnamed)}`}`;
}

/** The listings of entries, in the order of the files of their declarations. @param {string[]} files */
export function apiListings(files) {
  const program = programOf(files);
  return files.map((file) => listingOf(program, file));
}
