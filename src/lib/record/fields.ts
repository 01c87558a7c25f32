import { Type, type TProperties, type TSchema } from 'typebox'
import { distributionPattern } from '../base/measure/distribution.ts'

/** A number. */
export const number = (description: string) => Type.Number({ description })
/** A whole number from 0. */
export const count = (description: string) => Type.Integer({ minimum: 0, description })
/** Any text. */
export const text = (description: string) => Type.String({ description })
/** A value by `schema`, or null. */
export const orNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])
/** An object of `properties`. */
export const object = <T extends TProperties>(description: string, properties: T) =>
  Type.Object(properties, { description })
/** True or false. */
export const flag = (description: string) => Type.Boolean({ description })
/** Any number of `items`. */
export const list = <T extends TSchema>(description: string, items: T) => Type.Array(items, { description })
/** Any name: with Type.String() alone, what stands under a name of several lines would not be looked at. */
const anyName = Type.String({ pattern: String.raw`^[\s\S]*$` })
/** Values by `schema`, each under a name. */
export const byName = <T extends TSchema>(description: string, schema: T) =>
  Type.Record(anyName, schema, { description })
/** Texts by name. */
export const textByName = (description: string) => byName(description, Type.String())
/** One of `values`. */
export const oneOf = <T extends string>(description: string, ...values: T[]) => Type.Enum(values, { description })
/** How often each latency was seen, as `writeDistribution` writes it. */
export const distribution = (of: string) =>
  Type.String({
    description: `${of}, ascending, microseconds within 0.5%; x3 after those that were seen 3 times`,
    pattern: distributionPattern,
  })
/** A latency, and what it is. */
export const ms = (name: string) => orNull(number(`${name}, ms; null without samples`))
