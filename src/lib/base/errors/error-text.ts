import { z } from 'zod'
import { isErrorCode, RushbenchError } from './errors.ts'

const text = z.string().max(10_000)
const sent = z.strictObject({
  code: text.refine(isErrorCode),
  exitCode: z.number().int().min(1).max(255),
  message: text,
})

/**
 * An error of ours as text: what is thrown loses its code on the way to another thread, process or machine, which
 * `readError` gives it back.
 */
export function errorAsText({ code, exitCode, message }: RushbenchError): string {
  return JSON.stringify({ code, exitCode, message })
}

/** Characters of an error, at most. */
const mostOfError = 30_000

/** Makes the error again that `errorAsText` was given; null for a text that holds none of ours. */
export function readError(given: string): RushbenchError | null {
  if (given.length > mostOfError) return null
  try {
    const { code, exitCode, message } = sent.parse(JSON.parse(given))
    return new RushbenchError(code, exitCode, message)
  } catch {
    return null
  }
}
