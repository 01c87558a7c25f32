import {
  getNamedType,
  getNullableType,
  isListType,
  isObjectType,
  Kind,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql'

/** Fields that tell of the schema itself. */
export const introspectionFields: ReadonlyMap<string, GraphQLField<unknown, unknown>> = new Map([
  [SchemaMetaFieldDef.name, SchemaMetaFieldDef],
  [TypeMetaFieldDef.name, TypeMetaFieldDef],
])

/** Bytes that a field of the response has beside its text: quotes, colons and brackets. */
const fieldBytes = 16

/** Text that costs as much as a field, bytes. */
const bytesPerField = 400

/** Steps for each field that is counted: fragments that only name the next one are none. */
const stepsPerField = 2

/** Thrown within this file alone. */
const enough = new Error('it costs more than it may')

/**
 * Counts what questions about the schema are responded to with: the schema is there, so nothing has to be guessed. What is
 * returned gives the cost of one more question; all of them together are counted no further than somewhat above `most`.
 */
export function createIntrospectionCost(
  schema: GraphQLSchema,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  most: number,
): (node: FieldNode, variables: Readonly<Record<string, unknown>>) => number {
  let fields = 0
  let bytes = 0
  let steps = 0
  const cost = (): number => Math.max(fields, Math.ceil(bytes / bytesPerField), Math.floor(steps / stepsPerField))

  function visit(type: GraphQLObjectType, source: unknown, { selections }: SelectionSetNode, given: Given): void {
    for (const selection of selections) {
      steps++
      if (cost() > most) throw enough
      if (selection.kind === Kind.FIELD) {
        const field = type.getFields()[selection.name.value]
        if (field) visitField(field, source, selection, given)
        else count(selection, type.name)
      } else if (selection.kind === Kind.INLINE_FRAGMENT) visit(type, source, selection.selectionSet, given)
      else {
        const fragment = fragments.get(selection.name.value)
        if (fragment) visit(type, source, fragment.selectionSet, given)
      }
    }
  }

  function visitField(field: AnyField, source: unknown, node: FieldNode, given: Given): void {
    // Only what these fields look at; what is deprecated is counted, too.
    const args = { includeDeprecated: true, name: nameOf(node, given) }
    const value: unknown = field.resolve?.(source, args, null, { schema } as never)
    count(node, value)
    const inner = getNamedType(field.type)
    if (!node.selectionSet || !isObjectType(inner) || value === null || value === undefined) return
    const isList = isListType(getNullableType(field.type))
    for (const entry of isList ? (value as Iterable<unknown>) : [value]) visit(inner, entry, node.selectionSet, given)
  }

  function count({ name, alias }: FieldNode, value: unknown): void {
    fields++
    bytes += fieldBytes + (alias ?? name).value.length
    if (typeof value === 'string') bytes += value.length
    if (Array.isArray(value)) bytes += fieldBytes * value.length
  }

  return (node, given) => {
    const before = cost()
    try {
      visitField(introspectionFields.get(node.name.value) as AnyField, null, node, given)
    } catch (error) {
      if (error !== enough) throw error
    }
    return cost() - before
  }
}

type AnyField = GraphQLField<unknown, unknown>

type Given = Readonly<Record<string, unknown>>

/** The argument of `__type`; empty where there is none. */
function nameOf({ arguments: args }: FieldNode, given: Given): string {
  const value = args?.find(({ name }) => name.value === 'name')?.value
  if (value?.kind === Kind.STRING) return value.value
  return value?.kind === Kind.VARIABLE ? String(given[value.name.value]) : ''
}
