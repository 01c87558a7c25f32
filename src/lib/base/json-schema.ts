import { z } from 'zod'

/** A whole number of any size; `z.int()` is one that JavaScript holds exactly. */
export const integer = z.number().multipleOf(1)

/** The JSON Schema of what may be given to `schema`, for readers of that version. */
export function jsonSchemaOf(schema: z.ZodType, target: 'draft-07' | 'draft-2020-12'): z.core.JSONSchema.BaseSchema {
  return z.toJSONSchema(schema, {
    io: 'input',
    target,
    override: ({ jsonSchema }) => {
      if (jsonSchema.multipleOf === 1) {
        jsonSchema.type = 'integer'
        delete jsonSchema.multipleOf
      }
      // The pattern is how zod checks the format.
      if (jsonSchema.format !== undefined) delete jsonSchema.pattern
    },
  })
}

/**
 * Finds what does not fit a schema of `owner` (`an order`), and says so in the words of JSON Schema:
 * `items.0.price must be integer`. Null where all fits.
 */
export function findMisfit(schema: z.ZodType, value: unknown, owner: string): string | null {
  const issue = schema.safeParse(value, { error: expectationOf }).error?.issues[0]
  if (issue === undefined) return null
  if (issue.code === 'unrecognized_keys')
    return `${[...issue.path, issue.keys[0]].join('.')} is not a field of ${owner}`
  return `${issue.path.join('.') || 'it'} ${issue.message}`
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
    case 'not_multiple_of':
      return 'must be integer'
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
