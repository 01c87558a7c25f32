import type { HttpRequest, FixedRequest } from '../../../ports/http-client.ts'
import { bareBase } from './base-url.ts'
import { readFields } from './header-fields.ts'
import { typeOf } from './request-body.ts'
import { mistaken, ScenarioMistake } from '../../scenarios/mistakes.ts'
import { authorized, valuesOf } from '../fixed-request.ts'

/** A request, serialized. */
export interface RequestText {
  /** Bytes where its body is bytes. */
  readonly data: string | Buffer
  /** Encoding of a text. One in `latin1` leaves the process without being converted. */
  readonly encoding: 'latin1' | 'utf8'
}

/** Methods that announce even an empty body (RFC 9110, 8.6). */
const methodsWithBody: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH'])

/** Most users read the same few pages, whose requests are made once; who reads a thousand others makes them anew. */
const mostPlainGets = 1000

/**
 * Serializes requests to `host`, with the path and the authorization of its base. Throws ScenarioMistake for what cannot be
 * sent.
 */
export function createRequestSerializer(
  host: string,
  { basePath, authorization } = bareBase,
): (request: HttpRequest) => RequestText {
  const hostLine = `host: ${host}\r\n`
  const authorizationLine = authorization === null ? '' : `authorization: ${authorization}\r\n`
  const plainGets = new Map<string, RequestText>()

  const serialize = ({ method, path, headers, body, bodyType }: HttpRequest): RequestText => {
    requirePath(path)
    let head = `${method} ${basePath}${path} HTTP/1.1\r\n`
    let hasType = false
    if (headers === undefined) head += hostLine + authorizationLine
    else {
      const fields = readFields(headers)
      const { flat } = fields
      hasType = fields.hasType
      if (!fields.hasHost) head += hostLine
      if (!fields.hasAuthorization) head += authorizationLine
      for (let at = 0; at < flat.length; at += 2) head += `${flat[at]}: ${flat[at + 1]}\r\n`
    }
    if (body !== undefined)
      return withBody(hasType ? head : `${head}content-type: ${bodyType ?? typeOf(body)}\r\n`, body)
    const length = methodsWithBody.has(method) ? 'content-length: 0\r\n' : ''
    return { data: `${head}${length}\r\n`, encoding: 'latin1' }
  }
  return (request) => {
    if (request.method !== 'GET' || request.headers !== undefined || request.body !== undefined)
      return serialize(request)
    const known = plainGets.get(request.path)
    if (known !== undefined) return known
    const made = serialize(request)
    if (plainGets.size === mostPlainGets) plainGets.clear()
    plainGets.set(request.path, made)
    return made
  }
}

function withBody(head: string, body: string | Uint8Array): RequestText {
  if (typeof body === 'string') {
    return { data: `${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`, encoding: 'utf8' }
  }
  const start = Buffer.from(`${head}content-length: ${body.length}\r\n\r\n`, 'latin1')
  return { data: Buffer.concat([start, body]), encoding: 'latin1' }
}

/** A fragment stays with whoever asks, so that there is no `#`. */
const sendablePath = /^\/[\x21\x22\x24-\x7e]*$/

/** Throws ScenarioMistake for a path that cannot be sent as it is. */
export function requirePath(path: unknown): void {
  if (typeof path === 'string' && sendablePath.test(path)) return
  if (typeof path !== 'string' || !path.startsWith('/')) {
    throw mistaken('path', path, 'a text from / on, with the query; the host is that of --target')
  }
  const why = path.includes('#')
    ? 'has a #, which no server is sent'
    : 'has a character that has to be encoded, by encodeURIComponent say'
  throw new ScenarioMistake(`the path ${JSON.stringify(path.slice(0, 100))} cannot be sent: it ${why}`)
}

/** Larger requests stay bytes: a text of that size would be copied each time that it is sent. */
const mostTextBytes = 16 * 1024

/** Serializes a request to `host`, with what its base says unless it has a Host or an Authorization of its own. */
export function serializeFixed(
  { method, path, headers, body }: FixedRequest,
  host: string,
  { basePath, authorization } = bareBase,
): RequestText {
  const hasHost = valuesOf(headers, 'host').length > 0
  const hasLength = body.length > 0 || methodsWithBody.has(method)
  const lines = [
    `${method} ${basePath}${path} HTTP/1.1`,
    ...(hasHost ? [] : [`host: ${host}`]),
    ...authorized(headers, authorization).map(([name, value]) => `${name}: ${value}`),
    ...(hasLength ? [`content-length: ${body.length}`] : []),
  ]
  const bytes = Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), body])
  return { data: bytes.length > mostTextBytes ? bytes : bytes.toString('latin1'), encoding: 'latin1' }
}
