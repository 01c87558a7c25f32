import {
  GraphQLError,
  Kind,
  parse,
  specifiedRules,
  validate,
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql'

export class InvalidDocument extends Error {
  override readonly name = 'InvalidDocument'
  readonly errors: readonly GraphQLError[]

  /** Takes at least one error. */
  constructor(errors: readonly GraphQLError[]) {
    super(errors[0]?.message)
    this.errors = errors
  }
}

/** Reads documents, and keeps those that are asked again. */
export interface Documents {
  /** Throws `InvalidDocument` for what is too large, no GraphQL, too deep, or asks for what there is not. */
  read(source: string): DocumentNode
  /** The memory that kept documents take, about. */
  readonly keptBytes: number
}

export interface DocumentLimits {
  readonly maxBytes: number
  /** Words and signs: to check a document takes a time that grows with their square. */
  readonly maxTokens: number
  /** How many fields may lie within each other. */
  readonly maxDepth: number
  /** The most memory for documents that are kept. */
  readonly maxKeptBytes: number
}

/** For people with tools that ask for the schema, and programs whose texts are variables. */
export const defaultDocumentLimits: DocumentLimits = {
  maxBytes: 16 * 1024,
  maxTokens: 500,
  maxDepth: 15,
  maxKeptBytes: 8 * 1024 * 1024,
}

/** Errors of one document that are reported at once: each repeats a part of it. */
const maxErrors = 5

/** Memory that a kept document takes beside its source, for each token. */
const tokenBytes = 600

/** Documents over `schema`. The one that was asked for longest ago goes first, and those that are refused are not kept. */
export function createDocuments(schema: GraphQLSchema, limits: DocumentLimits = defaultDocumentLimits): Documents {
  const kept = new Map<string, { readonly document: DocumentNode; readonly bytes: number }>()
  let keptBytes = 0

  function keep(source: string, document: DocumentNode): void {
    const bytes = 2 * source.length + tokenBytes * (document.tokenCount ?? limits.maxTokens)
    kept.set(source, { document, bytes })
    keptBytes += bytes
    for (const [oldest, { bytes: freed }] of kept) {
      if (keptBytes <= limits.maxKeptBytes) break
      kept.delete(oldest)
      keptBytes -= freed
    }
  }

  return {
    read(source) {
      const found = kept.get(source)
      if (found) {
        kept.delete(source)
        kept.set(source, found)
        return found.document
      }
      const document = check(schema, source, limits)
      keep(source, document)
      return document
    },
    get keptBytes() {
      return keptBytes
    },
  }
}

function check(schema: GraphQLSchema, source: string, { maxBytes, maxTokens, maxDepth }: DocumentLimits): DocumentNode {
  const bytes = Buffer.byteLength(source)
  if (bytes > maxBytes)
    throw invalidDocument(`The document has ${bytes} bytes, more than ${maxBytes}: put texts into variables`)
  const document = parseDocument(source, maxTokens)
  const errors = validate(schema, document, specifiedRules, { maxErrors })
  if (errors.length > 0) throw new InvalidDocument(errors)
  const depth = depthOf(document)
  if (depth > maxDepth) throw invalidDocument(`The document is ${depth} levels deep, more than ${maxDepth}`)
  return document
}

/** The error of a document, or of what came with it, that is refused for a reason of ours. */
export function invalidDocument(message: string): InvalidDocument {
  return new InvalidDocument([new GraphQLError(message)])
}

function parseDocument(source: string, maxTokens: number): DocumentNode {
  try {
    return parse(source, { maxTokens })
  } catch (error) {
    if (error instanceof GraphQLError) throw new InvalidDocument([error])
    throw error
  }
}

/** The depth of a valid document, in which no fragment contains itself. */
function depthOf(document: DocumentNode): number {
  const depthOfFragment = measureFragments(fragmentsOf(document), ({ selectionSet }) => depthOfSelection(selectionSet))

  function depthOfSelection({ selections }: SelectionSetNode): number {
    const depths = selections.map((node) => {
      if (node.kind === Kind.FRAGMENT_SPREAD) return depthOfFragment(node.name.value)
      if (node.kind === Kind.INLINE_FRAGMENT) return depthOfSelection(node.selectionSet)
      return 1 + (node.selectionSet ? depthOfSelection(node.selectionSet) : 0)
    })
    return Math.max(0, ...depths)
  }

  return Math.max(
    0,
    ...document.definitions.map((node) =>
      node.kind === Kind.OPERATION_DEFINITION ? depthOfSelection(node.selectionSet) : 0,
    ),
  )
}

export function fragmentsOf({ definitions }: DocumentNode): ReadonlyMap<string, FragmentDefinitionNode> {
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const node of definitions) if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node)
  return fragments
}

/**
 * Measures fragments by name, each once: those that name the next one twice would take for ever to go through one by one.
 * A fragment that is not there, or contains itself, which no valid document has, counts as 0.
 */
export function measureFragments<Context extends readonly unknown[]>(
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  measure: (fragment: FragmentDefinitionNode, ...context: Context) => number,
): (name: string, ...context: Context) => number {
  const known = new Map<string, number>()
  return (name, ...context) => {
    const found = known.get(name)
    if (found !== undefined) return found
    known.set(name, 0)
    const fragment = fragments.get(name)
    const size = fragment ? measure(fragment, ...context) : 0
    known.set(name, size)
    return size
  }
}
