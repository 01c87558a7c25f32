import { quoted } from '../base/cut-text.ts'
import { failure } from '../base/errors/errors.ts'
import { hideInCommand } from '../base/secret-text.ts'
import { isSet, type ResolvedConfig } from './resolve.ts'
import { definitionOf, flagName, type SettingName } from './settings.ts'

/** A command with what it takes. */
export interface Invocation {
  /** Words of the command, `load`. */
  readonly command: string
  /** Settings that the command has flags for. */
  readonly settings: readonly SettingName[]
  /** Values of its other flags, by their names; `true` for a flag without a value, a list for one that is repeated. */
  readonly others: Readonly<Record<string, unknown>>
}

/**
 * Writes the command line that makes such a run again, with everything that was set, wherever it was set, as flags.
 * Defaults are left out, and passwords are hidden, so that they must be filled in.
 */
export function commandLine(
  { settings, values }: ResolvedConfig,
  { command, settings: own, others }: Invocation,
): string {
  const set = Object.values(settings).filter((one) => isSet(one) && one.shown !== null && own.includes(one.name))
  const ofSettings = set.flatMap(({ name, shown }) => {
    const texts = Array.isArray(values[name]) && shown?.startsWith('[') ? (JSON.parse(shown) as unknown[]) : [shown]
    const given = definitionOf(name).repeated ? texts : [texts.join(',')]
    return given.flatMap((text) => [`--${flagName(name)}`, String(text)])
  })
  const ofOthers = Object.entries(others).flatMap(([flag, value]) => {
    if (value === true) return [`--${flag}`]
    const texts = [value].flat().filter((one) => typeof one === 'string' || typeof one === 'number')
    return texts.flatMap((text) => [`--${flag}`, String(text)])
  })
  return ['rushbench', ...command.split(':'), ...[...ofSettings, ...ofOthers].map(quoteWord)].join(' ')
}

/** A word as a shell takes it. */
export function quoteWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`
}

/**
 * Takes a command line apart into words as a shell does: at blanks, but for those in quotes. Nothing else has a meaning.
 * Throws `usage-wrong` when a quote is left open.
 */
export function splitWords(line: string): string[] {
  const words: string[] = []
  let word: string | null = null
  let quote: string | null = null
  for (const character of line) {
    if (quote !== null) {
      if (character === quote) quote = null
      else word += character
    } else if (character === '"' || character === "'") {
      quote = character
      word ??= ''
    } else if (/\s/.test(character)) {
      if (word !== null) words.push(word)
      word = null
    } else word = (word ?? '') + character
  }
  if (quote !== null)
    throw failure('usage-wrong', { reason: `A quote is left open in ${quoted(hideInCommand(line))}.` })
  return word === null ? words : [...words, word]
}
