import type { OutcomeStatuses } from '../../ports/outcome.ts'
import type { LedgerEntry, StepResponse, VirtualUser } from '../../ports/scenario.ts'

/** Options of the users of every workload. */
export interface ScenarioOptions {
  readonly seed: string
}

/** Which shapes and statuses an API speaks: our own, or those of the original, for its clients. */
export interface WireOptions {
  readonly wire: 'own' | 'original'
}

export interface BookingScenarioOptions extends ScenarioOptions, OutcomeStatuses {}

/** How a response says under which id it has stored something. */
export interface IdField {
  readonly name: string
  /** Takes numbers, beside texts. */
  readonly mayBeNumber?: true
}

/**
 * Notes an attempt in the user's ledger, with the id that the response has in a field; null where it needs none. A response
 * without the field is a booking whose id is not known, as many an API makes it: the audit finds it again by its key.
 */
export async function recordAttempt(
  { ledger }: Pick<VirtualUser, 'ledger'>,
  response: Pick<StepResponse, 'json'>,
  attempt: Omit<LedgerEntry, 'id'>,
  field: IdField | null,
): Promise<void> {
  const id = field && readId(response, field)
  await ledger.record({ ...attempt, ...(id !== null && { id }) })
}

function readId(response: Pick<StepResponse, 'json'>, { name, mayBeNumber }: IdField): number | string | null {
  try {
    const id = (response.json() as Readonly<Record<string, unknown>>)[name]
    return (typeof id === 'string' && id !== '') || (mayBeNumber && typeof id === 'number') ? id : null
  } catch {
    return null
  }
}
