import type { ScannedStatement, ScriptDialect, SqlWord } from './scan.ts'

/** The text of a statement in which placeholders stand for variables. */
export interface StatementText {
  readonly sql: string
  /** By the order of their placeholders; a variable that stands twice has two. */
  readonly names: readonly string[]
}

/** Puts the dialect's placeholders where variables stand: `$1` for PostgreSQL, `?` for the others. */
export function writePlaceholders(
  script: string,
  { at, end, uses }: ScannedStatement,
  dialect: ScriptDialect,
): StatementText {
  const parts: string[] = []
  let from = at
  for (const [index, use] of uses.entries()) {
    parts.push(script.slice(from, use.at), dialect === 'postgres' ? `$${index + 1}` : '?')
    from = use.end
  }
  parts.push(script.slice(from, end))
  return { sql: parts.join(''), names: uses.map(({ name }) => name) }
}

/** Characters of the name of a step. */
const mostOfStep = 60

/** Words between a verb and the table that is meant. */
const modifiers = new Set([
  'ONLY',
  'IGNORE',
  'LOW_PRIORITY',
  'QUICK',
  'DELAYED',
  'HIGH_PRIORITY',
  'LATERAL',
  'OVERWRITE',
])
const conflicts = new Set(['ROLLBACK', 'ABORT', 'REPLACE', 'FAIL', 'IGNORE'])

/** Words behind which the table of a statement stands, by its verb. */
const tableWords: Readonly<Record<string, string>> = {
  SELECT: 'FROM',
  DELETE: 'FROM',
  INSERT: 'INTO',
  REPLACE: 'INTO',
  MERGE: 'INTO',
  UPDATE: 'UPDATE',
}

/** The name of a statement's step: its verb and its table, such as `UPDATE pgbench_accounts`; its first words where it has none. */
export function nameStatement(words: readonly SqlWord[]): string {
  const verbAt = words.findIndex(({ text, quoted }) => !quoted && Object.hasOwn(tableWords, text.toUpperCase()))
  const verb = words[verbAt]?.text.toUpperCase() ?? ''
  const isVerb = verbAt === 0 || words[0]?.text.toUpperCase() === 'WITH' || isSign(words[0])
  const table = isVerb && verb !== '' ? tableBehind(words.slice(verbAt), tableWords[verb] as string) : null
  if (table !== null) return clean(`${verb} ${table}`)
  const first = words.filter((word) => !isSign(word)).slice(0, 3)
  return clean(first.map(({ text }, index) => (index === 0 ? text.toUpperCase() : text)).join(' '))
}

/**
 * The word that says what a statement does, in capitals: the first, or behind WITH one that changes data; empty for a
 * statement in brackets.
 */
export function verbOf(words: readonly SqlWord[]): string {
  const said = words.flatMap(({ text, quoted }) => (quoted ? [] : [text.toUpperCase()]))
  const first = said.find((word) => /[A-Z]/.test(word)) ?? 'SELECT'
  if (first === 'SET' && said.some((word) => word === 'GLOBAL' || word === 'PERSIST')) return 'SET GLOBAL'
  if (first !== 'WITH' && first !== 'EXPLAIN') return first
  return said.find((word) => changing.has(word)) ?? first
}

const changing = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE', 'REPLACE'])

const isSign = (word: SqlWord | undefined): boolean =>
  word !== undefined && !word.quoted && !/[A-Za-z0-9_\u0080-\uffff]/.test(word.text)

function clean(name: string): string {
  // Names may hold anything where they are quoted.
  const plain = name.replaceAll(/[\p{C}\s]+/gu, ' ').trim()
  return (plain === '' ? 'statement' : plain).slice(0, mostOfStep).toWellFormed()
}

function tableBehind(words: readonly SqlWord[], word: string): string | null {
  const found = words.findIndex(({ text, quoted }) => !quoted && text.toUpperCase() === word)
  if (found < 0) return null
  let at = found + 1
  const upperAt = (place: number): string => (words[place]?.quoted === false ? words[place].text.toUpperCase() : '')
  if (upperAt(at) === 'OR' && conflicts.has(upperAt(at + 1))) at += 2
  while (modifiers.has(upperAt(at))) at++
  const name = words[at]
  if (name === undefined || isSign(name)) return null
  const parts = [name.text]
  while (words[at + 1]?.text === '.' && words[at + 2] !== undefined && !isSign(words[at + 2])) {
    parts.push(words[at + 2]!.text)
    at += 2
  }
  return parts.join('.')
}

/** Tells names that were given before by a number behind them. */
export function createNamer(): (name: string) => string {
  const given = new Map<string, number>()
  return (name) => {
    const count = (given.get(name) ?? 0) + 1
    given.set(name, count)
    if (count === 1) return name
    const numbered = `${name} #${count}`
    given.set(numbered, 1)
    return numbered
  }
}
