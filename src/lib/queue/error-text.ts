import { z } from 'zod'
import { isErrorCode, receivedError, sentError, type RushbenchError } from '../base/errors/errors.ts'

const text = z.string().max(10_000)
const sent = z.strictObject({
  code: text.refine(isErrorCode),
  exitCode: z.number().int().min(1).max(255),
  message: text,
})

/** The text in which an error travels over the queue. */
export function errorAsText(error: RushbenchError): string {
  return JSON.stringify(sentError(error))
}

/** Characters of an error, at most. */
const mostOfError = 30_000

/** Reads an error that a worker has sent; null for one without a sentence of ours. */
export function readError(given: string): RushbenchError | null {
  if (given.length > mostOfError) return null
  try {
    return receivedError(sent.parse(JSON.parse(given)))
  } catch {
    return null
  }
}
