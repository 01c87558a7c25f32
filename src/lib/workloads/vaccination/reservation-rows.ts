import { createRandom, loadFaker } from '../../base/random.ts'
import { writeDigits } from '../../seeding/digits.ts'
import { createKeyWriter } from '../../seeding/keys.ts'
import { rowsOf, type RowWriter, type SeedRecipe } from '../../seeding/recipe.ts'
import { reservationLayout, ticketWidth } from './tables.ts'

const [idField, ticketField, slotField] = reservationLayout.fields as [
  (typeof reservationLayout.fields)[0],
  (typeof reservationLayout.fields)[0],
  (typeof reservationLayout.fields)[0],
]

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

/** Names in the pool; more would not make the data more real. */
const poolSize = 10_000
const nameWidth = 16
/** Long last names are cut, so that there is room for a first name. */
const lastNameWidth = 10
/** Digits of a seeded ticket's number. */
const numberWidth = ticketWidth - nameWidth
const filler = '-'

/**
 * Ticket holders' names as on a passport's machine-readable line: `LOVELACE-ADA----`, always 16
 * characters of A-Z and `-`. From faker's lists of names, since faker itself takes 11 us to choose one.
 */
export function createNamePool(seed: number): readonly string[] {
  const random = createRandom(seed)
  const { first_name: first, last_name: last } = loadFaker().definitions.person
  const firstNames = namesOf(first)
  const lastNames = namesOf(last).map((name) => name.slice(0, lastNameWidth))
  return Array.from({ length: poolSize }, () =>
    `${random.pick(lastNames)}${filler}${random.pick(firstNames)}`.slice(0, nameWidth).padEnd(nameWidth, filler),
  )
}

function namesOf(entry: Partial<Record<'generic' | 'female' | 'male', readonly string[]>>): readonly string[] {
  const all = new Set([...(entry.generic ?? []), ...(entry.female ?? []), ...(entry.male ?? [])])
  return Array.from(all, lettersOf)
}

function lettersOf(name: string): string {
  return name.toUpperCase().replaceAll(/[^A-Z]/g, '')
}

/** Writes seeded ticket ids straight into a buffer: `LOVELACE-ADA----0000000042`. `name` is any 32 bits. */
function createTicketWriter(seed: number): (target: Buffer, offset: number, name: number, serial: number) => void {
  const names = Buffer.from(createNamePool(seed).join(''), 'latin1')
  return (target, offset, name, serial) => {
    const from = ((name >>> 1) % poolSize) * nameWidth
    for (let i = 0; i < nameWidth; i++) target[offset + i] = names[from + i] as number
    writeDigits(target, offset + nameWidth, numberWidth, serial)
  }
}
