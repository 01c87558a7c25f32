import { z } from 'zod'
import { receivedError, sentError, type ErrorCode, type RushbenchError } from '../errors.ts'

const text = z.string().max(10_000)
const sent = z.strictObject({
  code: text.transform((code) => code as ErrorCode),
  exitCode: z.number().int().min(1).max(255),
  message: text,
})

/** The text in which an error travels over the queue. */
export function errorAsText(error: RushbenchError): string {
  return JSON.stringify(sentError(error))
}

/** Reads an error that a worker has sent; null for one without a sentence of ours. */
export function readError(given: string): RushbenchError | null {
  try {
    return receivedError(sent.parse(JSON.parse(given)))
  } catch {
    return null
  }
}
