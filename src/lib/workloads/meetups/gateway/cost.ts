import {
  getNamedType,
  getNullableType,
  isListType,
  isObjectType,
  Kind,
  valueFromASTUntyped,
  type DefinitionNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  type SelectionSetNode,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
  type GraphQLField,
} from 'graphql'
import { fragmentsOf, measureFragments } from './documents.ts'

/** The most that an operation may cost: a page of 100 posts with all that belongs to them costs less. */
export const maxCost = 10_000

/** Values of variables. */
type Variables = Readonly<Record<string, unknown>>

/** How many entries a list counts as that says nothing about its length. */
const listLength = 10

/** The most that `first` may be. */
const maxFirst = 100

/** Lists in these are as long as `first` says. */
const pages: ReadonlySet<string> = new Set(['PostConnection', 'MessagePage'])

/** Costs of fields beside what they give: each of these asks a service by itself. */
const callCosts: ReadonlyMap<string, number> = new Map([
  ['Query.posts', 100],
  ['Room.messages', 50],
])

/** Costs of mutations beside what they give; those that hash a password take as long as a thousand fields. */
const mutationCost = 100
const passwordCost = 1000
const withPasswords: ReadonlySet<string> = new Set(['createUser', 'login', 'updatePassword'])

/**
 * Returns the cost of the dearest operation of a document: every field of the response is one, in a list as often as it may have
 * entries; what asks a service by itself costs more. Questions about the schema cost what their response has, which is
 * known; one that costs more than `most` is not counted to its end.
 */
export function costOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  variables: Variables,
  most: number = maxCost,
): number {
  const fragments = fragmentsOf(document)
  const introspect = createIntrospectionCost(schema, fragments, most)
  const costs = document.definitions.map((node) => {
    const given = { ...defaultsOf(node), ...variables }
    return costOfDefinition(schema, node, fragments, given, (field) => introspect(field, given))
  })
  return Math.max(0, ...costs)
}

function defaultsOf(node: DefinitionNode): Record<string, unknown> {
  const declared = (node.kind === Kind.OPERATION_DEFINITION && node.variableDefinitions) || []
  return Object.fromEntries(
    declared.flatMap(({ variable, defaultValue }) =>
      defaultValue ? [[variable.name.value, valueFromASTUntyped(defaultValue)]] : [],
    ),
  )
}

function costOfDefinition(
  schema: GraphQLSchema,
  definition: DefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  variables: Variables,
  introspect: (node: FieldNode) => number,
): number {
  const costOfFragment = measureFragments(fragments, ({ selectionSet }, type: GraphQLObjectType) =>
    costOfSelection(type, selectionSet),
  )

  function costOfSelection(type: GraphQLObjectType, { selections }: SelectionSetNode): number {
    let cost = 0
    for (const node of selections) {
      if (node.kind === Kind.FIELD) cost += costOfField(type, node)
      else if (node.kind === Kind.INLINE_FRAGMENT) cost += costOfSelection(type, node.selectionSet)
      else cost += costOfFragment(node.name.value, type)
    }
    return cost
  }

  function costOfField(type: GraphQLObjectType, node: FieldNode): number {
    const name = node.name.value
    if (introspectionFields.has(name) && type === schema.getQueryType()) return introspect(node)
    const field = type.getFields()[name]
    const call = type === schema.getMutationType() ? mutationCostOf(name) : (callCosts.get(`${type.name}.${name}`) ?? 0)
    const inner = field && getNamedType(field.type)
    if (!field || !node.selectionSet || !isObjectType(inner)) return 1 + call
    const given = field.args.some((arg) => arg.name === 'first') ? firstOf(node, variables) : 1
    const listed = isListType(getNullableType(field.type)) && !pages.has(type.name) ? listLength : 1
    return 1 + call + given * listed * costOfSelection(inner, node.selectionSet)
  }

  const roots = {
    query: schema.getQueryType(),
    mutation: schema.getMutationType(),
    subscription: schema.getSubscriptionType(),
  }
  const root = definition.kind === Kind.OPERATION_DEFINITION ? roots[definition.operation] : null
  return root && 'selectionSet' in definition ? costOfSelection(root, definition.selectionSet) : 0
}

function mutationCostOf(name: string): number {
  return withPasswords.has(name) ? passwordCost : mutationCost
}

/** Returns the value of `first`, or its maximum where that cannot be seen. */
function firstOf({ arguments: given }: FieldNode, variables: Variables): number {
  const value = given?.find(({ name }) => name.value === 'first')?.value
  const number =
    value?.kind === Kind.INT ? Number(value.value) : value?.kind === Kind.VARIABLE ? variables[value.name.value] : null
  return typeof number === 'number' && number >= 1 ? number : maxFirst
}

/** Fields that tell of the schema itself. */
const introspectionFields: ReadonlyMap<string, GraphQLField<unknown, unknown>> = new Map([
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
 * Counts what questions about the schema cost: the schema is there, so nothing has to be guessed. What is
 * returned gives the cost of one more question; all of them together are counted no further than somewhat above `most`.
 */
function createIntrospectionCost(
  schema: GraphQLSchema,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  most: number,
): (node: FieldNode, variables: Variables) => number {
  let fields = 0
  let bytes = 0
  let steps = 0
  const cost = (): number => Math.max(fields, Math.ceil(bytes / bytesPerField), Math.floor(steps / stepsPerField))

  function visit(type: GraphQLObjectType, source: unknown, { selections }: SelectionSetNode, given: Variables): void {
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

  function visitField(field: AnyField, source: unknown, node: FieldNode, given: Variables): void {
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

/** The argument of `__type`; empty where there is none. */
function nameOf({ arguments: args }: FieldNode, given: Variables): string {
  const value = args?.find(({ name }) => name.value === 'name')?.value
  if (value?.kind === Kind.STRING) return value.value
  return value?.kind === Kind.VARIABLE ? String(given[value.name.value]) : ''
}
