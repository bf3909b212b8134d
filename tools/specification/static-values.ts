// What an expression in a test file is worth, as far as that can be told without running it.
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import ts from 'typescript'

const UNKNOWN = Symbol('unknown')
/** What the names of the loops around an expression stand for. */
export type Scope = ReadonlyMap<string, unknown>

export const known = (value: unknown): boolean => value !== UNKNOWN

/** A string, number, array or object of literals; what is made of them; else something that is not `known`. */
export const worthOf = (node: ts.Expression, scope: Scope): unknown => {
  if (ts.isStringLiteralLike(node)) return node.text
  if (ts.isNumericLiteral(node)) return Number(node.text.replaceAll('_', ''))
  if (ts.isAsExpression(node) || ts.isSatisfiesExpression(node) || ts.isParenthesizedExpression(node)) {
    return worthOf(node.expression, scope)
  }
  if (ts.isTemplateExpression(node)) return templateOf(node, scope)
  if (ts.isArrayLiteralExpression(node)) return elementsOf(node, scope)
  if (ts.isObjectLiteralExpression(node)) return propertiesOf(node, scope)
  if (ts.isIdentifier(node)) return namedBy(node, scope)
  if (ts.isPropertyAccessExpression(node)) return memberOf(worthOf(node.expression, scope), node.name.text)
  if (ts.isCallExpression(node)) return resultOf(node, scope)
  if (ts.isBinaryExpression(node)) return operationOf(node, scope)
  if (ts.isConditionalExpression(node)) return choiceOf(node, scope)
  const keyword = ts.tokenToString(node.kind) ?? ''
  return KEYWORDS.has(keyword) ? KEYWORDS.get(keyword) : UNKNOWN
}

const KEYWORDS = new Map<string, unknown>([
  ['true', true],
  ['false', false],
  ['null', null],
])

/** The scope with the names of a pattern, such as `[what, { status = 200 }]`, added to it. */
export const bind = (name: ts.BindingName, value: unknown, scope: Scope): Scope => {
  if (ts.isIdentifier(name)) return new Map([...scope, [name.text, value]])
  return name.elements.reduce((bound, element, index) => {
    if (!ts.isBindingElement(element)) return bound
    const key = ts.isObjectBindingPattern(name) ? (element.propertyName ?? element.name).getText() : index
    const rest = element.dotDotDotToken !== undefined
    const part = rest ? restOf(value, index) : memberOf(value, key)
    const fallback = part === undefined && element.initializer
    return bind(element.name, fallback ? worthOf(fallback, scope) : part, bound)
  }, scope)
}

const restOf = (value: unknown, index: number): unknown =>
  Array.isArray(value) ? value.slice(index) : UNKNOWN

const memberOf = (value: unknown, key: string | number): unknown => {
  if (typeof value !== 'object' || value === null) return UNKNOWN
  return Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined
}

const templateOf = ({ head, templateSpans }: ts.TemplateExpression, scope: Scope): unknown => {
  const parts = templateSpans.map(({ expression, literal }) => [worthOf(expression, scope), literal.text])
  if (!parts.every(([value]) => known(value))) return UNKNOWN
  return head.text + parts.map(([value, text]) => `${value}${text}`).join('')
}

const elementsOf = ({ elements }: ts.ArrayLiteralExpression, scope: Scope): unknown => {
  const rows = elements.map(element =>
    ts.isSpreadElement(element) ? worthOf(element.expression, scope) : [worthOf(element, scope)],
  )
  return rows.every(Array.isArray) ? rows.flat() : UNKNOWN
}

const propertiesOf = ({ properties }: ts.ObjectLiteralExpression, scope: Scope): unknown => {
  const entries = properties.map(property => {
    if (ts.isSpreadAssignment(property)) return entriesOf(worthOf(property.expression, scope))
    if (property.name === undefined || ts.isComputedPropertyName(property.name)) return UNKNOWN
    const key = ts.isStringLiteralLike(property.name) ? property.name.text : property.name.getText()
    return [[key, ts.isPropertyAssignment(property) ? worthOf(property.initializer, scope) : UNKNOWN]]
  })
  return entries.every(Array.isArray) ? Object.fromEntries(entries.flat()) : UNKNOWN
}

