import type { Store } from '../../../ports/database.ts'
import { defineTable, integer, text } from '../tables.ts'
import { insertIfAbsent } from '../../../adapters/databases/apply-if-absent.ts'

/** The columns of a lease: the process that may do what one is to do at a time. */
const columns = {
  name: text(20),
  /** A process; empty for nobody. */
  holder: text(36),
  /** Until when, ms since 1970. */
  until: integer,
}

export function leaseTable(name: string) {
  return defineTable({ name, columns, primaryKey: 'name', updatedOften: true })
}

export type LeaseTable = ReturnType<typeof leaseTable>

/** Where a lease is kept, and under which name. */
export interface LeasePlace {
  readonly store: Store
  readonly table: LeaseTable
  readonly name: string
}

/** The right to do something that one process is to do at a time. */
export interface HeldLease {
  /** Takes it where it is free, and prolongs it; false while another holds it. */
  hold(): Promise<boolean>
  /** Leaves it to the next at once. */
  release(): Promise<void>
}

/**
 * A lease that is `leaseMs` long. It rests on the clocks of all processes: where these differ, or one stands still in
 * the middle of its work, two may hold it for a while. So what they do must do no harm when it is done twice.
 */
export function createLease({ store, table, name }: LeasePlace, holder: string, leaseMs: number): HeldLease {
  let heldUntil = 0

  async function take(now: number): Promise<boolean> {
    const [lease] = await store.find(table, { name })
    if (!lease) return insertIfAbsent(store, table, { name, holder, until: now + leaseMs })
    if (lease.holder !== holder && lease.until > now) return false
    const seen = { name, holder: lease.holder, until: lease.until }
    return (await store.update(table, seen, { holder, until: now + leaseMs })) > 0
  }

  return {
    async hold() {
      const now = Date.now()
      // Each time it is prolonged is a commit.
      if (heldUntil - now > leaseMs / 2) return true
      heldUntil = 0
      if (!(await take(now))) return false
      heldUntil = now + leaseMs
      return true
    },
    async release() {
      heldUntil = 0
      await store.update(table, { name, holder }, { holder: '', until: 0 })
    },
  }
}
