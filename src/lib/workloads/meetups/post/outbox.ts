import { v7 as uuid } from 'uuid'
import type { Rows } from '../../../ports/database.ts'
import type { EventType, MeetupEvent } from '../events.ts'
import { outbox, type OutboxRow } from './tables.ts'

/** The rows of the outbox that tell of what is stored with them. */
export function tell<Type extends EventType>(
  type: Type,
  payload: Extract<MeetupEvent, { type: Type }>['payload'],
  at: number,
): Rows<OutboxRow> {
  const id = uuid()
  const aggregate = payload.postId
  const event = JSON.stringify({ id, type, aggregate, at, payload })
  return { table: outbox, rows: [{ id, type, aggregate, event, published_at: 0 }] }
}