const entriesOf = (value: unknown): unknown =>
  typeof value === 'object' && value !== null ? Object.entries(value) : UNKNOWN

const namedBy = (name: ts.Identifier, scope: Scope): unknown => {
  if (scope.has(name.text)) return scope.get(name.text)
  if (name.text === 'undefined') return undefined
  const declared = declarationOf(name.text, name)
  return declared?.initializer ? worthOf(declared.initializer, scope) : UNKNOWN
}

/** The constant that a name stands for at a place: of a block around it, of its file, or of one that it imports. */
const declarationOf = (name: string, place: ts.Node): ts.VariableDeclaration | undefined => {
  for (let around = place.parent; around !== undefined; around = around.parent) {
    if (!ts.isBlock(around) && !ts.isSourceFile(around)) continue
    const constants = around.statements.filter(ts.isVariableStatement)
    const found = constants
      .flatMap(({ declarationList }) => [...declarationList.declarations])
      .find(declaration => declaration.name.getText() === name)
    if (found) return found
  }
  const source = place.getSourceFile()
  const from = source.statements
    .filter(ts.isImportDeclaration)
    .find(({ importClause }) => importClause?.namedBindings?.getText().match(/\w+/g)?.includes(name))
  const module = from && ts.isStringLiteral(from.moduleSpecifier) ? from.moduleSpecifier.text : ''
  if (!module.startsWith('.')) return undefined
  const imported = parse(resolve(dirname(source.fileName), module))
  return declarationOf(name, imported.endOfFileToken)
}

/** A file of TypeScript, by its path. */
export const parse = (file: string): ts.SourceFile =>
  ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true)

/** What these do depends on nothing but what they are given. */
const PURE: Record<string, (...args: never[]) => unknown> = {
  'Object.entries': Object.entries,
  'Object.keys': Object.keys,
  'Object.values': Object.values,
  'JSON.stringify': (value: unknown) => JSON.stringify(value),
}
const PURE_METHODS = ['join', 'repeat', 'slice', 'toUpperCase', 'replaceAll', 'toLocaleString']

const resultOf = ({ expression, arguments: given }: ts.CallExpression, scope: Scope): unknown => {
  const args = given.map(argument => worthOf(argument, scope))
  if (!args.every(wholly)) return UNKNOWN
  const pure = PURE[expression.getText()]
  if (pure) return pure(...(args as never[]))
  if (!ts.isPropertyAccessExpression(expression)) return UNKNOWN
  const receiver = worthOf(expression.expression, scope)
  if (!PURE_METHODS.includes(expression.name.text) || !wholly(receiver)) return UNKNOWN
  return Reflect.get(Object(receiver), expression.name.text).apply(receiver, args)
}

/** Known, with all that it holds. An object may hold what is not known: its keys are titles often enough. */
const wholly = (value: unknown): boolean => known(value) && (!Array.isArray(value) || value.every(wholly))

const choiceOf = ({ condition, whenTrue, whenFalse }: ts.ConditionalExpression, scope: Scope): unknown => {
  const chosen = worthOf(condition, scope)
  return known(chosen) ? worthOf(chosen ? whenTrue : whenFalse, scope) : UNKNOWN
}

const operationOf = ({ left, operatorToken, right }: ts.BinaryExpression, scope: Scope): unknown => {
  const [one, other] = [worthOf(left, scope), worthOf(right, scope)]
  if (!known(one)) return UNKNOWN
  if (operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken) return one ?? other
  if (operatorToken.kind === ts.SyntaxKind.AmpersandAmpersandToken) return one && other
  if (!known(other)) return UNKNOWN
  if (operatorToken.kind === ts.SyntaxKind.PlusToken) return (one as number) + (other as number)
  return UNKNOWN
}
