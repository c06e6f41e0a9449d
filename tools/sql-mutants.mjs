// Makes mutants of the SQL in TypeScript sources: each changes one place of a statement.
import ts from 'typescript';

/** Placeholder for `${…}` while texts are searched, character by character. */
const HOLE = '\u0001';
const IS_SQL = /^\s*(SELECT|INSERT|UPDATE|DELETE|AND|priority) /;
const NAME = `(?:[a-z_]+|${HOLE}+)`;
const VALUE = `(?:\\?|'[^']*'|[a-z_]+|\\d+|${HOLE}+)`;
const CONDITIONS = new RegExp(
  `${NAME} (?:<=|>=|<>|=|<|>) ${VALUE}(?: [-+] ${VALUE})?|${NAME} (?:NOT )?IN \\([^)]*\\)|${NAME} IS (?:NOT )?NULL`,
  'g',
);
const CLAUSES = /\b(SELECT|SET|WHERE|WHEN|THEN|END|VALUES|ORDER BY|LIMIT)\b/g;
const OTHER_OPERATORS = {
  '<=': ['<', '>'],
  '>=': ['>', '<'],
  '<': ['<=', '>='],
  '>': ['>=', '<='],
  '=': ['<>'],
  '<>': ['='],
};

/**
 * All mutants of a file.
 * @param {string} source
 * @returns {{ line: number, from: string, to: string, source: string }[]} what was changed, and the whole file with the change
 */
export function mutantsOf(source) {
  const file = ts.createSourceFile('source.ts', source, ts.ScriptTarget.Latest, true);
  const mutants = [];
  /** @param {import('typescript').Node} node */
  const visit = (node) => {
    if (ts.isTemplateExpression(node) || ts.isStringLiteralLike(node)) {
      const start = node.getStart(file) + 1;
      const end = node.getEnd() - 1;
      for (const { at, length, to } of changesIn(
        maskedText(node, file, start, end),
        source.slice(start, end),
      )) {
        const [begin, finish] = [start + at, start + at + length];
        mutants.push({
          line: file.getLineAndCharacterOfPosition(begin).line + 1,
          from: source.slice(begin, finish),
          to,
          source: source.slice(0, begin) + to + source.slice(finish),
        });
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return mutants;
}

/**
 * The text between the quotes, with every character of `${…}` replaced by the placeholder.
 * @param {import('typescript').Node} node
 * @param {import('typescript').SourceFile} file
 * @param {number} start
 * @param {number} end
 */
function maskedText(node, file, start, end) {
  let text = file.text.slice(start, end);
  if (!ts.isTemplateExpression(node)) return text;
  for (const { expression } of node.templateSpans) {
    const from = expression.getFullStart() - 2 - start;
    const to = expression.getEnd() + 1 - start;
    text = text.slice(0, from) + HOLE.repeat(to - from) + text.slice(to);
  }
  return text;
}

/**
 * @param {string} masked
 * @param {string} text
 * @returns {{ at: number, length: number, to: string }[]}
 */
function changesIn(masked, text) {
  if (!IS_SQL.test(masked)) return [];
  const changes = [];
  /** @param {RegExp} pattern @param {(found: string, at: number) => string[]} become */
  const change = (pattern, become) => {
    for (const { 0: found, index: at } of masked.matchAll(pattern)) {
      const original = text.slice(at, at + found.length);
      for (const to of become(original, at)) changes.push({ at, length: found.length, to });
    }
  };
  change(CONDITIONS, (found, at) =>
    clauseAt(masked, at) === 'SET' ? unassigned(found) : otherConditions(found),
  );
  change(/ AND /g, () => [' OR ']);
  change(/ OR /g, () => [' AND ']);
  change(/ DESC\b/g, () => [' ASC']);
  change(new RegExp(`ORDER BY [a-z_, A-Z${HOLE}]+?(?= LIMIT| \\S*$|$)`, 'g'), () => ['']);
  change(new RegExp(`LIMIT ${HOLE}+|LIMIT \\d+`, 'g'), () => ['LIMIT 1000']);
  change(/\bM(IN|AX)\(/g, (found) => [found === 'MIN(' ? 'MAX(' : 'MIN(']);
  return changes;
}

/** @param {string} text @param {number} at */
function clauseAt(text, at) {
  const before = [...text.slice(0, at).matchAll(CLAUSES)].at(-1)?.[1];
  // The result of a CASE is an assigned value.
  return before === 'END' ? 'SET' : (before ?? 'WHERE');
}

/** An assignment without effect. @param {string} found */
function unassigned(found) {
  const [column, ...value] = found.split(' = ');
  return [`${String(column)} = CASE WHEN 1 = 0 THEN ${value.join(' = ')} ELSE ${String(column)} END`];
}

/** @param {string} found */
function otherConditions(found) {
  const always = [`(${found} OR 1 = 1)`, `(${found} AND 1 = 0)`];
  const operator = / (<=|>=|<>|=|<|>) /.exec(found)?.[1];
  if (operator !== undefined) {
    return [
      ...always,
      ...OTHER_OPERATORS[operator].map((/** @type {string} */ other) =>
        found.replace(` ${operator} `, ` ${other} `),
      ),
    ];
  }
  return always;
}
