import { fastify, type FastifyInstance, type FastifyReply } from 'fastify'
import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  respondToBrokenRequest,
  handleErrors,
  responseOn,
  errorBody,
  lastResponse,
  pathErrorBody,
  refuseTunnel,
} from './errors.ts'
import { exactInput, takeExactInput } from './exact-input.ts'
import { refusedHead, safeHeaders } from './request-head.ts'
import { takeZodSchemas } from './route-schemas.ts'

/** How long a client may take, ms. */
export interface HttpTimes {
  /** To send the head of a request, from its first byte or, where none comes, from when it connected. */
  readonly headersMs: number
  /** To send a whole request, body and all. */
  readonly requestMs: number
  /** From one request on a connection to the next. */
  readonly keepAliveMs: number
  /** To read, or to write, anything at all. */
  readonly silentMs: number
  /** How often connections that took too long are looked for. */
  readonly lookEveryMs: number
}

/** Longer than people think and databases pause, shorter than a patient attacker. */
const defaultTimes: HttpTimes = {
  headersMs: 15_000,
  requestMs: 30_000,
  keepAliveMs: 72_000,
  silentMs: 120_000,
  lookEveryMs: 1000,
}

export interface AppOptions {
  /** Called with every error that a client only sees as a 500. */
  readonly onError: (error: Error) => void
  readonly bodyLimit?: number
  readonly times?: HttpTimes
}

/**
 * Makes the server that every API is built on: clients that are too slow are ended, what comes is taken as it is or refused,
 * every response has the same safe headers, and every error the same shape.
 */
export function createApp({ onError, bodyLimit, times = defaultTimes }: AppOptions): FastifyInstance {
  const app: FastifyInstance = fastify({
    ...exactInput,
    ...(bodyLimit !== undefined && { bodyLimit }),
    forceCloseConnections: 'idle',
    requestTimeout: times.requestMs,
    keepAliveTimeout: times.keepAliveMs,
    connectionTimeout: times.silentMs,
    http: {
      headersTimeout: times.headersMs,
      connectionsCheckingInterval: times.lookEveryMs,
      // Node would respond with nothing but a status.
      requireHostHeader: false,
      // Clients offer others, h2c among them, to servers that need not take them. Answers that are due would come too late.
      shouldUpgradeCallback: ({ headers, socket }) =>
        headers.upgrade?.trim().toLowerCase() === 'websocket' &&
        app.server.listenerCount('upgrade') > 0 &&
        responseOn(socket) === null,
    },
    clientErrorHandler: respondToBrokenRequest,
    frameworkErrors: ({ statusCode = 400 }, _request, reply: FastifyReply) =>
      void reply.headers(safeHeaders).code(statusCode).send(pathErrorBody(statusCode)),
  })
  app.addHook('onRequest', ({ raw }, reply, done) => {
    reply.headers(safeHeaders)
    const refused = refusedHead(raw)
    if (!refused) return done()
    const { status, message } = refused
    void reply.code(status).send(errorBody(status, message))
  })
  app.server.on('checkExpectation', (_request: IncomingMessage, response: ServerResponse) => {
    const { headers, body } = lastResponse(417, 'The only expectation that is met is 100-continue.')
    response.writeHead(417, headers).end(body)
  })
  app.server.on('connect', refuseTunnel)
  handleErrors(app, onError)
  takeZodSchemas(app)
  takeExactInput(app)
  return app
}
