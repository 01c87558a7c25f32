import { authorized, valuesOf } from '../fixed-request.ts'
import { bareBase } from './base-url.ts'
import { methodsWithBody, type RequestText } from './request-text.ts'
import type { FixedRequest } from '../../../ports/http-client.ts'

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
