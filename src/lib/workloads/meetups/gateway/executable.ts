import {
  buildSchema,
  defaultFieldResolver,
  isObjectType,
  isScalarType,
  type GraphQLFieldResolver,
  type GraphQLResolveInfo,
  type GraphQLScalarType,
  type GraphQLSchema,
} from 'graphql'
import type { GatewayContext } from './context.ts'
import type { Meter } from './meter.ts'

/** The context of one operation, or of one event of a subscription. */
export interface OperationContext extends GatewayContext {
  readonly meter: Meter
  /** Aborts when nobody waits for a subscription any more. */
  readonly signal: AbortSignal
}

type Resolve = (source: never, args: never, context: OperationContext, info: never) => unknown

/** How fields are found, by type and field; of a field of Subscription, how its events are. */
export type Resolvers = Readonly<Record<string, Readonly<Record<string, Resolve | { readonly subscribe: Resolve }>>>>

type AnyResolver = GraphQLFieldResolver<unknown, OperationContext>

/**
 * A schema whose fields are found by `resolvers`, and are counted in the response's meter, each of them. Throws for a
 * resolver of a field that the schema does not have.
 */
export function makeExecutable(
  text: string,
  all: readonly Resolvers[],
  scalars: readonly GraphQLScalarType[],
): GraphQLSchema {
  const schema = buildSchema(text)
  for (const { name, serialize, parseValue, parseLiteral } of scalars) {
    const type = schema.getType(name)
    if (!isScalarType(type)) throw new TypeError(`there is no scalar ${name}`)
    Object.assign(type, { serialize, parseValue, parseLiteral })
  }
  for (const resolvers of all)
    for (const [typeName, fields] of Object.entries(resolvers))
      for (const [name, resolver] of Object.entries(fields)) {
        const type = schema.getType(typeName)
        const field = isObjectType(type) ? type.getFields()[name] : undefined
        if (!field) throw new TypeError(`there is no field ${typeName}.${name}`)
        if (typeof resolver === 'function') field.resolve = resolver as AnyResolver
        else field.subscribe = resolver.subscribe as AnyResolver
      }
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue
    for (const field of Object.values(type.getFields())) field.resolve = metered(field.resolve ?? defaultFieldResolver)
  }
  return schema
}

function metered(resolve: AnyResolver): AnyResolver {
  return (source, args, context, info) => {
    const { meter } = context
    meter.check()
    const value: unknown = resolve(source, args, context, info)
    return value instanceof Promise
      ? value.then((found: unknown) => counted(found, meter, info))
      : counted(value, meter, info)
  }
}

function counted<Value>(value: Value, meter: Meter, info: GraphQLResolveInfo): Value {
  meter.add(value, info)
  return value
}
