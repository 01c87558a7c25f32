import { createRandom } from '../../base/random.ts'
import type { RowWriter } from '../../seeding/blocks.ts'
import { createKeyWriter } from '../../seeding/keys.ts'
import { rowsOf, type SeedRecipe } from '../../seeding/recipe.ts'
import { reservationLayout } from './tables.ts'
import { createTicketWriter, writeDigits } from './tickets.ts'

const [idField, ticketField, slotField] = reservationLayout.fields as [
  (typeof reservationLayout.fields)[0],
  (typeof reservationLayout.fields)[0],
  (typeof reservationLayout.fields)[0],
]

/** Writes seeded reservations. */
export function createReservationWriter(recipe: SeedRecipe): RowWriter {
  const writeTicket = createTicketWriter(createRandom(recipe.seed).uint32())
  const writeKey = createKeyWriter({ ...recipe, rows: rowsOf(recipe) })
  return (target, offset, index, slot, random) => {
    writeKey(target, offset + idField.offset, index, random)
    target[offset + idField.width] = 9
    writeTicket(target, offset + ticketField.offset, random.int32(), recipe.firstSerial + index)
    target[offset + ticketField.offset + ticketField.width] = 9
    writeDigits(target, offset + slotField.offset, slotField.width, slot)
    target[offset + reservationLayout.rowBytes - 1] = 10
  }
}
