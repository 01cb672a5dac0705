import { basename } from 'node:path';
import ts from 'typescript';
import { emptyNames, linesPerFileMax, processOwner } from './rooms.js';

const processOwned = new Set(['exit', 'exitCode', 'reallyExit', 'abort', 'on', 'once', 'addListener']);

/** Every rule that is checked on the source itself; a file without a place in the table breaks `no-room`. */
export const sourceRules = ['empty-name', 'file-too-long', 'process-owner', 'hidden-value-import', 'no-room'];

export const lineCount = (text) => text.split('\n').length - (text.endsWith('\n') ? 1 : 0);

function nodesOf(path, text) {
  const nodes = [];
  const visit = (node) => {
    nodes.push(node);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.Latest));
  return nodes;
}

const touchesProcess = (node) =>
  (ts.isPropertyAccessExpression(node) &&
    ts.isIdentifier(node.expression) &&
    node.expression.text === 'process' &&
    processOwned.has(node.name.text)) ||
  (ts.isImportDeclaration(node) && /^(node:)?process$/.test(node.moduleSpecifier.text));

/**
 * `import value, { type Type }` counts as type-only for dependency-cruiser 17, so a forbidden value could hide in it:
 * such an import is written as two.
 */
function hidesValue(node) {
  if (!ts.isImportDeclaration(node)) return false;
  const clause = node.importClause;
  const named = clause?.namedBindings;
  if (!clause?.name || clause.isTypeOnly || !named || !ts.isNamedImports(named)) return false;
  return named.elements.length > 0 && named.elements.every((element) => element.isTypeOnly);
}

/** The names of the rules that any code file of ours breaks by its name or length. */
export function fileViolations(path, text) {
  const rules = [];
  const name = basename(path).replace(/(\.d|\.test)?\.[cm]?[jt]sx?$/, '');
  if (emptyNames.includes(name)) rules.push('empty-name');
  if (lineCount(text) > linesPerFileMax) rules.push('file-too-long');
  return rules;
}

/** The names of the rules that a file of src breaks by what it says. `path` is relative to the project. */
export function sourceViolations(path, text) {
  const rules = [];
  const nodes = nodesOf(path, text);
  if (path !== processOwner && nodes.some(touchesProcess)) rules.push('process-owner');
  if (nodes.some(hidesValue)) rules.push('hidden-value-import');
  return rules;
}
