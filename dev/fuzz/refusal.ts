import { z } from 'zod'
import { RushbenchError } from '../../src/lib/base/errors/errors.ts'

/** Messages of the language's own errors, which show a mistake in the program. */
const ofMistakes =
  /Cannot read propert|Cannot set propert|is not a function|is not iterable|is not defined(?! by operation)|Maximum call stack/

/** Those messages, and others that say nothing to a person who gave a wrong input. */
const uncaughtTexts = new RegExp(
  String.raw`${ofMistakes.source}|Invalid (?:array|count|string) |Converting circular|\[object Object\]|\n\s+at |\bundefined\b|\bNaN\b`,
)

/** Those messages in a server's answer, where a stack names lines; its data may hold any word. */
const leakedTexts = new RegExp(String.raw`${ofMistakes.source}|\n\s+at .*:\d+`)

/** Longer than a person reads. */
const mostOfSentence = 8000

/** Why an error is no refusal that a person could be shown; null where it is one. */
export function whyNoRefusal(error: unknown): string | null {
  if (!(error instanceof Error)) return 'it throws what is no error'
  if (error instanceof RushbenchError) return whyNoSentence(error.message)
  // Reasons, of which whoever asked makes a sentence.
  const isReason = error.constructor === Error || error instanceof z.ZodError
  return isReason ? null : `it throws ${error.name}: ${error.message}`
}

function whyNoSentence(text: string): string | null {
  if (text.length > mostOfSentence) return `it says a sentence of ${text.length} characters`
  const [found] = uncaughtTexts.exec(text) ?? []
  if (found !== undefined) return `it says ${JSON.stringify(found)}: ${text}`
  return /[.?!)]$/.test(text.trim()) ? null : `it says no whole sentence: ${text}`
}

/** Why a client should not see that text of a server; null where it may. */
export function whyNoAnswer(text: string): string | null {
  const [found] = leakedTexts.exec(text) ?? []
  return found === undefined ? null : `it says ${JSON.stringify(found)}`
}
