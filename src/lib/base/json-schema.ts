import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'

/** A whole number of any size; `z.int()` is one that JavaScript holds exactly. */
export const integer = z
  .number({ error: ({ input }) => (input === undefined ? undefined : 'must be integer') })
  .refine(Number.isInteger, { error: 'must be integer' })
  .meta({ type: 'integer' })

/** The JSON Schema of what may be given to `schema`, for readers of that version. */
export function jsonSchemaOf(schema: z.ZodType, target: 'draft-07' | 'draft-2020-12'): z.core.JSONSchema.BaseSchema {
  return z.toJSONSchema(schema, {
    io: 'input',
    target,
    override: ({ jsonSchema }) => {
      // Says what is so without it.
      if (isDeepStrictEqual(jsonSchema.additionalProperties, {})) delete jsonSchema.additionalProperties
      // Its forms exclude one another anyway, and more readers know this word.
      if (jsonSchema.oneOf) {
        jsonSchema.anyOf = jsonSchema.oneOf
        delete jsonSchema.oneOf
      }
      // The pattern is how zod checks the format.
      if (jsonSchema.format !== undefined) delete jsonSchema.pattern
    },
  })
}

/** A value that fits, or the first thing that does not, in the words of JSON Schema: `items.0.price must be integer`. */
export type Fitting<T> =
  | { readonly value: T; readonly misfit: null }
  | { readonly value: null; readonly misfit: string }

/** Parses a value by the schema of `owner`, such as `an order`. */
export function fit<T extends z.ZodType>(schema: T, value: unknown, owner: string): Fitting<z.output<T>> {
  const { data, error } = schema.safeParse(value, { error: expectationOf })
  const issue = error?.issues[0]
  if (issue === undefined) return { value: data as z.output<T>, misfit: null }
  const isUnknown = issue.code === 'unrecognized_keys'
  const place = [...issue.path, ...(isUnknown ? issue.keys.slice(0, 1) : [])].join('.') || 'it'
  return { value: null, misfit: `${place} ${isUnknown ? `is not a field of ${owner}` : issue.message}` }
}

/** Names of zod that JSON Schema has other words for. */
const words: Readonly<Record<string, string>> = { int: 'integer', record: 'object', datetime: 'date-time' }

/** Says what a value has to be; undefined leaves it to zod. */
function expectationOf(issue: z.core.$ZodRawIssue): string | undefined {
  const word = (name: string): string => words[name] ?? name
  switch (issue.code) {
    case 'invalid_type':
      if (issue.input === undefined) return 'is missing'
      return `must be ${issue.inst instanceof z.ZodNumber && issue.inst.isInt ? 'integer' : word(issue.expected)}`
    case 'invalid_value':
      return `must be one of ${issue.values.join(', ')}`
    case 'invalid_union':
      return `must be one of ${[issue.options ?? []].flat().map(String).join(', ')}`
    case 'invalid_format':
      if (issue.format !== 'regex') return `must match format "${word(issue.format)}"`
      return `must match pattern "${issue.pattern?.replace(/^\/|\/[a-z]*$/g, '')}"`
    case 'too_small':
      return issue.origin === 'number' || issue.origin === 'int'
        ? `must be >= ${issue.minimum}`
        : `must not have fewer than ${issue.minimum} ${unitOf(issue.origin)}`
    case 'too_big':
      return issue.origin === 'number' || issue.origin === 'int'
        ? `must be <= ${issue.maximum}`
        : `must not have more than ${issue.maximum} ${unitOf(issue.origin)}`
    default:
      return undefined
  }
}

function unitOf(origin: string): string {
  return origin === 'string' ? 'characters' : 'items'
}
