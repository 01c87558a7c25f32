import type { HttpRequest } from '../http-client.ts'
import { encodeBody, type EncodedBody } from './request-body.ts'

/** A request, serialized. */
export interface RequestText {
  /** Bytes where its body is bytes. */
  readonly data: string | Buffer
  /** Of a text. One in `latin1` holds ASCII only, which leaves the process without being converted. */
  readonly encoding: 'latin1' | 'utf8'
}

const sendablePath = /^\/[\x21-\x7e]*$/
const sendableName = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const sendableValue = /^[\t\x20-\x7e]*$/

/** These say where a request ends and who is on the line, which is the client's business. */
const framingFields = new Set([
  'connection',
  'content-length',
  'host',
  'keep-alive',
  'te',
  'transfer-encoding',
  'upgrade',
])

/** Methods that announce even an empty body (RFC 9110, 8.6). */
const methodsWithBody = new Set(['POST', 'PUT', 'PATCH'])

/** Most users read the same few pages, whose requests are made once; who reads a thousand others makes them anew. */
const mostPlainGets = 1000

/** Serializes requests to `host`. Throws TypeError for what cannot be sent. */
export function createRequestSerializer(host: string): (request: HttpRequest) => RequestText {
  const afterPath = ` HTTP/1.1\r\nhost: ${host}\r\n`
  const plainGets = new Map<string, RequestText>()
  const serialize = ({ method, path, headers, body }: HttpRequest): RequestText => {
    if (!sendablePath.test(path)) throw new TypeError(`the path ${JSON.stringify(path)} cannot be sent`)
    const head = `${method} ${path}${afterPath}${headers === undefined ? '' : fieldLines(headers)}`
    if (body !== undefined) return withBody(head, headers, encodeBody(body))
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

function withBody(head: string, headers: HttpRequest['headers'], { content, type }: EncodedBody): RequestText {
  const hasType = headers !== undefined && Object.keys(headers).some((name) => name.toLowerCase() === 'content-type')
  const typed = hasType ? head : `${head}content-type: ${type}\r\n`
  if (typeof content === 'string') {
    return { data: `${typed}content-length: ${Buffer.byteLength(content)}\r\n\r\n${content}`, encoding: 'utf8' }
  }
  const start = Buffer.from(`${typed}content-length: ${content.length}\r\n\r\n`, 'latin1')
  return { data: Buffer.concat([start, content]), encoding: 'latin1' }
}

function fieldLines(headers: Readonly<Record<string, string>>): string {
  return Object.entries(headers)
    .map(([name, value]) => {
      const isSendable = sendableName.test(name) && sendableValue.test(value) && !framingFields.has(name.toLowerCase())
      if (!isSendable) throw new TypeError(`the header ${JSON.stringify(name)} cannot be sent`)
      return `${name}: ${value}\r\n`
    })
    .join('')
}
