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
} from 'graphql'
import { fragmentsOf } from './documents.ts'
import { createIntrospectionCost, introspectionFields } from './introspection-cost.ts'

/** The most that an operation may cost: a page of 100 posts with all that belongs to them costs less. */
export const maxCost = 10_000

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
  variables: Readonly<Record<string, unknown>>,
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
  variables: Readonly<Record<string, unknown>>,
  introspect: (node: FieldNode) => number,
): number {
  /** Fragments that name the next one twice would take for ever to add up one by one. */
  const known = new Map<string, number>()

  function costOfSelection(type: GraphQLObjectType, { selections }: SelectionSetNode): number {
    let cost = 0
    for (const node of selections) {
      if (node.kind === Kind.FIELD) cost += costOfField(type, node)
      else if (node.kind === Kind.INLINE_FRAGMENT) cost += costOfSelection(type, node.selectionSet)
      else cost += costOfFragment(type, node.name.value)
    }
    return cost
  }

  function costOfFragment(type: GraphQLObjectType, name: string): number {
    const found = known.get(name)
    if (found !== undefined) return found
    // One that contains itself is no valid document, but must not be gone through for ever.
    known.set(name, 0)
    const fragment = fragments.get(name)
    const cost = fragment ? costOfSelection(type, fragment.selectionSet) : 0
    known.set(name, cost)
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
function firstOf({ arguments: given }: FieldNode, variables: Readonly<Record<string, unknown>>): number {
  const value = given?.find(({ name }) => name.value === 'first')?.value
  const number =
    value?.kind === Kind.INT ? Number(value.value) : value?.kind === Kind.VARIABLE ? variables[value.name.value] : null
  return typeof number === 'number' && number >= 1 ? number : maxFirst
}
