import type { Broker } from '../../ports/broker.ts'
import type { Store } from '../../ports/database.ts'
import { groups, topic } from './events.ts'
import { outbox } from './post/tables.ts'
import { unfinished } from './saga/steps.ts'
import { sagas } from './saga/tables.ts'

/** Rows of each kind that are looked at, and named where nobody is at them. */
const looked = 1000

/** What services have yet to do by themselves. */
export interface Left {
  /** Events that have yet to be published, and sagas that have yet to move. */
  readonly events: readonly string[]
  readonly sagas: readonly string[]
  /** Events that each group has yet to handle. */
  readonly backlogs: readonly (readonly [group: string, count: number])[]
}

/** What is left now. Throws `broker-unreachable`. */
export async function findLeft(store: Store, broker: Broker): Promise<Left> {
  const events = await store.find(outbox, { published_at: 0 }, { columns: ['id'], orderBy: ['id'], limit: looked })
  const open = await store.find(sagas, { step: { in: unfinished } }, { orderBy: ['id'], limit: looked })
  const backlogs = await Promise.all(
    Object.values(groups).map(async (group) => [group, await broker.backlog(topic, group)] as const),
  )
  return { events: events.map(({ id }) => id), sagas: open.map(({ id, step }) => `${id} (${step})`), backlogs }
}

/** Whether all is done. */
export function isNothing({ events, sagas: open, backlogs }: Left): boolean {
  return events.length === 0 && open.length === 0 && backlogs.every(([, count]) => count === 0)
}
