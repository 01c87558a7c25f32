import { z } from 'zod'
import { cutTo } from './cut-text.ts'
import { reasonOf } from './errors/errors.ts'

/** Why what came from elsewhere is not what it should be, in words: of several reasons the first, with its place. */
export function whyWrong(error: unknown): string {
  if (!(error instanceof z.ZodError)) return reasonOf(error)
  const [issue] = error.issues
  const place = cutTo(200, issue?.path.join('.') || 'it')
  const message = reasonOf(issue?.message)
  return isMissing(message) ? `${place} is missing` : `${place} is wrong (${message})`
}

/** Whether the message of a schema says that the value is not there. */
export function isMissing(message: string): boolean {
  return message.endsWith('received undefined')
}
