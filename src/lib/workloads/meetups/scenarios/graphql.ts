import type { LedgerEntry, Outcome, StepResponse, VirtualUser } from '../../../ports/scenario.ts'

export interface GraphqlResponse {
  readonly response: StepResponse
  readonly data: Readonly<Record<string, unknown>> | null
  readonly codes: readonly string[]
}

export interface AskOptions {
  readonly idToken?: string
  /** Codes of errors that are right responses. */
  readonly expected?: readonly string[]
}

/** The right responses to somebody who applies where others do, too. */
export const refusals = ['full', 'taken', 'wrong-state']

/** Sends an operation of that name. A response with errors is a failure unless all their codes are expected. */
export async function ask(
  user: VirtualUser,
  name: string,
  query: string,
  variables: object,
  { idToken, expected = [] }: AskOptions = {},
): Promise<GraphqlResponse> {
  const response = await user.request({
    step: name,
    method: 'POST',
    path: '/graphql',
    ...(idToken !== undefined && { headers: { authorization: `Bearer ${idToken}` } }),
    body: { operationName: name, query, variables },
    wantBody: true,
    failureOf(given) {
      const wrong = read(given).codes.find((code) => !expected.includes(code))
      return wrong === undefined ? null : `error ${wrong}`
    },
  })
  return { response, ...read(response) }
}

/** The result of one field of an operation; null where it has none. */
export function resultOf({ data }: GraphqlResponse, field: string): unknown {
  return data?.[field] ?? null
}

/** Notes an attempt with the id of what it made. Returns the id; null where nothing was made. */
export async function recordMade(
  user: VirtualUser,
  response: GraphqlResponse,
  field: string,
  attempt: Pick<LedgerEntry, 'key' | 'resource'>,
): Promise<string | null> {
  const made = resultOf(response, field) as { readonly id: string } | null
  await user.ledger.record({ ...attempt, outcome: outcomeOf(response), ...(made && { id: made.id }) })
  return made?.id ?? null
}

/** The status of what was refused because there is too much of it. */
const tooMany = 429

/** The longest and the shortest that a server is waited for, s, and what is added so that not all come again at once, ms. */
const longestWait = 60
const shortestWait = 1
const spreadMs = 1000

/** How long an honest client waits before it asks again for what was refused as too much; null for any other response. */
export function comeAgainAfter({ response }: GraphqlResponse): readonly [min: number, max: number] | null {
  if (response.status !== tooMany) return null
  const seconds = Math.min(longestWait, Math.max(shortestWait, retryAfterOf(response)))
  return [seconds * 1000, seconds * 1000 + spreadMs]
}

/** Whole seconds of `Retry-After`, which stand in the body, too; 0 where something between says 429. */
function retryAfterOf(response: StepResponse): number {
  try {
    const { errors } = response.json() as {
      readonly errors: readonly { readonly extensions: Record<string, unknown> }[]
    }
    const { retryAfter } = errors[0]!.extensions
    return Number.isSafeInteger(retryAfter) ? (retryAfter as number) : 0
  } catch {
    return 0
  }
}

function read(response: StepResponse): Omit<GraphqlResponse, 'response'> {
  if (response.status !== 200) return { data: null, codes: [] }
  const { data, errors = [] } = response.json() as {
    readonly data: Record<string, unknown> | null
    readonly errors?: readonly { readonly extensions?: { readonly code?: string } }[]
  }
  return { data, codes: errors.map(({ extensions }) => extensions?.code ?? 'none') }
}

/** The outcome of an attempt. A service that did not respond may have carried it out all the same. */
function outcomeOf({ response: { status, maybeExecuted }, codes }: GraphqlResponse): Outcome {
  if (status === 0) return maybeExecuted ? 'unknown' : 'failed'
  if (status !== 200) return 'failed'
  if (codes.length === 0) return 'booked'
  if (codes.includes('unavailable')) return 'unknown'
  return codes.every((code) => refusals.includes(code)) ? 'conflict' : 'failed'
}
