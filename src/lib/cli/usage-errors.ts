import { cite } from '../base/cut-text.ts'
import { failure } from '../base/errors/errors.ts'
import { nearestWord } from '../base/nearest.ts'
import { hideInWords } from '../base/secret-text.ts'

/** Errors of oclif's parser, each of which may carry one of these lists. */
interface ParserError {
  readonly flags?: readonly string[]
  readonly args?: readonly (string | { readonly name?: string; readonly description?: string })[]
  readonly message: string
}

/** A command line as it was typed. */
interface Typed {
  readonly command: string
  /** Names of its flags. */
  readonly flags: readonly string[]
  /** Words after the command. */
  readonly words: readonly string[]
}

/** Turns an error of oclif's parser into `usage-wrong`: one sentence, with what to do. */
export function usageFailure(error: ParserError, typed: Typed): Error {
  return failure('usage-wrong', { reason: explain(error, typed) }, error)
}

/**
 * Returns `usage-wrong` for words that are no command. oclif joins those of a command that takes no arguments by colons.
 */
export function unknownCommand(words: string, commands: readonly string[]): Error {
  const [typed = '', ...extra] = words.split(':')
  if (commands.includes(typed)) {
    // A word with a colon of its own may be a URL.
    const args = words.includes('@') ? [extra.join(':')] : extra
    return usageFailure({ args, message: '' }, { command: typed, flags: [], words: args })
  }
  const near = nearestWord(typed, commands)
  return failure('usage-wrong', {
    reason: `There is no command ${cite(typed)}.${near === null ? '' : ` Did you mean ${near}?`} See "rushbench --help".`,
  })
}

function explain(error: ParserError, { command, flags, words }: Typed): string {
  const see = `See "rushbench ${command} --help".`
  if (error.flags) {
    const typed = error.flags[0]?.split('=')[0] ?? ''
    const near = nearestWord(typed.replace(/^-+/, ''), flags)
    return `${command} has no flag ${cite(typed)}.${near === null ? '' : ` Did you mean --${near}?`} ${see}`
  }
  if (error.args) {
    const missing = error.args.flatMap((arg) =>
      typeof arg === 'string' ? [] : [`${arg.name?.toUpperCase()} (${arg.description})`],
    )
    const extra = error.args.filter((arg) => typeof arg === 'string')
    return `${command} ${missing.length > 0 ? `needs ${missing.join(' and ')}` : `has no place for ${cite(withoutSecrets(extra, words).join(' '))}`}. ${see}`
  }
  return `${reword(error.message)} ${see}`
}

/** Hides secrets in some of the words: one after an unquoted header belongs to it. */
function withoutSecrets(some: readonly string[], words: readonly string[]): string[] {
  const shown = hideInWords(words)
  return some.map((word) => shown[words.lastIndexOf(word)] ?? hideInWords([word])[0]!)
}

const wordings: readonly (readonly [RegExp, string])[] = [
  [/^Flag (--\S+) expects one of these values: (.*)$/, '$1 needs a value: $2.'],
  [/^Flag (--\S+) expects a value$/, '$1 needs a value.'],
  [/^Flag (--\S+) can only be specified once$/, '$1 can be given only once.'],
  [/^Expected (--[^=]+)=(.*) to be one of: (.*)$/, '$1 cannot be $2. Allowed: $3.'],
  [/^Parsing (--\S+) Expected an integer but received: (.*)$/, '$1 cannot be $2. Allowed: a whole number.'],
  [
    /^Parsing (--\S+) Expected an integer greater than or equal to (\d+) but received: (.*)$/,
    '$1 cannot be $3. Allowed: $2 or more.',
  ],
  [
    /^Parsing (--\S+) Expected an integer less than or equal to (\d+) but received: (.*)$/,
    '$1 cannot be $3. Allowed: $2 or less.',
  ],
  [/^(--[^=\s]+)(?:=.*)? cannot also be provided when using (--\S+)$/, '$1 and $2 cannot be given together.'],
  [/^All of the following must be provided when using (--\S+): (.*)$/, '$1 needs $2 as well.'],
]

/** Joins oclif's message of several lines into one sentence, without the advice at its end. */
function reword(message: string): string {
  const [said = ''] = message.split('See more help with --help')
  const lines = said
    .replace(/^The following errors? occurred:/, '')
    .trimStart()
    .split('\n')
  const list = lines.findIndex((line, place) => place > 0 && /^\s\s+--/.test(line))
  const text = lines
    .slice(0, list < 0 ? undefined : list)
    .join(' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
  const found = wordings.find(([pattern]) => pattern.test(text))
  return found ? text.replace(found[0], (...parts: string[]) => cited(found[1], parts)) : `${text}.`
}

/** Fills a wording with what was typed. */
function cited(wording: string, parts: readonly string[]): string {
  return wording.replaceAll(/\$(\d)/g, (_, place: string) => cite(parts[Number(place)] ?? ''))
}
