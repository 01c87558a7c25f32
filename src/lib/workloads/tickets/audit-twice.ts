import { createClaims, partOf } from '../../audit/claims.ts'
import type { Pace } from '../../audit/pace.ts'
import type { Store } from '../../ports/database.ts'
import type { Violation } from '../../ports/workload.ts'
import { orders, rejected } from './tables.ts'

/** Finds receipts that are orders and rejected as well. */
export async function* auditTwice(store: Store, pace: Pace, claimsAtATime: number): AsyncGenerator<Violation> {
  const count = await store.count(rejected)
  const parts = Math.ceil(count / claimsAtATime)
  for (let part = 0; part < parts; part++) {
    const claims = createClaims(count / parts)
    for await (const { id } of store.scan(rejected, ['id'])) {
      if (partOf(id, parts) === part) claims.add({ key: id, resource: 'rejected', outcome: 'failed' })
      if (pace.step()) await pace.rest()
    }
    for await (const { id, receipt } of store.scan(orders, ['id', 'receipt'])) {
      if (partOf(receipt, parts) === part && claims.match({ key: receipt, id, resource: 'order' }) !== 'foreign') {
        yield* lookAgain(store, id, receipt)
      }
      if (pace.step()) await pace.rest()
    }
  }
}

/** The claims are fingerprints. */
async function* lookAgain(store: Store, order: string, receipt: string): AsyncGenerator<Violation> {
  const [row] = await store.find(rejected, { id: receipt }, { columns: ['id'] })
  if (row) yield { kind: 'duplicate', key: receipt, detail: `stored as order ${order}, and rejected as well` }
}
