import { Type, type TProperties, type TSchema } from 'typebox'

/** A number. */
export const number = (description: string) => Type.Number({ description })
/** A whole number from 0. */
export const count = (description: string) => Type.Integer({ minimum: 0, description })
/** Any text. */
export const text = (description: string) => Type.String({ description })
/** What `schema` says, or null. */
export const orNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])
/** An object of `properties`. */
export const object = <T extends TProperties>(description: string, properties: T) => Type.Object(properties, { description })
/** True or false. */
export const flag = (description: string) => Type.Boolean({ description })
/** Any number of `items`. */
export const list = <T extends TSchema>(description: string, items: T) => Type.Array(items, { description })
/** Any number of `values`, each under a name. Without a pattern, what stands under a name with a line break goes unchecked. */
export const byName = <T extends TSchema>(description: string, values: T) =>
  Type.Record(Type.String({ pattern: String.raw`^[\s\S]*$` }), values, { description })
/** One of `values`. */
export const oneOf = <T extends string>(description: string, ...values: T[]) => Type.Enum(values, { description })
