import { z } from 'zod'
import { integer } from '../base/json-schema.ts'
import { distributionPattern } from '../base/measure/distribution.ts'

/** A number. */
export const number = (description: string) => z.number().describe(description)
/** A whole number from 0. */
export const count = (description: string) => integer.min(0).describe(description)
/** Any text. */
export const text = (description: string) => z.string().describe(description)
/** An object with `properties`, and with those of later versions, which no type knows and reading keeps. */
export const open = <T extends z.ZodRawShape>(properties: T): z.ZodObject<T> => z.looseObject(properties)
/** An object of `properties`. */
export const object = <T extends z.ZodRawShape>(description: string, properties: T) =>
  open(properties).describe(description)
/** True or false. */
export const flag = (description: string) => z.boolean().describe(description)
/** Any number of `items`. */
export const list = <T extends z.ZodType>(description: string, items: T) => z.array(items).describe(description)
/** Values by `schema`, each under a name. */
export const byName = <T extends z.ZodType>(description: string, schema: T) =>
  z.record(z.string(), schema).describe(description)
/** Texts by name. */
export const textByName = (description: string) => byName(description, z.string())
/** One of `values`. */
export const oneOf = <const T extends readonly string[]>(description: string, ...values: T) =>
  z.enum(values).describe(description)
/** How often each latency was seen, as `writeDistribution` writes it. */
export const distribution = (of: string) =>
  z
    .string()
    .regex(new RegExp(distributionPattern), { error: 'must be whole numbers such as 210x3 250' })
    .describe(`${of}, ascending, microseconds within 0.5%; x3 after those that were seen 3 times`)
/** A latency, and what it is. */
export const ms = (name: string) => number(`${name}, ms; null without samples`).nullable()
