import { auditLedger } from '../../audit/audit-ledger.ts'
import { createPace } from '../../audit/pace.ts'
import type { StoredBooking } from '../../audit/stored-bookings.ts'
import type { Store } from '../../databases/port.ts'
import type { Evidence, Violation, Watch } from '../workload.ts'
import { auditPosts } from './audit-posts.ts'
import { applications, posts } from './post/tables.ts'

/**
 * Holds the ledger and the invariants against the database: every acknowledged application is stored once, and for every
 * post those who have applied are as many as the places that are gone, and never more than there were.
 */
export async function* auditMeetups({ database, ledger }: Evidence, watch: Watch): AsyncGenerator<Violation> {
  const { store } = database
  const rows = (await store.count(applications)) + (await store.count(posts))
  const pace = createPace(watch, rows * 2)
  yield* auditLedger({ scan: () => attempts(store) }, ledger, pace)
  yield* auditPosts(store, pace)
}

/** What somebody asked for under a key of their own. A withdrawal takes nothing back of that. */
async function* attempts(store: Store): AsyncGenerator<StoredBooking> {
  for await (const row of store.scan(applications, ['id', 'post_id', 'kind', 'key']))
    if (row.kind === 'applied' && row.key !== '') yield { id: row.id, key: row.key, resource: row.post_id }
}
