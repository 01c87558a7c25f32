import { isUtf8 } from 'node:buffer'
import type { FastifyInstance, FastifyServerOptions, preValidationHookHandler } from 'fastify'
import { parseExactJson, type JsonParseError } from '../../../base/exact-json.ts'
import { isUtf8Type } from './request-head.ts'

/** A body that is not taken as it is. */
export class InvalidBody extends Error {
  readonly statusCode = 422
  readonly parseError: JsonParseError

  constructor(parseError: JsonParseError) {
    super(`${parseError.field} ${parseError.reason}`)
    this.parseError = parseError
  }
}

/** A body in a charset that is not read. */
class UnknownCharset extends Error {
  readonly statusCode = 415
}

/**
 * Options of every API: its schemas say what is taken, and nothing is made to fit them. Fastify would turn null into 0 and
 * numbers into texts, and drop fields that nobody knows.
 */
export const exactInput = {
  ajv: { customOptions: { coerceTypes: false, removeAdditional: false } },
} satisfies FastifyServerOptions

/**
 * Takes JSON bodies as they are written or refuses them (`InvalidBody`, or 415 where they say that they are not UTF-8), and
 * reads whole numbers in paths and queries, which are texts on the wire. To be called before there are routes.
 */
export function takeExactInput(app: FastifyInstance): void {
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, ({ headers }, body, done) => {
    if (!isUtf8Type(headers['content-type'] ?? '')) return done(new UnknownCharset('JSON is UTF-8.'))
    const bytes = body as Buffer
    const { value, parseError } = isUtf8(bytes)
      ? parseExactJson(bytes.toString())
      : { value: null, parseError: { field: 'body', reason: 'is not UTF-8' } }
    if (parseError) done(new InvalidBody(parseError))
    else done(null, value)
  })
  app.addHook('onRoute', (route) => {
    const params = wholeNumbersOf(route.schema?.params)
    const query = wholeNumbersOf(route.schema?.querystring)
    if (params.length + query.length === 0) return
    const read: preValidationHookHandler = (request, _reply, done) => {
      readWholeNumbers(request.params, params)
      readWholeNumbers(request.query, query)
      done()
    }
    route.preValidation = [read, ...[route.preValidation ?? []].flat()]
  })
}

/** Names of the fields that have to be whole numbers. */
function wholeNumbersOf(schema: unknown): string[] {
  const { properties = {} } = (schema ?? {}) as { readonly properties?: Readonly<Record<string, { type?: unknown }>> }
  return Object.keys(properties).filter((name) => properties[name]?.type === 'integer')
}

/** Turns texts into numbers; a text that is no whole number stays one, which its schema refuses. */
function readWholeNumbers(values: unknown, names: readonly string[]): void {
  const texts = values as Record<string, unknown>
  for (const name of names) {
    const text = texts[name]
    if (typeof text !== 'string' || !/^-?\d{1,16}$/.test(text)) continue
    const number = Number(text)
    if (Number.isSafeInteger(number)) texts[name] = number
  }
}
