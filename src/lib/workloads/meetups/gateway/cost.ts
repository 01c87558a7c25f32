import {
  getNamedType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql'

/** How many entries a list counts as that says nothing about its length. */
const listLength = 10

/** The most that `first` may be. */
const maxFirst = 100

/** Lists in these are as long as `first` says. */
const pages: ReadonlySet<string> = new Set(['PostConnection', 'MessagePage'])

/**
 * What the dearest operation of a document costs: every field that is answered is one, in a list as often as it may have
 * entries.
 */
export function costOf(
  schema: GraphQLSchema,
  { definitions }: DocumentNode,
  variables: Readonly<Record<string, unknown>>,
): number {
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const node of definitions) if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node)
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
    const field = type.getFields()[node.name.value]
    // Introspection, which the depth alone limits, has no field here.
    const inner = field && getNamedType(field.type)
    if (!field || !node.selectionSet || !isObjectType(inner)) return 1
    const given = field.args.some(({ name }) => name === 'first') ? firstOf(node, variables) : 1
    const listed = isList(field.type) && !pages.has(type.name) ? listLength : 1
    return 1 + given * listed * costOfSelection(inner, node.selectionSet)
  }

  const roots = {
    query: schema.getQueryType(),
    mutation: schema.getMutationType(),
    subscription: schema.getSubscriptionType(),
  }
  const costs = definitions.map((node) => {
    const root = node.kind === Kind.OPERATION_DEFINITION ? roots[node.operation] : null
    return root && 'selectionSet' in node ? costOfSelection(root, node.selectionSet) : 0
  })
  return Math.max(0, ...costs)
}

/** As much as it may be, where that cannot be seen. */
function firstOf({ arguments: given }: FieldNode, variables: Readonly<Record<string, unknown>>): number {
  const value = given?.find(({ name }) => name.value === 'first')?.value
  const number =
    value?.kind === Kind.INT ? Number(value.value) : value?.kind === Kind.VARIABLE ? variables[value.name.value] : null
  return typeof number === 'number' && number >= 1 ? number : maxFirst
}

function isList(type: GraphQLOutputType): boolean {
  return isListType(isNonNullType(type) ? type.ofType : type)
}
