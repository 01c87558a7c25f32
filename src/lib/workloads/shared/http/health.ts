import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import type { Database } from '../../../ports/database.ts'
import type { Services } from '../../../ports/workload.ts'
import { errorBody } from './errors.ts'

/** The longest that a database may take to answer `/readyz`, ms: less than supervisors wait, more than a busy pool makes it wait. */
const answerWithinMs = 3000

/** From when on a question that the database has not answered is given up for another, ms. */
const forgottenAfterMs = 30_000

/** The parts of an API that tell supervisors how it is. */
export interface HealthServices extends Pick<Services, 'onError'> {
  readonly database: Pick<Database, 'now'>
}

/** Says at `/healthz` that the process serves, and at `/readyz` that its database answers too: 503 while it does not. */
export function addHealthRoutes(app: FastifyInstance, services: HealthServices): void {
  app.get('/healthz', { schema: { hide: true } }, async () => ({ status: 'ok' }))
  const isReady = watchDatabase(services)
  app.get('/readyz', { schema: { hide: true } }, async (_request, reply) => {
    if (await isReady()) return { status: 'ok' }
    return reply.code(503).send(errorBody(503, 'The database does not answer.'))
  })
}

interface Question {
  readonly askedAt: number
  readonly answered: Promise<boolean>
}

/**
 * Returns a function that tells whether the database answers. However many ask it, one question is under way, so that
 * supervisors do not take the connections of users. An outage is told to `onError` once.
 */
export function watchDatabase({ database, onError }: HealthServices): () => Promise<boolean> {
  let isAway = false
  let question: Question | null = null
  const ask = async (): Promise<boolean> => {
    try {
      await database.now()
      isAway = false
      return true
    } catch (error) {
      if (!isAway) onError(error as Error)
      isAway = true
      return false
    }
  }
  return async () => {
    if (question === null || performance.now() - question.askedAt > forgottenAfterMs) {
      const asked: Question = { askedAt: performance.now(), answered: ask() }
      question = asked
      void asked.answered.then(() => {
        if (question === asked) question = null
      })
    }
    const end = new AbortController()
    const late = sleep(answerWithinMs, false, { signal: end.signal }).catch(() => false)
    try {
      return await Promise.race([question.answered, late])
    } finally {
      end.abort()
    }
  }
}
