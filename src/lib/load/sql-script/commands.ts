import { quoted } from '../../base/cut-text.ts'
import type { ScannedCommand } from './scan.ts'
import { meantName, mostOfName, ScriptError } from './script-error.ts'

/** A length of time: a number of units, or a variable that has one; µs. */
export type SleepLength =
  | { readonly us: number }
  | { readonly variable: string; readonly at: number; readonly unitUs: number }

/** An expression of a command, as a place in the script. */
export interface ExpressionPlace {
  readonly from: number
  readonly to: number
}

/** A line of a script that begins with a backslash. `at` is the place of its name. */
export type ScriptCommand = { readonly at: number } & (
  | ({ readonly kind: 'set'; readonly name: string } & ExpressionPlace)
  | ({ readonly kind: 'if' | 'elif' } & ExpressionPlace)
  | { readonly kind: 'else' | 'endif' }
  | { readonly kind: 'sleep'; readonly length: SleepLength }
  | { readonly kind: 'gset' | 'aset'; readonly prefix: string }
)

const pipelines = 'pipelines are not sent: leave the line out, and each statement waits for its answer'

/** Commands of pgbench that are refused, and why. */
const refused: Readonly<Record<string, string>> = {
  setrandom: 'it went out of use with pgbench 9.6; write \\set NAME random(MIN, MAX)',
  startpipeline: pipelines,
  syncpipeline: pipelines,
  endpipeline: pipelines,
  shell: 'programs are not run from scripts',
  setshell: 'programs are not run from scripts; write \\set with an expression',
}

const known = ['set', 'if', 'elif', 'else', 'endif', 'sleep', 'gset', 'aset']

interface Word {
  readonly text: string
  readonly at: number
}

/** Reads the command that stands at a place of a script. Throws ScriptError. */
export function readCommand(script: string, place: ScannedCommand): ScriptCommand {
  const words = wordsOf(script, place)
  const [named, ...rest] = words
  if (named === undefined || named.at !== place.at)
    throw new ScriptError(place.at - 1, 'a backslash stands here without the name of a command')
  const { text, at } = named
  const name = text.toLowerCase()
  const from = at + text.length
  switch (name) {
    case 'set':
      return { kind: 'set', at, ...readSet(rest, from), to: place.end }
    case 'if':
    case 'elif':
      return { kind: name, at, from, to: place.end }
    case 'else':
    case 'endif':
      requireNoMore(name, rest, 0)
      return { kind: name, at }
    case 'sleep':
      requireNoMore(name, rest, 2)
      return { kind: name, at, length: readSleep(rest, from) }
    case 'gset':
    case 'aset':
      requireNoMore(name, rest, 1)
      return { kind: name, at, prefix: rest[0]?.text ?? '' }
    default:
      throw new ScriptError(at - 1, whyNoCommand(text))
  }
}

function wordsOf(script: string, { at, end }: ScannedCommand): readonly Word[] {
  // Continued lines are one; the blanks keep the places right.
  const line = script.slice(at, end).replaceAll(/\\\r?\n/g, (found) => ' '.repeat(found.length))
  return [...line.matchAll(/\S+/g)].map(({ 0: text, index }) => ({ text, at: at + index }))
}

function whyNoCommand(text: string): string {
  const name = text.toLowerCase()
  const reason = Object.hasOwn(refused, name) ? refused[name] : undefined
  if (reason !== undefined) return `\\${name} cannot be used: ${reason}`
  if (name.startsWith(';')) return '\\; cannot be used, since statements are prepared one by one; write a semicolon'
  if (name.startsWith(':')) return '\\: cannot be used; a colon with a blank behind it begins no variable'
  const nearest = meantName(name, known)
  return `there is no command ${quoted(`\\${text}`)}${nearest === null ? '' : `, but there is \\${nearest}`}; known are ${known.map((word) => `\\${word}`).join(', ')}`
}

function requireNoMore(name: string, rest: readonly Word[], most: number): void {
  const more = rest[most]
  if (more !== undefined)
    throw new ScriptError(more.at, `\\${name} takes ${most === 0 ? 'nothing' : `at most ${most}`} behind it`)
}

/** Whether a variable can have that name. */
export function isVariableName(name: string): boolean {
  return name.length <= mostOfName && variableName.test(name)
}

const variableName = /^[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*$/

function readSet([word]: readonly Word[], from: number): { readonly name: string; readonly from: number } {
  if (word === undefined) throw new ScriptError(from, '\\set takes a name and an expression')
  const { text: name, at } = word
  if (!variableName.test(name))
    throw new ScriptError(
      at,
      `${quoted(name)} cannot be the name of a variable: letters, digits and _, and no digit first`,
    )
  if (name.length > mostOfName) throw new ScriptError(at, `a variable's name has at most ${mostOfName} characters`)
  return { name, from: at + name.length }
}

const unitsUs: Readonly<Record<string, number>> = { us: 1, ms: 1000, s: 1_000_000 }
const longestSleepUs = 3_600_000_000

function readSleep([amount, unit]: readonly Word[], from: number): SleepLength {
  if (amount === undefined) throw new ScriptError(from, '\\sleep takes a number, and us, ms or s behind it')
  const attached = /^(\d+)([a-z]+)$/i.exec(amount.text)
  const word = unit ?? (attached === null ? null : { text: attached[2] as string, at: amount.at })
  const unitUs = word === null ? unitsUs['s'] : unitsUs[word.text.toLowerCase()]
  if (unitUs === undefined || (unit !== undefined && attached !== null)) {
    throw new ScriptError(
      word?.at ?? amount.at,
      `${quoted(unit?.text ?? amount.text)} is no unit; \\sleep takes us, ms or s`,
    )
  }
  if (amount.text.startsWith(':') && variableName.test(amount.text.slice(1))) {
    return { variable: amount.text.slice(1), at: amount.at, unitUs }
  }
  const digits = attached?.[1] ?? amount.text
  if (!/^\d+$/.test(digits))
    throw new ScriptError(amount.at, `${quoted(amount.text)} is no whole number that \\sleep could wait for`)
  const us = Number(digits) * unitUs
  if (us > longestSleepUs) throw new ScriptError(amount.at, '\\sleep waits for an hour at most')
  return { us }
}

/** A wait by a variable's value, ms: none where that is below 0, and an hour at most. */
export function sleepMs(amount: number, unitUs: number): number {
  return Math.min(Math.max(0, amount * unitUs), longestSleepUs) / 1000
}
