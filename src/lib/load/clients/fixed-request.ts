import { quoted } from '../../base/cut-text.ts'
import { failure, reasonOf } from '../../base/errors/errors.ts'
import { readNamedFile } from '../../base/named-file.ts'
import { hideInPath } from '../../base/secret-text.ts'
import type { FixedRequest } from '../../ports/http-client.ts'
import { isToken, isHost, whyOwned } from './http/header-fields.ts'

/** A request as a person writes it. */
export interface WrittenRequest {
  /** `POST /booking` */
  readonly line: string
  /** `Name: value` */
  readonly headers: readonly string[]
  /** The body itself, or @ and the file that it is read from; undefined for none. */
  readonly body: string | undefined
  /** `200,304`, or classes such as `2xx`; undefined for the usual ones. */
  readonly expect?: string | undefined
}

/**
 * Tells whether servers know a method. CONNECT is left out: it asks for a tunnel, behind which there is no HTTP. Importing
 * node:http by name would load all of fetch, a tenth of what the start of a command costs.
 */
const isMethod = (method: string): boolean =>
  method !== 'CONNECT' && process.getBuiltinModule('node:http').METHODS.includes(method)

/** Reads a request; a body is JSON unless a header says otherwise. Throws `usage-wrong`. */
export async function readFixedRequest({ line, headers, body, expect }: WrittenRequest): Promise<FixedRequest> {
  const [, word = 'GET', path = ''] = /^\s*(?:([A-Za-z-]+)\s+)?(\/[\x21-\x7e]*)\s*$/.exec(line) ?? []
  const shown = quoted(hideInPath(line))
  if (!path) {
    throw wrong(`The request ${shown} cannot be read. It takes METHOD /PATH, such as 'POST /booking'.`)
  }
  const method = word.toUpperCase()
  if (!isMethod(method)) throw wrong(`The request ${shown} has no method that HTTP servers know.`)
  const given = headers.map(readHeader)
  checkHeaders(given)
  const isJson = body !== undefined && valuesOf(given, 'content-type').length === 0
  return {
    method,
    path,
    headers: isJson ? [['content-type', 'application/json'], ...given] : given,
    body: body === undefined ? new Uint8Array() : await readBody(body),
    expect: expect === undefined ? defaultExpected : readExpected(expect),
  }
}

/** The row that the request is counted under, without the secrets of its query. */
export function stepOf({ method, path }: FixedRequest): string {
  return `${method} ${hideInPath(path)}`
}

/** The values of all headers of a name, which is given in small letters. */
export function valuesOf(headers: FixedRequest['headers'], name: string): readonly string[] {
  return headers.filter(([given]) => given.toLowerCase() === name).map(([, value]) => value)
}

/** The request's headers, behind the authorization of its target unless it has one of its own. */
export function authorized(headers: FixedRequest['headers'], authorization: string | null): FixedRequest['headers'] {
  const isNeeded = authorization !== null && valuesOf(headers, 'authorization').length === 0
  return isNeeded ? [['authorization', authorization], ...headers] : headers
}

/** Whether the request asks for a connection of its own, which ends with its response. */
export function closesConnection({ headers }: FixedRequest): boolean {
  return valuesOf(headers, 'connection').some((value) => value.toLowerCase() === 'close')
}

function readHeader(header: string): [string, string] {
  const [name, value] = splitHeader(header) ?? ['', '']
  if (!isToken(name)) throw wrong(`The header ${redacted(header)} cannot be read. It takes NAME: VALUE.`)
  return [name, value]
}

/** Null for what has no name, or holds what is no text of a header. */
function splitHeader(header: string): [string, string] | null {
  const colon = header.indexOf(':')
  if (colon < 0) return null
  const value = header.slice(colon + 1).trim()
  return /^[\x20-\x7e\t]*$/.test(value) ? [header.slice(0, colon).trim(), value] : null
}

/** Hides the value, which may be a secret; without a name, all of it. */
function redacted(header: string): string {
  const colon = header.indexOf(':')
  return colon < 0 ? '***' : quoted(`${header.slice(0, colon)}: ***`)
}

function checkHeaders(headers: FixedRequest['headers']): void {
  for (const [name] of headers) {
    const lower = name.toLowerCase()
    // What it may say is looked at below.
    const why = lower === 'connection' ? undefined : whyOwned(lower)
    if (why !== undefined) throw wrong(`The header ${name} cannot be given: ${why}.`)
  }
  const hosts = valuesOf(headers, 'host')
  if (hosts.length > 1) throw wrong('A request has one Host; give it once.')
  if (!hosts.every(isHost)) throw wrong('The header Host takes a name or name:port.')
  const connection = valuesOf(headers, 'connection')
  if (connection.length > 1 || connection.some((value) => !/^(close|keep-alive)$/i.test(value))) {
    throw wrong('The header Connection takes close or keep-alive, once.')
  }
}

/** Bytes of a body, at most: it is held in memory, once for each thread. */
const mostBodyBytes = 1_000_000_000

async function readBody(body: string): Promise<Buffer> {
  if (!body.startsWith('@')) return Buffer.from(body)
  const file = body.slice(1)
  try {
    return await readNamedFile(file, mostBodyBytes)
  } catch (error) {
    throw wrong(`The body ${file} cannot be read: ${reasonOf(error)}.`, error)
  }
}

function wrong(reason: string, cause?: unknown): Error {
  return failure('usage-wrong', { reason }, cause)
}

/** Successes, and that what is known has not changed. */
export const defaultExpected = '2xx,304'

/** A status, or a class of them. 1xx come before a response, and never are one. */
const word = /^(?:[2-5]\d\d|[2-5]xx)$/

/** Reads statuses such as `200,304`, or classes such as `2xx`, and returns them without blanks. Throws `usage-wrong`. */
export function readExpected(text: string): string {
  const words = text.split(',').map((one) => one.trim().toLowerCase())
  const unknown = words.find((one) => !word.test(one))
  if (unknown === undefined) return [...new Set(words)].join(',')
  throw failure('usage-wrong', {
    reason: `--expect cannot be ${quoted(text)}. Allowed: statuses from 200 to 599 and classes, with commas, such as 200,304 or 2xx,409.`,
  })
}

/** Tells why a response of a status is none of those that `readExpected` returned; null when it is one. */
export function createStatusJudge(expected: string): (status: number) => string | null {
  const words = new Set(expected.split(','))
  // Looked up for every response, of which there are few kinds.
  const verdicts = new Map<number, string | null>()
  return (status) => {
    const known = verdicts.get(status)
    if (known !== undefined) return known
    const isRight = words.has(String(status)) || words.has(`${Math.floor(status / 100)}xx`)
    const verdict = isRight ? null : `status ${status}`
    verdicts.set(status, verdict)
    return verdict
  }
}
