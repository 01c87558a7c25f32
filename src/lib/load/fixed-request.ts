import { readFile } from 'node:fs/promises'
import { failure, reasonOf } from '../errors.ts'
import type { HttpMethod } from './scenario.ts'

/** A request that is always the same. */
export interface FixedRequest {
  readonly method: HttpMethod
  /** From `/`, with the query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** Empty for none. */
  readonly body: Buffer
}

/** A request as a person writes it. */
export interface WrittenRequest {
  /** `POST /booking` */
  readonly line: string
  /** `Name: value` */
  readonly headers: readonly string[]
  /** The body itself, or @ and the file that it is read from; undefined for none. */
  readonly body: string | undefined
}

const httpMethods: readonly HttpMethod[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']

/** Reads a request; a body is JSON unless a header says otherwise. Throws `usage-wrong`. */
export async function readFixedRequest({ line, headers, body }: WrittenRequest): Promise<FixedRequest> {
  const [, word = '', path = ''] = /^\s*(?:([A-Za-z]+)\s+)?(\/[\x21-\x7e]*)\s*$/.exec(line) ?? []
  const method = httpMethods.find((known) => known === (word.toUpperCase() || 'GET'))
  if (!method || !path) {
    throw wrong(`The request ${JSON.stringify(line)} cannot be read. It takes METHOD /PATH, such as 'POST /booking'.`)
  }
  const given = Object.fromEntries(headers.map(readHeader))
  const isJson = body !== undefined && !('content-type' in given)
  return {
    method,
    path,
    headers: isJson ? { 'content-type': 'application/json', ...given } : given,
    body: body === undefined ? Buffer.alloc(0) : await readBody(body),
  }
}

function readHeader(header: string): [string, string] {
  const [, name, value] = /^\s*([\w!#$%&'*+.^`|~-]+)\s*:\s*([\x20-\x7e\t]*?)\s*$/.exec(header) ?? []
  if (name === undefined || value === undefined) {
    throw wrong(`The header ${JSON.stringify(header)} cannot be read. It takes NAME: VALUE.`)
  }
  return [name.toLowerCase(), value]
}

async function readBody(body: string): Promise<Buffer> {
  if (!body.startsWith('@')) return Buffer.from(body)
  const file = body.slice(1)
  try {
    return await readFile(file)
  } catch (error) {
    throw wrong(`The body ${file} cannot be read: ${reasonOf(error)}.`, error)
  }
}

function wrong(reason: string, cause?: unknown): Error {
  return failure('usage-wrong', { reason }, cause)
}
