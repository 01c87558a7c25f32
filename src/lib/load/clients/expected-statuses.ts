import { quoted } from '../../base/cut-text.ts'
import { failure } from '../../base/errors/errors.ts'

/** Successes, and that what is known has not changed. */
export const defaultExpected = '2xx,304'

/** A status, or a class of them. 1xx come before a response, and never are one. */
const word = /^(?:[2-5]\d\d|[2-5]xx)$/

/** Reads statuses such as `200,304`, or classes such as `2xx`, and returns them without blanks. Throws `usage-wrong`. */
export function readExpected(text: string): string {
  const words = text.split(',').map((one) => one.trim().toLowerCase())
  const unknown = words.find((one) => !word.test(one))
  if (unknown === undefined) return [...new Set(words)].join(',')
  throw failure('usage-wrong', {
    reason: `--expect cannot be ${quoted(text)}. Allowed: statuses from 200 to 599 and classes, with commas, such as 200,304 or 2xx,409.`,
  })
}

/** Tells why a response of a status is none of those that `readExpected` returned; null when it is one. */
export function createStatusJudge(expected: string): (status: number) => string | null {
  const words = new Set(expected.split(','))
  // Looked up for every response, of which there are few kinds.
  const verdicts = new Map<number, string | null>()
  return (status) => {
    const known = verdicts.get(status)
    if (known !== undefined) return known
    const isRight = words.has(String(status)) || words.has(`${Math.floor(status / 100)}xx`)
    const verdict = isRight ? null : `status ${status}`
    verdicts.set(status, verdict)
    return verdict
  }
}
