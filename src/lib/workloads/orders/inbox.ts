import { hash } from 'node:crypto'
import type { Message } from '../../ports/broker.ts'
import { applyIfAbsent, type ChangeIfAbsent } from '../../adapters/databases/apply-if-absent.ts'
import type { Store } from '../../ports/database.ts'
import { reasonOf, RushbenchError } from '../../base/errors/errors.ts'
import { readOrder, storable } from './order.ts'
import { deadLetters, keptBytes, orders, type DeadLetter } from './tables.ts'

/** The subject that orders come in on, and the group whose members share them. */
export const topic = 'orders'
export const group = 'orders'

export const maxBatch = 500

export interface InboxCounts {
  /** Orders that were new. */
  stored: number
  /** Messages that were no orders, and new. */
  rejected: number
  /** Messages whose order, or dead letter, was there already. */
  repeated: number
}

/** Stores messages: each as an order or, with its reason, as a dead letter; one that came before changes nothing. */
export interface Inbox {
  /** Resolves when all of them are durable. Throws what the database does when it is away: then they have to come again. */
  store(messages: readonly Message[]): Promise<void>
  readonly counts: Readonly<InboxCounts>
}

export function createInbox(store: Store): Inbox {
  const counts: InboxCounts = { stored: 0, rejected: 0, repeated: 0 }

  async function storeAll(messages: readonly Message[], refusal: string | null): Promise<void> {
    const changes = messages.map((message) => changeFor(message, refusal))
    const results = await applyIfAbsent(store, changes)
    for (const [index, result] of results.entries()) {
      if (result !== 'applied') counts.repeated++
      else if (changes[index]?.absent.table === orders) counts.stored++
      else counts.rejected++
    }
  }

  /** Halves a batch until a message that the database itself refuses stands alone, so that it does not stop the others. */
  async function storeOrSplit(messages: readonly Message[]): Promise<void> {
    try {
      await storeAll(messages, null)
    } catch (error) {
      if (error instanceof RushbenchError) throw error
      if (messages.length === 1) return storeAll(messages, `the database refuses it: ${reasonOf(error)}`)
      const half = Math.ceil(messages.length / 2)
      await storeOrSplit(messages.slice(0, half))
      await storeOrSplit(messages.slice(half))
    }
  }

  return { counts, store: storeOrSplit }
}

function changeFor({ value }: Message, refusal: string | null): ChangeIfAbsent {
  const read = readOrder(value)
  if (read.order === null || refusal !== null) {
    const reason = read.order === null ? read.reason : String(refusal)
    return { absent: { table: deadLetters, row: deadLetterOf(value, reason) } }
  }
  const { order } = read
  const row = { order_uid: order.order_uid, body: JSON.stringify(order) }
  return { absent: { table: orders, row } }
}

function deadLetterOf(message: Buffer, reason: string): DeadLetter {
  return {
    id: deadLetterId(message),
    reason: storable(message.length > keptBytes ? `only its beginning is kept; ${reason}` : reason),
    bytes: message.subarray(0, keptBytes).toString('base64'),
    stored_at: Date.now(),
  }
}

/** The key of the dead letter that a message would be. */
export function deadLetterId(message: Buffer): string {
  return hash('sha256', message, 'hex')
}
