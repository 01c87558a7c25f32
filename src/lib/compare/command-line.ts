import { quoted } from '../base/cut-text.ts'
import { failure } from '../base/errors/errors.ts'
import { hideInCommand } from '../base/secret-text.ts'

/**
 * The words of a command line as a shell would take them: apart at blanks, together within quotes. Nothing
 * else has a meaning. Throws `usage-wrong` when a quote is left open.
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
