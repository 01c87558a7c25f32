import { quoted } from '../../base/cut-text.ts'
import { ScriptError } from './script-error.ts'

/** A word or sign of an expression. Keywords and signs are their own kind; `at` counts from the script's start. */
export interface Token {
  readonly kind: 'integer' | 'double' | 'variable' | 'function' | 'end' | Sign | Keyword
  readonly text: string
  readonly at: number
}

const signs = [
  '<=',
  '>=',
  '<>',
  '!=',
  '<<',
  '>>',
  '+',
  '-',
  '*',
  '/',
  '%',
  '=',
  '<',
  '>',
  '|',
  '&',
  '#',
  '~',
  '(',
  ')',
  ',',
] as const
const keywords = [
  'and',
  'or',
  'not',
  'is',
  'isnull',
  'notnull',
  'null',
  'true',
  'false',
  'case',
  'when',
  'then',
  'else',
  'end',
] as const

type Sign = (typeof signs)[number]
type Keyword = `${(typeof keywords)[number]}_word`

const words: ReadonlySet<string> = new Set(keywords)

/** Tokens of an expression, so that neither reading nor running it takes more stack than there is. */
const mostTokens = 1000

const blank = /[ \t\r\f\v\n]+/y
const continuation = /\\\r?\n/y
const variable = /:([A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)/y
const name = /[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*/y
const number = /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?/y

/** Cuts the expression that stands from `from` to `to` of a script into tokens; the last is `end`. Throws ScriptError. */
export function tokensOf(script: string, from: number, to: number): readonly Token[] {
  const tokens: Token[] = []
  let at = from
  while (at < to) {
    const skipped = match(blank, script, at) ?? match(continuation, script, at)
    if (skipped !== null) {
      at += skipped.length
      continue
    }
    const token = readToken(script, at)
    tokens.push(token)
    at += token.text.length
    if (tokens.length > mostTokens) throw new ScriptError(token.at, `the expression is longer than ${mostTokens} words`)
  }
  tokens.push({ kind: 'end', text: '', at: lastOf(tokens, from) })
  return tokens
}

const lastOf = (tokens: readonly Token[], from: number): number => {
  const last = tokens.at(-1)
  return last === undefined ? from : last.at + last.text.length
}

function readToken(script: string, at: number): Token {
  const named = match(variable, script, at)
  if (named !== null) return { kind: 'variable', text: named, at }
  const digits = match(number, script, at)
  if (digits !== null) return { kind: /^\d+$/.test(digits) ? 'integer' : 'double', text: digits, at }
  const word = match(name, script, at)
  if (word !== null) {
    const lower = word.toLowerCase()
    return { kind: words.has(lower) ? (`${lower}_word` as Keyword) : 'function', text: word, at }
  }
  const sign = signs.find((one) => script.startsWith(one, at))
  if (sign !== undefined) return { kind: sign, text: sign, at }
  const character = String.fromCodePoint(script.codePointAt(at) ?? 0)
  throw new ScriptError(at, `${quoted(character)} has no meaning in an expression${hintOf(character)}`)
}

function hintOf(character: string): string {
  if (character === ':') return '; a variable is a colon and a name, such as :scale'
  if (character === "'" || character === '"') return ', which has numbers, booleans and null, but no texts'
  return ''
}

/** The text that a sticky expression finds at a place; null for none. */
function match(expression: RegExp, text: string, at: number): string | null {
  expression.lastIndex = at
  return expression.exec(text)?.[0] ?? null
}
