import type { FastifyError, FastifyInstance, FastifyReply } from 'fastify'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { cite } from '../../../base/cut-text.ts'
import { reasonOf } from '../../../base/errors/errors.ts'
import { InvalidBody } from './exact-input.ts'
import { safeHeaders } from './request-head.ts'

/** The body of every response that refuses. */
export interface ErrorBody {
  /** A word that programs can rely on. */
  readonly error: string
  /** A sentence for people. */
  readonly message: string
}

/** The words of HTTP. Importing them by name would load all of fetch. */
const { STATUS_CODES: statusCodes } = process.getBuiltinModule('node:http')

/** Where the words of HTTP say less than ours. */
const words: Readonly<Record<number, string>> = { 404: 'no-such-path', 413: 'too-large', 431: 'headers-too-large' }

/** The body of an response with that status, for what is refused below the routes. */
export function errorBody(status: number, message: string): ErrorBody {
  const word = words[status] ?? statusCodes[status] ?? 'bad request'
  return { error: word.toLowerCase().replaceAll(' ', '-'), message }
}

/** The body for a path that the router cannot read, or of which a part is too long. */
export function pathErrorBody(status: number): ErrorBody {
  const long = status === 414
  return errorBody(status, long ? 'A part of the path is too long.' : 'The path is not encoded as it should be.')
}

/**
 * Makes every error of an API a JSON body `{error, message, issues?}`: 422 with field and reason for
 * what is invalid, 404 for unknown paths, 413 for bodies that are too large, 500 with the reason
 * kept from the client and told to `onError`.
 */
export function handleErrors(app: FastifyInstance, onError: (error: Error) => void): void {
  app.setNotFoundHandler((request, reply) => {
    void reply.code(404).send(errorBody(404, `There is nothing at ${request.method} ${cite(request.url)}.`))
  })
  app.setErrorHandler<FastifyError | InvalidBody>((error, _request, reply) => {
    if (error instanceof InvalidBody) {
      return reply.code(422).send({ error: 'invalid', message: error.message, issues: [error.parseError] })
    }
    if (error.validation) {
      const issues = error.validation.map((issue) => ({ field: fieldOf(issue), reason: issue.message ?? 'is invalid' }))
      const message = issues.map(({ field, reason }) => `${field} ${reason}`).join('; ')
      return reply.code(422).send({ error: 'invalid', message, issues })
    }
    const status = error.statusCode ?? 500
    if (status < 500) return reply.code(status).send(errorBody(status, reasonOf(error)))
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

/** Requests that Node's parser gives up on, by its code; all else is no HTTP. */
const brokenRequests: Readonly<Record<string, readonly [status: number, message: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request did not come in time.'],
  HPE_HEADER_OVERFLOW: [431, 'The headers are larger than 16 KiB.'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'The extensions of the chunks are larger than 16 KiB.'],
}

/** Sockets that end after the responses that are due on them. */
const ending = new WeakSet<Socket>()

/**
 * Responds to what never became a request, as the routes respond to theirs, and ends the connection. Where requests that came whole
 * before it are under way, theirs are the responses that the client gets, and the rubbish behind them has none.
 */
export function respondToBrokenRequest(error: Error & { readonly code?: string }, socket: Socket): void {
  // More of what cannot be read is told of anew.
  if (error.code === 'ECONNRESET' || socket.destroyed || ending.has(socket)) return
  const response = responseOn(socket)
  if (response?.req.complete) {
    ending.add(socket)
    return endAfter(response, socket)
  }
  const [status, message] = brokenRequests[error.code ?? ''] ?? [400, 'The request is no proper HTTP.']
  // In the middle of an response another would be read as part of it.
  if (socket.writable && !response?.headersSent) socket.write(rawResponse(status, message))
  socket.destroy()
}

/** Responds to CONNECT as the last request of its connection; Node would break it off, and with it the responses that are due. */
export function refuseTunnel(_request: IncomingMessage, stream: Duplex): void {
  const socket = stream as Socket
  // Node has removed its own listeners.
  socket.on('error', () => {})
  socket.on('timeout', () => socket.destroy())
  socket.on('drain', () => responseOn(socket)?.emit('drain'))
  socket.resume()
  const response = responseOn(socket)
  if (response) return endAfter(response, socket)
  socket.write(rawResponse(501, 'There are no tunnels here.'))
  socket.destroySoon()
}

/** Ends the connection after that response and those of the whole requests behind it. */
function endAfter(response: ServerResponse, socket: Socket): void {
  response.once('finish', () => {
    const next = responseOn(socket)
    if (next && next !== response && next.req.complete) endAfter(next, socket)
    else socket.destroySoon()
  })
}

/** The last response on a connection, for what is refused below the routes. */
export function lastResponse(status: number, message: string) {
  const body = JSON.stringify(errorBody(status, message))
  const headers = {
    ...safeHeaders,
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  }
  return { headers, body }
}

/** The same as it is sent, where there is nothing else to send it by; with `more` headers. */
export function rawResponse(status: number, message: string, more: Readonly<Record<string, string>> = {}): string {
  const { headers, body } = lastResponse(status, message)
  const lines = Object.entries({ ...headers, ...more }).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${status} ${statusCodes[status]}\r\n${lines.join('')}\r\n${body}`
}

/** The response that is due on a connection, from the head of its request to its last byte; null where there is none. */
export function responseOn(socket: Socket): ServerResponse | null {
  const { _httpMessage: response } = socket as { readonly _httpMessage?: ServerResponse | null }
  return response ?? null
}

/** The longest that anybody is told to wait, s. */
const longestWait = 60

/** Whole seconds, as `Retry-After` has them: at least one, at most a minute. */
export function retryAfter(seconds: number): number {
  return Math.min(longestWait, Math.max(1, Math.ceil(seconds)))
}

/** Responds with 429, and says after how many seconds to come again. */
export function sendTooMany(reply: FastifyReply, seconds: number, message: string): FastifyReply {
  return reply.code(429).header('retry-after', retryAfter(seconds)).send(errorBody(429, message))
}
