import {
  GraphQLError,
  Kind,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLResolveInfo,
  type SelectionSetNode,
} from 'graphql'

/** Counts a response while it is made, so that one that is too large, or takes too long, is given up early. */
export interface Meter {
  /** Why the response was given up; null while it was not. */
  readonly failure: GraphQLError | null
  /** Gives the response up: whatever else belongs to it throws. */
  fail(reason: GraphQLError): void
  /** Throws the failure of a response that was given up. */
  check(): void
  /** Counts the value of a field. Throws where that makes the response too large. */
  add(value: unknown, info: GraphQLResolveInfo): void
}

export interface ResponseLimits {
  /** Its JSON, about. */
  readonly maxBytes: number
  readonly maxMs: number
}

/** Quotes, colons and brackets of a field, or of an entry of a list, and what it costs this process beside its text. */
const fieldBytes = 32

/** Measures one response from now on. */
export function createMeter({ maxBytes, maxMs }: ResponseLimits): Meter {
  const until = performance.now() + maxMs
  let bytes = 0
  let failure: GraphQLError | null = null

  function check(): void {
    // A timer would not come while fields are resolved one after the other.
    if (!failure && performance.now() > until) failure = tooLate(maxMs)
    if (failure) throw failure
  }

  return {
    get failure() {
      return failure
    },
    fail(reason) {
      failure ??= reason
    },
    check,
    add(value, info) {
      bytes += bytesOf(value, info)
      if (bytes > maxBytes) failure ??= tooLarge(maxBytes)
      check()
    },
  }
}

/** The error instead of a response that would be larger. */
function tooLarge(maxBytes: number): GraphQLError {
  const message = `The answer has more than ${maxBytes / 1024 / 1024} MiB: ask for less at once`
  return new GraphQLError(message, { extensions: { code: 'too-large' } })
}

/** The error instead of a response that would take longer. The operation may have been carried out, or not. */
export function tooLate(maxMs: number): GraphQLError {
  const message = `The operation takes longer than ${maxMs / 1000} s`
  return new GraphQLError(message, { extensions: { code: 'unavailable' } })
}

function bytesOf(value: unknown, info: GraphQLResolveInfo): number {
  const own = fieldBytes + String(info.path.key).length
  if (typeof value === 'string') return own + value.length
  if (typeof value !== 'object' || value === null) return own
  const entries = Array.isArray(value) ? (value as readonly unknown[]) : [value]
  // These are resolved by nobody who could count them.
  const names = info.fieldNodes.reduce((sum, node) => sum + typeNameBytes(node, info.fragments), 0)
  return entries.reduce<number>(
    (sum, entry) => sum + fieldBytes + names + (typeof entry === 'string' ? entry.length : 0),
    own,
  )
}

const known = new WeakMap<FieldNode, number>()

/** Bytes of the `__typename`s that are asked of each object of a field. */
function typeNameBytes(node: FieldNode, fragments: Readonly<Record<string, FragmentDefinitionNode>>): number {
  const found = known.get(node)
  if (found !== undefined) return found
  const visited = new Set<string>()

  function add({ selections }: SelectionSetNode): number {
    let bytes = 0
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        const { name, alias } = selection
        if (name.value === '__typename') bytes += 2 * fieldBytes + (alias ?? name).value.length
      } else if (selection.kind === Kind.INLINE_FRAGMENT) bytes += add(selection.selectionSet)
      else if (!visited.has(selection.name.value)) {
        visited.add(selection.name.value)
        const fragment = fragments[selection.name.value]
        if (fragment) bytes += add(fragment.selectionSet)
      }
    }
    return bytes
  }

  const bytes = node.selectionSet ? add(node.selectionSet) : 0
  known.set(node, bytes)
  return bytes
}
