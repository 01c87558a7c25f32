import { createRandom } from '../../random.ts'
import { writeUuid } from '../../seeding/uuid.ts'
import type { RowWriter } from '../../seeding/seed.ts'
import { reservationLayout } from './tables.ts'
import { createTicketWriter, writeDigits } from './tickets.ts'

const [idField, ticketField, slotField] = reservationLayout.fields as [
  (typeof reservationLayout.fields)[0],
  (typeof reservationLayout.fields)[0],
  (typeof reservationLayout.fields)[0],
]

/**
 * Writes seeded reservations: ids ascend with the row's serial number, so that rows are appended to
 * the primary key's tree (random ids load 15 times slower once the tree outgrows memory).
 */
export function createReservationWriter(seed: string): RowWriter {
  const writeTicket = createTicketWriter(createRandom(seed).uint32())
  return (target, offset, serial, slot, random) => {
    const high = random.uint32()
    writeUuid(target, offset + idField.offset, serial, high, random.uint32())
    target[offset + idField.width] = 9
    writeTicket(target, offset + ticketField.offset, high, serial)
    target[offset + ticketField.offset + ticketField.width] = 9
    writeDigits(target, offset + slotField.offset, slotField.width, slot)
    target[offset + reservationLayout.rowBytes - 1] = 10
  }
}
