import type { LedgerEntry, StepResponse, VirtualUser } from '../../ports/scenario.ts'

/**
 * Notes an attempt in the user's ledger, with the id that stands in the answer's `idField`; null where it has none. Throws
 * an error with the message `withoutId` where the field is missing: what was acknowledged can be found again by its key.
 */
export async function recordAttempt(
  { ledger }: Pick<VirtualUser, 'ledger'>,
  answer: Pick<StepResponse, 'json'>,
  attempt: Omit<LedgerEntry, 'id'>,
  idField: string | null,
  withoutId: string,
): Promise<void> {
  const id = idField === null ? null : readId(answer, idField)
  await ledger.record({ ...attempt, ...(id !== null && { id }) })
  if (idField !== null && id === null) throw new Error(withoutId)
}

function readId(answer: Pick<StepResponse, 'json'>, field: string): number | string | null {
  try {
    const id = (answer.json() as Readonly<Record<string, unknown>>)[field]
    return (typeof id === 'string' && id !== '') || typeof id === 'number' ? id : null
  } catch {
    return null
  }
}
