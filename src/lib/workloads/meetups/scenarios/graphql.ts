import type { Outcome, StepAnswer, VirtualUser } from '../../../load/scenario.ts'

/** An answer to an operation. */
export interface GraphqlAnswer {
  readonly answer: StepAnswer
  readonly data: Readonly<Record<string, unknown>> | null
  /** Of its errors. */
  readonly codes: readonly string[]
}

/** How an operation is sent. */
export interface AskOptions {
  readonly idToken?: string
  /** Codes of errors that are right answers. */
  readonly expected?: readonly string[]
}

/** The right answers to somebody who applies where others do, too. */
export const refusals = ['full', 'taken', 'wrong-state']

/** Sends an operation of that name. An answer with errors is a failure unless all their codes are expected. */
export async function ask(
  user: VirtualUser,
  name: string,
  query: string,
  variables: object,
  { idToken, expected = [] }: AskOptions = {},
): Promise<GraphqlAnswer> {
  const answer = await user.request({
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
  return { answer, ...read(answer) }
}

function read(answer: StepAnswer): Omit<GraphqlAnswer, 'answer'> {
  if (answer.status !== 200) return { data: null, codes: [] }
  const { data, errors = [] } = answer.json() as {
    readonly data: Record<string, unknown> | null
    readonly errors?: readonly { readonly extensions?: { readonly code?: string } }[]
  }
  return { data, codes: errors.map(({ extensions }) => extensions?.code ?? 'none') }
}

/** What became of an attempt. A service that did not answer may have carried it out all the same. */
export function outcomeOf({ answer: { status, maybeExecuted }, codes }: GraphqlAnswer): Outcome {
  if (status === 0) return maybeExecuted ? 'unknown' : 'failed'
  if (status !== 200) return 'failed'
  if (codes.length === 0) return 'booked'
  if (codes.includes('unavailable')) return 'unknown'
  return codes.every((code) => refusals.includes(code)) ? 'conflict' : 'failed'
}
