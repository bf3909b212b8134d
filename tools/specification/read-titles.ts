import ts from 'typescript'
import { bind, known, type Scope, worthOf } from './static-values.ts'

/** The title of a `describe` or an `it`, and of what stands in it. */
export type Title = { text: string; within: Title[] }

/** Tables in tables that make more titles than this are one, with the names of columns in the place of what they hold. */
const MOST_TITLES = 30

/**
 * The titles in a test file, in the order of the source. A test in a loop over a table of literals has one title for
 * each row; where the table is long, or not known before the test runs, it has one, with `«words»` for what differs.
 */
export const readTitles = (source: ts.SourceFile): Title[] =>
  distinct(titlesIn(source, { scope: new Map(), room: MOST_TITLES }))

/** What stands in the loops around, and how many titles a loop within may still make of one. */
type Place = { scope: Scope; room: number }

const titlesIn = (node: ts.Node, place: Place): Title[] => {
  if (ts.isForOfStatement(node)) return rowsOf(node, place).flatMap(row => titlesIn(node.statement, row))
  const within = () => node.getChildren().flatMap(child => titlesIn(child, place))
  const title = titleArgument(node)
  return title ? [{ text: written(title, place.scope), within: distinct(within()) }] : within()
}

const titleArgument = (node: ts.Node): ts.Expression | undefined => {
  const called = ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text
  return called === 'describe' || called === 'it' ? (node as ts.CallExpression).arguments[0] : undefined
}

/** A loop in each of its rounds; in a single one if they are too many, or not known. */
const rowsOf = ({ initializer, expression }: ts.ForOfStatement, { scope, room }: Place): Place[] => {
  const [declared] = ts.isVariableDeclarationList(initializer) ? initializer.declarations : []
  const rows = worthOf(expression, scope)
  if (declared === undefined || !Array.isArray(rows) || rows.length > room) return [{ scope, room }]
  return rows.map(row => ({ scope: bind(declared.name, row, scope), room: room / rows.length }))
}

const written = (title: ts.Expression, scope: Scope): string => {
  if (ts.isStringLiteralLike(title)) return title.text
  if (!ts.isTemplateExpression(title)) return inWords(title, scope)
  const parts = title.templateSpans.map(
    ({ expression, literal }) => inWords(expression, scope) + literal.text,
  )
  return title.head.text + parts.join('')
}

const inWords = (expression: ts.Expression, scope: Scope): string => {
  const value = worthOf(expression, scope)
  return known(value) ? String(value) : `«${nameOf(expression)}»`
}

/** `JSON.stringify(text.slice(0, 9))` is a text, `operation.name` a name, `retryAfter ?? 'none'` a retry after. */
const nameOf = (expression: ts.Expression): string => {
  if (ts.isBinaryExpression(expression)) return nameOf(expression.left)
  if (ts.isConditionalExpression(expression)) return nameOf(expression.condition)
  if (ts.isCallExpression(expression)) {
    const { expression: called, arguments: given } = expression
    const method = ts.isPropertyAccessExpression(called) && !/^(JSON|Object)\./.test(called.getText())
    return nameOf(method ? called.expression : (given[0] ?? called))
  }
  const name = ts.isPropertyAccessExpression(expression) ? expression.name.text : expression.getText()
  return name
    .replaceAll(/(?<=[a-z])[A-Z]/g, ' $&')
    .replaceAll('_', ' ')
    .toLowerCase()
}

/** Those of the same text as one, with all that stands in them. */
export const distinct = (titles: Title[]): Title[] => {
  const byText = Map.groupBy(titles, ({ text }) => text)
  return [...byText].map(([text, same]) => ({
    text,
    within: same.length === 1 ? (same[0]?.within ?? []) : distinct(same.flatMap(({ within }) => within)),
  }))
}
