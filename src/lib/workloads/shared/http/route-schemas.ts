import type { FastifyInstance, FastifySchema, FastifyTypeProvider } from 'fastify'
import { z } from 'zod'
import { jsonSchemaOf } from '../../../base/json-schema.ts'

/** Gives the handlers of routes the types of their schemas, with `app.withTypeProvider<ZodTypes>()`. */
export interface ZodTypes extends FastifyTypeProvider {
  readonly validator: this['schema'] extends z.ZodType ? z.output<this['schema']> : unknown
  readonly serializer: this['schema'] extends z.ZodType ? z.input<this['schema']> : unknown
}

/**
 * Lets routes have schemas of zod: what compiles them, and what describes them, reads JSON Schema. To be called before
 * anything else looks at routes.
 */
export function takeZodSchemas(app: FastifyInstance): void {
  app.addHook('onRoute', (route) => {
    if (!route.schema) return
    const { params, querystring, body, response } = route.schema
    route.schema = {
      ...route.schema,
      ...jsonSchemasOf({ params, querystring, body }),
      ...(response ? { response: jsonSchemasOf(response as Readonly<Record<string, unknown>>) } : {}),
    }
  })
}

/** Those that are there; what is JSON Schema already, as of the HEAD of a GET, stays. */
function jsonSchemasOf(schemas: Readonly<Record<string, unknown>>): FastifySchema {
  const given = Object.entries(schemas).filter(([, schema]) => schema !== undefined)
  return Object.fromEntries(
    given.map(([name, schema]) => {
      if (!(schema instanceof z.ZodType)) return [name, schema]
      const { $schema: _, ...json } = jsonSchemaOf(schema, 'draft-07')
      return [name, json]
    }),
  )
}
