import ts from 'typescript';

const DEFAULT_OF = 'const defaultOf = (exported) => (exported.__esModule ? exported.default : exported);';
const NAMESPACE_OF =
  'const namespaceOf = (exported) => (exported.__esModule ? exported : { ...exported, default: exported });';

const bindingOf = ({ propertyName, name }) =>
  propertyName === undefined ? name.text : `${propertyName.text}: ${name.text}`;

function requireOf({ importClause, moduleSpecifier }) {
  const required = `require(${moduleSpecifier.getText()})`;
  if (importClause === undefined) return `${required};`;
  const { name, namedBindings } = importClause;
  const lines = [];
  if (name !== undefined) lines.push(`const ${name.text} = defaultOf(${required});`);
  if (namedBindings !== undefined) {
    if (!ts.isNamedImports(namedBindings)) throw new Error('An import of a namespace is not supported.');
    lines.push(`const { ${namedBindings.elements.map(bindingOf).join(', ')} } = ${required};`);
  }
  return lines.join('\n');
}

function exportsOf({ exportClause, moduleSpecifier }) {
  if (exportClause === undefined || !ts.isNamedExports(exportClause))
    throw new Error('An export of all names is not supported.');
  const from = moduleSpecifier === undefined ? '' : `require(${moduleSpecifier.getText()}).`;
  return exportClause.elements
    .map(({ propertyName, name }) => `exports.${name.text} = ${from}${(propertyName ?? name).text};`)
    .join('\n');
}

/** The text in CommonJS for a node, or undefined if the node stays as it is. */
function replacementOf(node) {
  if (ts.isImportDeclaration(node)) return requireOf(node);
  if (ts.isExportDeclaration(node)) return exportsOf(node);
  if (ts.isExportAssignment(node) || node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword))
    throw new Error('Exports have to be listed in one statement.');
  if (ts.isMetaProperty(node) && node.keywordToken === ts.SyntaxKind.ImportKeyword)
    throw new Error('`import.meta` is not supported.');
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
    return `Promise.resolve().then(() => namespaceOf(require(${node.arguments[0].getText()})))`;
  return undefined;
}

/**
 * Turns an ES module as Rollup writes it into CommonJS. Everything but imports and exports stays as it is: in the tarball the second
 * build costs little. Imported names are constants, so modules must not import each other in a circle.
 * @param {string} code
 */
export function toCommonJs(code) {
  const source = ts.createSourceFile('module.js', code, ts.ScriptTarget.ESNext, true);
  const parts = [];
  let end = 0;
  const replace = (node) => {
    const replacement = replacementOf(node);
    if (replacement === undefined) return ts.forEachChild(node, replace);
    parts.push(code.slice(end, node.getStart()), replacement);
    end = node.end;
  };
  ts.forEachChild(source, replace);
  const body = parts.join('') + code.slice(end);
  return [
    "'use strict';",
    "Object.defineProperty(exports, '__esModule', { value: true });",
    ...(body.includes('defaultOf(') ? [DEFAULT_OF] : []),
    ...(body.includes('namespaceOf(') ? [NAMESPACE_OF] : []),
    body,
  ].join('\n');
}
