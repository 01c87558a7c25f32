import type { IncomingMessage } from 'node:http'

/** JSON and plain text load nothing and are framed by nobody. A page that needs more says so itself. */
const strictPolicy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** Headers of every response, also of those that no route gives. */
export const safeHeaders = { 'x-content-type-options': 'nosniff', 'content-security-policy': strictPolicy } as const

/** The policy of a page whose scripts and styles are files of its own server: nothing in the page itself is run. */
export const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** Why a request is refused by its head alone. */
export interface RefusedHead {
  readonly status: 400 | 415 | 501
  readonly message: string
}

/**
 * Whether nothing may be made of a request, whatever it asks for: it has no host, or two, or a body in a coding that would be
 * taken for its bytes. Null for one that is right.
 */
export function refusedHead({ headers, httpVersion, rawHeaders }: IncomingMessage): RefusedHead | null {
  const hosts = countHosts(rawHeaders)
  if (hosts > 1) return { status: 400, message: 'The request has more than one Host header.' }
  if (hosts === 0 && httpVersion !== '1.0') return { status: 400, message: 'The request has no Host header.' }
  const { 'transfer-encoding': transfer, 'content-encoding': content } = headers
  if (transfer !== undefined && transfer.trim().toLowerCase() !== 'chunked')
    return { status: 501, message: 'The only transfer encoding that is understood is chunked.' }
  const hasBody = transfer !== undefined || Number(headers['content-length'] ?? 0) > 0
  if (hasBody && content !== undefined && content.trim().toLowerCase() !== 'identity')
    return { status: 415, message: 'A body is taken without a content encoding.' }
  return null
}

/** Node drops all but the first from `headers`. */
function countHosts(rawHeaders: readonly string[]): number {
  let count = 0
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string
    if (name.length === 4 && name.toLowerCase() === 'host') count++
  }
  return count
}

/** Whether a text of that content type is UTF-8, as far as the type says. */
export function isUtf8Type(contentType: string): boolean {
  const [, ...parameters] = contentType.split(';')
  return parameters.every((parameter) => {
    const [name = '', value = ''] = parameter.split('=', 2)
    if (name.trim().toLowerCase() !== 'charset') return true
    return ['utf-8', 'utf8'].includes(value.replaceAll('"', '').trim().toLowerCase())
  })
}

/** `image/png` of ` IMAGE/PNG; charset=x`: types are compared without their case and their parameters. */
export function mediaTypeOf(contentType: string): string {
  return (contentType.split(';', 1)[0] as string).trim().toLowerCase()
}
