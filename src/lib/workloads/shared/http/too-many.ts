import type { FastifyReply } from 'fastify'
import { errorBody } from './errors.ts'

/** The longest that anybody is told to wait, s. */
const longestWait = 60

/** Whole seconds, as `Retry-After` has them: at least one, at most a minute. */
export function retryAfter(seconds: number): number {
  return Math.min(longestWait, Math.max(1, Math.ceil(seconds)))
}

/** Answers 429, and after how many seconds to come again. */
export function sendTooMany(reply: FastifyReply, seconds: number, message: string): FastifyReply {
  return reply.code(429).header('retry-after', retryAfter(seconds)).send(errorBody(429, message))
}
