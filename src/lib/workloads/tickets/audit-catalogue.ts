import { createClaims, partOf, type Claims } from '../../audit/claims.ts'
import type { Pace } from '../../audit/pace.ts'
import type { Store } from '../../ports/database.ts'
import type { LedgerEntry } from '../../ports/scenario.ts'
import type { Violation } from '../../ports/workload.ts'
import { lines, products } from './tables.ts'

/**
 * Finds products that stand on a line and not in the catalogue, and those in it that stand on none. The catalogue is
 * held as fingerprints, a part of it at a time; each part reads the lines once.
 */
export async function* auditCatalogue(store: Store, pace: Pace, claimsAtATime: number): AsyncGenerator<Violation> {
  const count = await store.count(products)
  const parts = Math.max(1, Math.ceil(count / claimsAtATime))
  for (let part = 0; part < parts; part++) {
    const claims = createClaims(count / parts)
    for await (const { id } of store.scan(products, ['id'])) {
      if (partOf(id, parts) === part) claims.add(listed(id))
      if (pace.step()) await pace.rest()
    }
    for await (const { product_id: id } of store.scan(lines, ['product_id'])) {
      if (partOf(id, parts) === part) yield* judgeLine(store, claims, id)
      if (pace.step()) await pace.rest()
    }
    if (claims.missing === 0) continue
    for await (const { id } of store.scan(products, ['id'])) {
      if (partOf(id, parts) === part && !claims.isStored(listed(id))) yield* judgeUnseen(store, id)
      if (pace.step()) await pace.rest()
    }
  }
}

/** A product of the catalogue, as something that is claimed to stand on a line. */
function listed(id: string): LedgerEntry {
  return { key: id, resource: 'line', outcome: 'booked' }
}

async function* judgeLine(store: Store, claims: Claims, id: string): AsyncGenerator<Violation> {
  if (claims.match({ key: id, id: '', resource: 'line' }) !== 'foreign') return
  // It is looked for once, on however many lines it stands.
  claims.add({ key: id, resource: 'line', outcome: 'failed' })
  const [row] = await store.find(products, { id })
  if (!row) yield { kind: 'inconsistent', key: `product ${id}`, detail: 'stands on a line, and not in the catalogue' }
}

/** What was added to the catalogue after it was read has its line all the same. */
async function* judgeUnseen(store: Store, id: string): AsyncGenerator<Violation> {
  const [row] = await store.find(lines, { product_id: id }, { columns: ['id'], limit: 1 })
  if (!row) yield { kind: 'inconsistent', key: `product ${id}`, detail: 'stands in the catalogue, and on no line' }
}
