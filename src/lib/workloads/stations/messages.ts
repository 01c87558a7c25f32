import type { Message } from '../../ports/broker.ts'
import { dayId, leases, outbox, type Outgoing } from './tables.ts'
import type { Outbox } from '../shared/outbox/outbox.ts'

export const topic = 'booking-slot'

/** Which booking a message of the topic is about; null when it is about none, since anybody may publish there. */
export function readMessage({ value }: Message): { readonly person: string; readonly day: string } | null {
  let booking: unknown
  try {
    booking = JSON.parse(value.toString())
  } catch {
    return null
  }
  const { mysejahteraId, location, date } = (booking ?? {}) as Readonly<Record<string, unknown>>
  if (typeof mysejahteraId !== 'string' || typeof location !== 'string' || typeof date !== 'string') return null
  return { person: mysejahteraId, day: dayId(location, date) }
}

/**
 * The bookings that are to be published. A row is removed once it is: marked rows would make the table grow with every
 * booking, which on Redis is memory.
 */
export const outgoing: Outbox<Outgoing> = {
  table: outbox,
  leases,
  topic,
  waiting: {},
  messageOf: ({ person, message }) => ({ key: person, value: Buffer.from(message) }),
  async settle(store, ids) {
    await store.remove(outbox, { id: { in: ids } })
  },
}
