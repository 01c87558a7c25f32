import type { FastifyError, FastifyInstance } from 'fastify'
import { reasonOf } from '../../errors.ts'

/** Codes of fastify's for bodies that are no JSON; to the client just another invalid field. */
const unreadableBody = new Set(['FST_ERR_CTP_INVALID_JSON_BODY', 'FST_ERR_CTP_EMPTY_JSON_BODY'])

/**
 * Makes every error of an API a JSON body `{error, message, issues?}`: 422 with field and reason for
 * what is invalid, 404 for unknown paths, 413 for bodies that are too large, 500 with the reason
 * kept from the client and told to `onError`.
 */
export function answerErrors(app: FastifyInstance, onError: (error: Error) => void): void {
  app.setNotFoundHandler((request, reply) => {
    void reply
      .code(404)
      .send({ error: 'no-such-path', message: `There is nothing at ${request.method} ${request.url}.` })
  })
  app.setErrorHandler<FastifyError>((error, _request, reply) => {
    if (error.validation) {
      const issues = error.validation.map((issue) => ({ field: fieldOf(issue), reason: issue.message ?? 'is invalid' }))
      const message = issues.map(({ field, reason }) => `${field} ${reason}`).join('; ')
      return reply.code(422).send({ error: 'invalid', message, issues })
    }
    if (unreadableBody.has(error.code)) {
      const issues = [{ field: 'body', reason: 'is not valid JSON' }]
      return reply.code(422).send({ error: 'invalid', message: 'body is not valid JSON', issues })
    }
    const status = error.statusCode ?? 500
    if (status < 500) return reply.code(status).send({ error: error.code, message: reasonOf(error) })
    onError(error)
    return reply.code(500).send({ error: 'internal', message: 'The request could not be carried out.' })
  })
}

type Issue = NonNullable<FastifyError['validation']>[number]

/** Ajv names a missing or unknown field beside the path, not in it. */
function fieldOf(issue: Issue): string {
  const { missingProperty, additionalProperty } = issue.params as Record<string, string | undefined>
  const path = issue.instancePath.slice(1).replaceAll('/', '.')
  const named = missingProperty ?? additionalProperty
  return [path, named].filter((part) => part !== undefined && part !== '').join('.') || 'body'
}
