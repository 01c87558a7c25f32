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
 * The line that makes such a run again: what was set, wherever it was set, as flags. What is left at its default is
 * left out, and passwords are hidden, so that they must be filled in.
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
  return ['rushbench', ...command.split(':'), ...[...ofSettings, ...ofOthers].map(quote)].join(' ')
}

function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`
}
