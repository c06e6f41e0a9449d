import ts from 'typescript';

const isTemplate = (node) =>
  node.kind >= ts.SyntaxKind.FirstTemplateToken && node.kind <= ts.SyntaxKind.LastTemplateToken;

/** Removes the comments of an ES module. */
const withoutComments = (code) =>
  ts.transpileModule(code, {
    compilerOptions: {
      allowJs: true,
      removeComments: true,
      target: ts.ScriptTarget.ESNext,
      module: ts.ModuleKind.ESNext,
    },
    fileName: 'compiled.js',
  }).outputText;

/** Removes the indentation of lines. Those that begin within a template keep it. */
function withoutIndentation(code) {
  const templates = [];
  const visit = (node) => {
    if (isTemplate(node)) templates.push(node);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('module.js', code, ts.ScriptTarget.ESNext));
  return code.replace(/^ +/gm, (spaces, at) =>
    templates.some(({ pos, end }) => pos < at && at < end) ? spaces : '',
  );
}

/**
 * Removes the comments and the indentation of an ES module: a package of this size has room for neither. Comments for users are in
 * the declarations, and lines stay lines, for traces of errors.
 * @param {string} code
 */
export const compact = (code) => withoutIndentation(withoutComments(code));
