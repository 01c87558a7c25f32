import { homedir } from 'node:os'
import { join } from 'node:path'
import { failure } from '../../base/errors/errors.ts'
import { nearestWord } from '../../base/nearest.ts'
import { handsOverSecret } from '../../base/secret-text.ts'

/** One parameter that a URL may have after its `?`. */
export interface Parameter<T> {
  /** Its effect, for people. */
  readonly does: string
  /** Its allowed values, for people. */
  readonly allowed: string
  /** The value of a text; undefined where the text cannot be one. */
  readonly read: (text: string) => T | undefined
  /** Other names, as other clients have them. */
  readonly aliases?: readonly string[]
  /** Never shown. */
  readonly secret?: true
}

/** Parameters by their names: all that an engine knows. */
// oxlint-disable-next-line typescript/no-explicit-any -- each parameter has a type of its own
export type ParameterTable = Readonly<Record<string, Parameter<any>>>

/** The values of those parameters that were given. */
export type ParameterValues<Table extends ParameterTable> = {
  readonly [Name in keyof Table]?: Table[Name] extends Parameter<infer T> ? T : never
}

/** Keeps the type of what each parameter reads. */
export function parameterTable<Table extends ParameterTable>(table: Table): Table {
  return table
}

/** The URL that parameters are read from. */
interface Reading {
  /** The URL without its secrets. */
  readonly shown: string
  /** As people know it, in errors. */
  readonly engine: string
}

/**
 * Reads a URL's parameters, whose names may be written in capitals or not. Throws `url-parameter-unknown`, which lists those
 * that are known, and `url-parameter-wrong`.
 */
export function readParameters<Table extends ParameterTable>(
  table: Table,
  given: readonly (readonly [name: string, value: string])[],
  { shown, engine }: Reading,
): ParameterValues<Table> {
  const names = new Map<string, string>()
  for (const [name, { aliases = [] }] of Object.entries(table)) {
    for (const known of [name, ...aliases]) names.set(known.toLowerCase(), name)
  }
  const values: Record<string, unknown> = {}
  let afterSecret = false
  for (const [written, text] of given) {
    const name = names.get(written.toLowerCase())
    const parameter = name === undefined ? undefined : table[name]
    // An & in a secret that is not encoded makes the rest of it a parameter.
    if (name === undefined || !parameter) {
      throw unknown(afterSecret ? '' : written, Object.keys(table), { shown, engine })
    }
    const isTwice = Object.hasOwn(values, name)
    // What a server or a file system is handed ends there.
    const hasNul = text.includes('\0')
    const value: unknown = isTwice || hasNul ? undefined : parameter.read(text)
    if (value === undefined) {
      const allowed = isTwice ? 'to be given once' : hasNul ? 'it without %00' : parameter.allowed
      const isHidden = parameter.secret === true || afterSecret || handsOverSecret(written, text)
      throw wrongParameter(shown, name, isHidden ? null : text, allowed)
    }
    values[name] = value
    afterSecret ||= parameter.secret === true || handsOverSecret(written, text)
  }
  return values as ParameterValues<Table>
}

function unknown(name: string, known: readonly string[], { shown, engine }: Reading): Error {
  // What is no name may be a part of a secret that was not encoded.
  const isName = /^[a-z][\w.-]{0,40}$/i.test(name)
  const meant = isName ? nearestWord(name, known) : null
  return failure('url-parameter-unknown', { url: shown, name: isName ? name : null, meant, engine, known })
}

/** The error for a value that a parameter may not have; null for one that may not be shown. */
export function wrongParameter(url: string, name: string, value: string | null, allowed: string): Error {
  return failure('url-parameter-wrong', { url, name, value, allowed })
}

/** One of some words, in capitals or not; the value is the word as it is listed. */
export function word<Word extends string>(...words: readonly Word[]): Pick<Parameter<Word>, 'allowed' | 'read'> {
  return {
    allowed: words.join(', '),
    read: (text) => words.find((one) => one.toLowerCase() === text.toLowerCase()),
  }
}

/** Any text but none at all. */
export const someText: Pick<Parameter<string>, 'allowed' | 'read'> = {
  allowed: 'a text',
  read: (text) => (text === '' ? undefined : text),
}

/** A file or folder; `~/` leads to the home folder. */
export const somePath: Pick<Parameter<string>, 'allowed' | 'read'> = {
  allowed: 'a path',
  read: (text) => (text === '' ? undefined : expandHome(text)),
}

/** A whole number from `least` on. */
export function wholeNumber(least: number, what: string): Pick<Parameter<number>, 'allowed' | 'read'> {
  return {
    allowed: what,
    read: (text) => (/^\d{1,9}$/.test(text) && Number(text) >= least ? Number(text) : undefined),
  }
}

/** A path whose `~/` at the beginning is the home folder. */
export function expandHome(path: string): string {
  return path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : path
}

/** The rows of a table of parameters, as documentation has them: name, what it does, what it may be. */
export function parameterRows(table: ParameterTable): string[] {
  return Object.entries(table).map(([name, { does, allowed, aliases = [] }]) => {
    const names = [name, ...aliases].map((one) => `\`${one}\``).join(', ')
    return `| ${names} | ${does} | ${allowed} |`
  })
}
